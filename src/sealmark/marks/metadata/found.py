"""What a reader of metadata found at one place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sealmark.errors import SealmarkError, why
from sealmark.marks.errors import BadLabel, DamagedMetadata
from sealmark.marks.label import Label
from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.pieces import Buffer, Pieces

_Part = TypeVar("_Part")
# Places of one file that may hold a label. An honest file has one or two; each may cost half a second.
MOST_PARTS = 16


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
class Remains:
    """What was read of an item, whole or not: the labels in file order, and what was wrong, first things first.

    `tail` holds the bytes behind the item's end, which nobody read.
    """

    places: tuple[Found, ...]
    damages: tuple[SealmarkError, ...] = ()
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class Carrier:
    """How one format carries the label: `remains` has every AIGC field in an item, `edit` the one it shall have.

    Both take the file in memory; of a format that is `mapped` (see `media.Format`) also a memory map.
    """

    name: str
    remains: Callable[[Buffer], Remains]
    edit: Callable[[Buffer, Label], Pieces]


def whole(name: str, remains: Callable[[bytes], Remains], write: Callable[[bytes, Label], bytes]) -> Carrier:
    """The carrier of a format whose files are small enough to be read and written as a whole."""
    return Carrier(name, lambda data: remains(bytes(data)), lambda data, label: (write(bytes(data), label),))


def gathered(
    parts: Iterable[_Part], read: Callable[[_Part], Iterable[Found]], damage: SealmarkError | None, tail: bytes = b""
) -> Remains:
    """What stands in the parts of a file where a label may stand; one that cannot be read hides no other."""
    places: list[Found] = []
    damages: list[SealmarkError] = [damage] if damage else []
    for number, part in enumerate(parts):
        if number == MOST_PARTS:
            damages.append(MetadataOverLimit(place="AIGC", **why("处数过多", "in too many places")))
            break
        try:
            for one in read(part):
                places.append(one)  # what was read before an error stays
        except (Damaged, DamagedMetadata, MetadataOverLimit) as error:
            damages.append(error)
    return Remains(tuple(places), tuple(damages), b"" if damage else tail)


def found(raw: str, place: str, *, main: bool) -> Found:
    """What stands at a place, parsed as a label."""
    try:
        return Found(Label.parse(raw), raw, place, main)
    except BadLabel as error:
        return Found(None, raw, place, main, error)
