"""Services outside the first paragraph of Article 17: their reason, and its approval."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("services") as services:
        services.add_column(sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "marking_approvals",
        sa.Column("claim", sa.String(length=64), nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("officer", sa.String(length=100), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("claim"),
    )
    op.create_index(op.f("ix_marking_approvals_service_id"), "marking_approvals", ["service_id"], unique=False)
