"""One call that marks an item: what is seen or heard, what stands in the metadata, and a credential (Art. 16, 17).

The way is always the same: sniff, explicit mark, metadata mark, credential, which covers them, and read back. What
does not read back is not returned. Everything here is plain functions of bytes, so that a process pool can run
`mark_bytes`.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO, Literal

from sealmark.marks import credential, metadata, note, sealing, security, surfaces
from sealmark.marks.credential.claim import Deed
from sealmark.marks.errors import (
    NoExplicitMark,
    NotReadable,
    UnknownLayer,
    UnreadableLabel,
)
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.keys import SigningKeys
from sealmark.marks.label import REHEARSAL_CODE, Label, production_id
from sealmark.marks.metadata import Found
from sealmark.marks.note import Note
from sealmark.marks.sealing import Origin, Seal
from sealmark.media import STANDARD, Format, Limits, Source, opened, pieces, read, sniff
from sealmark.media.pieces import Buffer, Pieces
from sealmark.media.target import replacing

Layer = Literal["explicit", "metadata", "credential"]
# What is put on an item unless something else is asked for, and all that can be asked for, in the order of work.
LAYERS: tuple[Layer, ...] = ("explicit", "metadata")
EVERY_LAYER: tuple[Layer, ...] = (*LAYERS, "credential")


@dataclass(frozen=True, slots=True)
class Options:
    """Everything about a marking but the item and its label; picklable.

    `own_edit` says that the caller itself generated or edited the item: its label then replaces one that is
    there. Without it a label of another stays, and only the propagator's fields are written. `fresh` says that
    the item is our own new generation: nothing of its container is kept but the picture or the sound itself
    and what showing it needs, so that no text, thumbnail or second item travels unreviewed and unmarked. It
    counts only beside `own_edit`, since another's metadata may hold marks (Art. 18). `keys` sign a label of one's
    own; another's label keeps the signature that it has. `origin` is what a credential says besides.
    """

    layers: tuple[str, ...] = LAYERS
    explicit: ExplicitOptions = field(default_factory=ExplicitOptions)
    name: str | None = None
    media_type: str | None = None
    own_edit: bool = False
    limits: Limits = STANDARD
    fresh: bool = False
    keys: SigningKeys = field(default_factory=SigningKeys)
    origin: Origin = field(default_factory=Origin)

    @property
    def renewed(self) -> bool:
        """Whether the item's container is made anew."""
        return self.own_edit and self.fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was done to mark an item.

    `label` is the one that the item now carries; `previous` the one it carried before, which goes into the
    record. `sidecar` holds the wrapped label of a format without metadata (plain text), to be kept beside the file.
    """

    format: Format
    label: Label
    layers: tuple[str, ...]
    warnings: tuple[Note, ...] = ()
    previous: Label | None = None
    sidecar: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked(Made):
    """A marked item: its bytes, and what was done."""

    data: bytes


def mark(
    source: Source,
    label: Label | None = None,
    *,
    layers: tuple[str, ...] = LAYERS,
    explicit: ExplicitOptions | None = None,
    keys: SigningKeys | None = None,
    origin: Origin | None = None,
    name: str | None = None,
    own_edit: bool = False,
    limits: Limits = STANDARD,
) -> Marked:
    """The item with its marks (Art. 16, 17; Measures Art. 4, 5; GB 45438 chapters 5 and 6).

    `source` is bytes, a path or a binary stream; `layers` adds to the metadata mark, which is never left out.
    `layers=("metadata",)` is lawful where no explicit mark is owed in the file: the interface shows it and nothing can
    be downloaded, copied or exported (Measures Art. 4), the item confuses nobody (Art. 17, second paragraph), or the
    copy is given by agreement, with its recipient recorded for six months at least (Measures Art. 9). Without a label
    a rehearsal label is made, and `warnings` says so. `keys` sign a label of one's own. Raises errors of `media` for an
    item that cannot be used and of `marks` for one that cannot be marked: then there is no marked item at all. The
    layer `credential` needs `keys.credential`; `origin` is what it says besides.
    """
    data, source_name = read(source, limits)
    options = Options(
        tuple(layers),
        explicit or ExplicitOptions(),
        name or source_name,
        own_edit=own_edit,
        limits=limits,
        keys=keys or SigningKeys(),
        origin=origin or Origin(),
    )
    return mark_bytes(data, label or _rehearsal_label(), options, () if label else (note.REHEARSAL,))


def mark_file(
    source: str | Path,
    target: Path,
    label: Label | None = None,
    *,
    layers: tuple[str, ...] = LAYERS,
    explicit: ExplicitOptions | None = None,
    keys: SigningKeys | None = None,
    origin: Origin | None = None,
    name: str | None = None,
    media_type: str | None = None,
    own_edit: bool = False,
    fresh: bool = False,
    limits: Limits = STANDARD,
) -> Made:
    """As `mark`, from file to file: of a format that is `mapped` only what changes is ever in memory.

    `name` goes before the source's own. The target appears whole, once its marks were read back, or not at all. Raises
    `NotWritable` besides.
    """
    made, notes = label or _rehearsal_label(), () if label else (note.REHEARSAL,)
    with opened(source, limits) as (data, source_name):
        options = Options(
            tuple(layers),
            explicit or ExplicitOptions(),
            name or source_name,
            media_type,
            own_edit=own_edit,
            limits=limits,
            fresh=fresh,
            keys=keys or SigningKeys(),
            origin=origin or Origin(),
        )
        plan = _planned(data, made, options, notes)
        with checked(target, plan.made, mapped=isinstance(data, mmap)) as file:
            _write(plan, file, target.parent)
    return plan.made


@contextmanager
def checked(target: Path, made: Made, *, mapped: bool) -> Iterator[BinaryIO]:
    """A file to write into that appears whole once its marks were read back, through a map if it is `mapped`."""
    with replacing(target) as file:
        yield file
        file.flush()
        if mapped:
            with mmap(file.fileno(), 0, access=ACCESS_READ) as written:
                _check(written, made)
        else:
            file.seek(0)
            _check(file.read(), made)


def mark_bytes(data: bytes, label: Label, options: Options = Options(), notes: tuple[Note, ...] = ()) -> Marked:
    """As `mark`, of bytes and with a label: the work of one process in a pool."""
    plan = _planned(data, label, options, notes)
    written = pieces.joined(plan.source, plan.pieces)
    if plan.seal:
        written = plan.seal.over(written, plan.made.format)
    _check(written, plan.made)
    said = {one.name: getattr(plan.made, one.name) for one in fields(Made)}
    return Marked(data=written, **said)


def _rehearsal_label() -> Label:
    return Label.first(REHEARSAL_CODE, production_id(secrets.randbelow(1 << 48), rehearsal=True))


@dataclass(frozen=True, slots=True)
class _Plan:
    """A marked item that is still to be written: pieces over a source."""

    source: Buffer
    pieces: Pieces
    made: Made
    seal: Seal | None = None


def _write(plan: _Plan, file: BinaryIO, folder: Path) -> None:
    """The marked item, block by block; under a credential by way of a file that has no name."""
    if plan.seal:
        plan.seal.write(plan.source, plan.pieces, plan.made.format, file, folder)
    else:
        pieces.write(plan.source, plan.pieces, file)


def _planned(data: Buffer, label: Label, options: Options, notes: tuple[Note, ...]) -> _Plan:
    _check_layers(options.layers)
    form = sniff(data, options.name, options.media_type)
    previous, several = _previous(data, form, options)
    foreign = previous is not None and not options.own_edit and not _same_item(label, previous)
    final = _passed_on(label, previous) if previous is not None and foreign else _still_signed(label, previous)
    deed = _deed(label, previous, foreign, options)
    warnings = [*notes, *final.warnings(), *((note.SEVERAL,) if several else ())]
    warnings += (note.PASSED_ON,) if foreign else ()
    if options.keys.label and not foreign:
        final = security.signed(final, options.keys.label)
    shown, said = _perceptible(data, form, previous, options)
    seal = _seal(data, form, final, deed, options)
    breaks = seal is None and not options.renewed and credential.place(data, form) is not None
    warnings += (*said, *((note.CREDENTIAL_BROKEN,) if breaks else ()))
    layers = _layers(form, options)
    sidecar = None if metadata.carries(form) else final.wrapped()
    made = Made(format=form, label=final, layers=layers, warnings=tuple(warnings), previous=previous, sidecar=sidecar)
    edited = metadata.edit(shown, final, form) if sidecar is None else (pieces.Span(0, len(shown)),)
    return _Plan(shown, edited, made, seal)


def _layers(form: Format, options: Options) -> tuple[str, ...]:
    """The layers that an item gets: a text bears a visible mark always, and has no metadata."""
    always = "metadata" if metadata.carries(form) else "explicit"
    asked = [layer for layer in options.layers if layer != "metadata"]
    return tuple(layer for layer in EVERY_LAYER if layer == always or layer in asked)


def _seal(data: Buffer, form: Format, final: Label, deed: Deed, options: Options) -> Seal | None:
    if "credential" not in options.layers:
        return None
    kept, signer = not options.renewed, options.keys.credential
    return sealing.plan(data, form, final, deed, signer=signer, origin=options.origin, is_kept=kept)


def _deed(label: Label, previous: Label | None, foreign: bool, options: Options) -> Deed:
    """Whether the item is a new generation, an own edit of one that was labelled, or passes through unchanged."""
    if previous is None or options.renewed:
        return "created"
    return "passed_on" if foreign or _same_item(label, previous) else "edited"


def _perceptible(
    data: Buffer, form: Format, previous: Label | None, options: Options
) -> tuple[Buffer, tuple[Note, ...]]:
    """The item with what is seen or heard, or made anew, or as it is."""
    surface = surfaces.of(form)
    explicit = "explicit" in options.layers or not metadata.carries(form)
    if surface is None:
        if explicit:
            raise NoExplicitMark(format=form.name)
        return data, ()
    asked = surfaces.Asked(options.explicit, options.limits, options.renewed, previous is None or options.own_edit)
    return (surface.mark if explicit else surface.plain)(data, form, asked)


def _check_layers(layers: tuple[str, ...]) -> None:
    for layer in layers:
        if layer not in EVERY_LAYER:
            raise UnknownLayer(layer=layer, available=", ".join(EVERY_LAYER))


def _previous(data: Buffer, form: Format, options: Options) -> tuple[Label | None, bool]:
    """The label that the item carries, and whether there are several; a foreign one must be understood."""
    places = metadata.read(data, form) if metadata.carries(form) else []
    chosen = chief(places)
    if chosen is None and places and not options.own_edit:
        raise UnreadableLabel
    return chosen, len(places) > 1


def chief(places: list[Found]) -> Label | None:
    """Of the labels found in a file, the one that counts: the main channel's first, else the first that reads."""
    ordered = sorted(places, key=lambda place: not place.main)
    return next((place.label for place in ordered if place.label is not None), None)


def _passed_on(label: Label, previous: Label) -> Label:
    """Another's label on an item that passes through: its producer's fields stay (labels.md 3.4)."""
    return previous.propagated(label.content_propagator, label.propagate_id, reserved_code2=label.reserved_code2)


def _still_signed(label: Label, previous: Label | None) -> Label:
    """The label of an item marked again: what signed it signs it still, so that nobody takes that away (Art. 18)."""
    again = previous is not None and _same_item(label, previous) and label.tier == previous.tier
    if previous is None or not again or label.reserved_code1:
        return label
    return replace(label, reserved_code1=previous.reserved_code1)


def _same_item(label: Label, previous: Label) -> bool:
    return (label.content_producer, label.produce_id) == (previous.content_producer, previous.produce_id)


def _check(written: Buffer, made: Made) -> None:
    """Fail closed: exactly this one label is there, in the main channel, under a credential that holds and names it."""
    if "credential" in made.layers:
        sealing.check(written, made.format, made.label)
    if not metadata.carries(made.format):
        return
    places = metadata.read(written, made.format)
    if sniff(written) is not made.format or [(place.label, place.main) for place in places] != [(made.label, True)]:
        raise NotReadable
