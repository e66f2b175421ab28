"""What a platform does with an item that passes through it (Measures Art. 6; labels.md 2 and 3.4, whose label it is).

It verifies the item, asks its user, and writes the propagator's fields. The producer's fields, the content and every
other piece of metadata stay as they are: the item is another's. A credential that covers it goes on in one of ours,
which says that the metadata was written; without a key for that it no longer holds, and a note says so.
"""

from dataclasses import dataclass
from mmap import mmap
from pathlib import Path

from sealmark.marks import credential, metadata, note, sealing
from sealmark.marks.keys import KnownKeys, SigningKeys
from sealmark.marks.label import Label, ProviderCode, Tier
from sealmark.marks.marker import Made, checked
from sealmark.marks.note import Note
from sealmark.marks.sealing import Origin, Seal
from sealmark.marks.verifier import TierName, Verdict, verify
from sealmark.media import STANDARD, Format, Limits, opened, pieces
from sealmark.media.pieces import Buffer

_TIERS: dict[TierName, Tier] = {"may_be": Tier.MAY_BE, "suspected": Tier.SUSPECTED}


@dataclass(frozen=True, slots=True)
class Propagated:
    """What was found on an item, and what it bears now.

    `label` is the one with the propagator's fields, None where nothing was found or nothing could be written without
    tampering; `written` says whether it stands in the target, which otherwise does not exist: the item goes on as it
    is.
    """

    verdict: Verdict
    label: Label | None
    written: bool
    warnings: tuple[Note, ...]


def propagate_file(
    source: Path,
    target: Path,
    by: str | ProviderCode,
    number: str,
    *,
    declared: bool,
    name: str | None = None,
    media_type: str | None = None,
    known: KnownKeys | None = None,
    keys: SigningKeys | None = None,
    limits: Limits = STANDARD,
) -> Propagated:
    """Verify an item and write the propagator's fields; `declared` is its user's declaration (Measures Art. 6(2)).

    `known` says whom to believe, `keys` may sign a credential. Raises what `verify` raises, and what `metadata.edit`
    raises for an item that cannot take a label.
    """
    verdict = verify(source, keys=known, name=name, media_type=media_type, declaration=declared, limits=limits)
    label, notes = _label(verdict, str(by), number)
    if label is None or not metadata.carries(verdict.format):
        unwritten = (note.NO_PLACE,) if label else ()
        return Propagated(verdict, label, False, (*verdict.warnings, *notes, *unwritten))
    with opened(source, limits) as (data, _):
        covered = credential.place(data, verdict.format) is not None
        seal = _seal(data, verdict.format, label, keys or SigningKeys()) if covered else None
        _write(target, data, label, verdict, seal)
    broken = (note.CREDENTIAL_BROKEN,) if covered and seal is None else ()
    return Propagated(verdict, label, True, (*verdict.warnings, *notes, *broken))


def _label(verdict: Verdict, by: str, number: str) -> tuple[Label | None, tuple[Note, ...]]:
    """The label to write: another's with our fields, or one of ours where a declaration or traces say enough."""
    if verdict.label is not None:
        return verdict.label.propagated(by, number), ()
    if verdict.layers["metadata"].state == "damaged" and verdict.layers["metadata"].place:
        return None, (note.UNREADABLE,)
    tier = _TIERS.get(verdict.tier)
    return (Label.detected(by, number, tier) if tier else None), ()


def _seal(data: Buffer, form: Format, label: Label, keys: SigningKeys) -> Seal | None:
    if keys.credential is None:
        return None
    return sealing.plan(data, form, label, "passed_on", signer=keys.credential, origin=Origin(), is_kept=True)


def _write(target: Path, data: Buffer, label: Label, verdict: Verdict, seal: Seal | None) -> None:
    form, edited = verdict.format, metadata.edit(data, label, verdict.format)
    layers = ("metadata", "credential") if seal else ("metadata",)
    made = Made(format=form, label=label, layers=layers, previous=verdict.label)
    with checked(target, made, mapped=isinstance(data, mmap)) as file:
        if seal:
            seal.write(data, edited, form, file, target.parent)
        else:
            pieces.write(data, edited, file)
