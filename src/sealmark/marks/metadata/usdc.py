"""USD as a binary crate: the string `AIGC` in the layer's `customLayerData`, as in USD text."""

import json

from sealmark.errors import why
from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Carrier, Found, Remains, found, gathered
from sealmark.marks.metadata.usda import CUSTOM, PLACE
from sealmark.marks.metadata.xmp import NAME
from sealmark.media.errors import Damaged
from sealmark.media.pieces import Buffer, Pieces
from sealmark.media.scene import usdc
from sealmark.media.scene.usdc import Crate, Entry

_CUSTOM, _NAME = CUSTOM.encode(), NAME.encode()


def remains(data: Buffer) -> Remains:
    """Every label of a crate; of a damaged one, whose tables stand at its end, nothing can be read."""
    try:
        held = usdc.parse(data)
        entries, _ = _custom(data, held)
        labels = [entry for entry in entries if _key(held, entry) == _NAME]
    except Damaged as error:
        return Remains((), (error,))
    return gathered(labels, lambda entry: _read(data, held, entry), None)


def _read(data: Buffer, held: Crate, entry: Entry) -> list[Found]:
    return [found(_raw(data, held, entry.value), PLACE, main=True)]


def _raw(data: Buffer, held: Crate, value: int) -> str:
    """The JSON of a label: a string, or a dictionary of strings."""
    if usdc.kind(value) != usdc.DICTIONARY:
        return _text(held, value)
    entries, _ = usdc.dictionary(data, usdc.payload(value))
    pairs = {_key(held, one).decode("utf-8", "replace"): _text(held, one.value) for one in entries}
    return json.dumps(pairs, ensure_ascii=False)


def _text(held: Crate, value: int) -> str:
    """The text of a string or token; of another value nothing, which is no label."""
    try:
        if usdc.kind(value) == usdc.STRING:
            return held.string(usdc.payload(value)).decode("utf-8", "replace")
        return held.token(usdc.payload(value)).decode("utf-8", "replace") if usdc.kind(value) == usdc.TOKEN else ""
    except IndexError:
        raise usdc.damaged(why("字典", "a dictionary")) from None


def _key(held: Crate, entry: Entry) -> bytes:
    try:
        return held.string(entry.key)
    except IndexError:
        raise usdc.damaged(why("字典", "a dictionary")) from None


def _custom(data: Buffer, held: Crate) -> tuple[tuple[Entry, ...], int]:
    """The entries of the layer's dictionary, and where it ends."""
    try:
        values = [
            int(held.values[number]) for number in held.fields() if held.token(int(held.names[number])) == _CUSTOM
        ]
    except IndexError:
        raise usdc.damaged(why("字段", "a field")) from None
    if not values:
        return (), 0
    if len(values) > 1 or usdc.kind(values[0]) != usdc.DICTIONARY:
        raise usdc.damaged(why("customLayerData 重复或不是字典", "customLayerData twice, or no dictionary"))
    return usdc.dictionary(data, usdc.payload(values[0]))


def edit(data: Buffer, label: Label) -> Pieces:
    """The crate with this label as its one label; every value stays where and as it is."""
    held = usdc.parse(data)
    entries, end = _custom(data, held)
    text = label.inner().encode()
    if _is_ours(held, entries, end):
        return usdc.retexted(data, held, text)
    kept = [entry for entry in entries if _key(held, entry) != _NAME]
    return usdc.entered(data, held, (_CUSTOM, _NAME), text, kept)


def _is_ours(held: Crate, entries: tuple[Entry, ...], end: int) -> bool:
    """Whether the label is the last thing that was written, so that nothing else can refer to its text."""
    labels = [entry for entry in entries if _key(held, entry) == _NAME]
    last = len(held.strings) - 1
    return (
        [entry.value for entry in labels] == [usdc.INLINED | usdc.STRING << 48 | last]
        and end == held.base
        and int(held.strings[last]) == len(held.ends) - 1
        and held.fields()[-1:] == [len(held.names) - 1]
    )


CARRIER = Carrier("usdc", remains, edit)
