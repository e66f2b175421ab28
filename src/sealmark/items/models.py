"""Tables of the items room: the numbering, and where originals lie. What an item was is told by its record."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from sealmark.storage.database import Moment, Table


class NumberLease(Table):
    """The next production number that was not leased yet; one row."""

    __tablename__ = "number_leases"

    id: Mapped[int] = mapped_column(primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)


class Original(Table):
    """Where an item lies, encrypted, as it was before its explicit mark; found by the HMAC of its production number.

    `settled`: the ledger was seen to hold the record that released it. `size` is of the plain bytes.
    """

    __tablename__ = "originals"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    number_lookup: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    context: Mapped[str] = mapped_column(String(40))
    medium: Mapped[str] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(40))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    key_id: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Moment)
    kept_until: Mapped[datetime] = mapped_column(Moment, index=True)
    settled: Mapped[bool] = mapped_column(Boolean, index=True)
