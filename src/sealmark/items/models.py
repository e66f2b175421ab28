"""Tables of the items room. What an item was is told by its record in the ledger; only the numbering is kept here."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from sealmark.storage.database import Table


class NumberLease(Table):
    """The next production number that was not leased yet; one row."""

    __tablename__ = "number_leases"

    id: Mapped[int] = mapped_column(primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)
