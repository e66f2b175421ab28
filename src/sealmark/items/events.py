"""The closed list of what the items room writes into the ledger."""

from enum import StrEnum


class Event(StrEnum):
    """Record kinds, `items.subject.action`."""

    COPY_RELEASED = "items.copy.released"
    COPY_WRITTEN = "items.copy.written"
    ORIGINALS_SWEPT = "items.originals.swept"
