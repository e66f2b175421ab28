"""What a reader of metadata found at one place."""

from collections.abc import Callable
from dataclasses import dataclass

from sealmark.marks.errors import BadLabel
from sealmark.marks.label import Label


@dataclass(frozen=True, slots=True)
class Found:
    """One AIGC field: the label in it, or `error` where it cannot be understood.

    `raw` is what stands there, `place` says where, `main` whether that is the format's main channel.
    """

    label: Label | None
    raw: str
    place: str
    main: bool
    error: BadLabel | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """How one format carries the label: `read` every AIGC field in an item, `write` the one it shall have."""

    name: str
    read: Callable[[bytes], list[Found]]
    write: Callable[[bytes, Label], bytes]


def found(raw: str, place: str, *, main: bool) -> Found:
    """What stands at a place, parsed as a label."""
    try:
        return Found(Label.parse(raw), raw, place, main)
    except BadLabel as error:
        return Found(None, raw, place, main, error)
