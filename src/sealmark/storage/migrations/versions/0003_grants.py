"""Originals, kept for unlabelled copies, and the grants that such copies are given under."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _originals()
    _agreements()
    _grants()


def _originals() -> None:
    op.create_table(
        "originals",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("number_lookup", sa.LargeBinary(length=16), nullable=False),
        sa.Column("context", sa.String(length=40), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("kept_until", MOMENT, nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("number_lookup"),
    )
    op.create_index(op.f("ix_originals_kept_until"), "originals", ["kept_until"], unique=False)
    op.create_index(op.f("ix_originals_settled"), "originals", ["settled"], unique=False)


def _agreements() -> None:
    op.create_table(
        "labelling_agreements",
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "labelling_acceptances",
        sa.Column("end_user_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["end_user_id"], ["end_users.id"]),
        sa.ForeignKeyConstraint(["version"], ["labelling_agreements.version"]),
        sa.PrimaryKeyConstraint("end_user_id", "version"),
    )


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=32), nullable=False),
        sa.Column("end_user_id", sa.String(length=32), nullable=False),
        sa.Column("number_lookup", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"]),
        sa.ForeignKeyConstraint(["end_user_id"], ["end_users.id"]),
        sa.ForeignKeyConstraint(["version"], ["labelling_agreements.version"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("application_id", "end_user_id", "number_lookup"):
        op.create_index(op.f(f"ix_grants_{column}"), "grants", [column], unique=False)
