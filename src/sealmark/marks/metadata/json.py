"""JSON: the member `AIGC` of the topmost object, for which there is no rule (labels.md 3.4).

It is the form of GB 45438 Annex E b) itself, `{"AIGC":{…},…}`, and stands first, so that a reader who stops early has
read it and every other byte stays. An array or a single value has no place for it: there the label goes beside the
file. Who reads the object strictly has to expect the member; a provider of such an answer says so in its interface.
"""

from json import loads

from sealmark.marks.errors import NoMetadataPlace
from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, Remains, found, gathered, whole
from sealmark.media.text import json
from sealmark.media.text.json import Document, Member

KEY = "AIGC"
_PLACE = "JSON AIGC"
_LONGEST = 1 << 18  # bytes of a value that is looked into


def remains(data: bytes) -> Remains:
    """Every label in a JSON text, whole or not."""
    document, damage = json.remains(data, KEY)
    return gathered(document.members, lambda member: [_found(document, member)], damage)


def _found(document: Document, member: Member) -> Found:
    value = document.data[member.value : min(member.stop, member.value + _LONGEST)].decode("utf-8", "replace")
    return found(_unquoted(value), _PLACE, main=True)


def _unquoted(value: str) -> str:
    """The label in a string of JSON in JSON, or the value as it stands."""
    try:
        return str(loads(value)) if value.startswith('"') else value
    except ValueError:
        return value


def write(data: bytes, label: Label) -> bytes:
    """The text with this label as its one label; every other byte stays as it is.

    Raises `NoMetadataPlace` where the topmost value is no object.
    """
    document = json.parse(data, KEY)
    if document.begin is None:
        raise NoMetadataPlace(format="JSON array or value")
    comma = b"," if document.others else b""
    head, rest = data[: document.begin + 1], _without(document, document.begin + 1)
    return b"".join((head, b'"AIGC":', label.inner().encode(), comma, rest))


def _without(document: Document, at: int) -> bytes:
    """What stands behind the topmost brace, without labels, the white space before them, and their commas."""
    cuts: list[tuple[int, int]] = []
    for member in document.members:
        start = member.kept if member.comma is None and member.kept is not None else member.gap
        while cuts and cuts[-1][0] >= start:
            cuts.pop()
        cuts.append((start, member.comma or member.stop))
    ends = (at, *(stop for _, stop in cuts))
    starts = (*(start for start, _ in cuts), len(document.data))
    return b"".join(document.data[end:start] for end, start in zip(ends, starts, strict=True))


CARRIER = whole("json", remains, write)
