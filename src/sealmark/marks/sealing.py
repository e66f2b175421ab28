"""A credential as the last thing put on an item: what it will say, and how it comes over the other marks."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from sealmark.errors import why
from sealmark.marks import credential
from sealmark.marks.credential import Claim, Ingredient, Signer, SoftBinding
from sealmark.marks.credential.claim import Deed
from sealmark.marks.errors import NoCredentialKey, NoCredentialPlace, NotReadable
from sealmark.marks.label import Label
from sealmark.media import Format, pieces
from sealmark.media.pieces import Buffer, Pieces


@dataclass(frozen=True, slots=True)
class Origin:
    """What a credential says of an item beside its label: a title, what it was made from, and by what else it is known.

    `ingredients` are the items that an own generation or edit was made from; the item itself, where it was edited, is
    added to them, unless one of them is its parent.
    """

    title: str | None = None
    ingredients: tuple[Ingredient, ...] = ()
    soft_bindings: tuple[SoftBinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Seal:
    """What an item's credential will say, and who signs it."""

    claim: Claim
    signer: Signer

    def over(self, data: bytes, form: Format) -> bytes:
        """The item under its credential; raises as `credential.sign` does."""
        return credential.sign(data, form, self.claim, self.signer)

    def write(self, source: Buffer, edited: Pieces, form: Format, file: BinaryIO, folder: Path) -> None:
        """As `over`, to a file, by way of one in `folder` that has no name: nothing is in memory as a whole."""
        if form.name == "text":
            file.write(self.over(pieces.joined(source, edited), form))
            return
        with TemporaryFile(dir=folder) as labelled:
            pieces.write(source, edited, labelled)
            labelled.seek(0)
            credential.sign_file(labelled, file, form, self.claim, self.signer)


def plan(
    data: Buffer, form: Format, label: Label, deed: Deed, *, signer: Signer | None, origin: Origin, is_kept: bool
) -> Seal:
    """The seal of an item that arrived as `data`; `is_kept` says whether its container stays, and with it a credential.

    An item that was labelled, or has a credential, is the parent of what it becomes. Raises `NoCredentialKey` and
    `NoCredentialPlace`.
    """
    if signer is None:
        raise NoCredentialKey
    if not credential.carries(form):
        raise NoCredentialPlace(format=form.name, **why("C2PA 未规定位置", "C2PA names no place"))
    given = origin.ingredients
    is_edited = deed != "created" or (is_kept and credential.place(data, form) is not None)
    has_parent = any(one.relationship == "parentOf" for one in given)
    parents = (credential.ingredient(data, form),) if is_edited and not has_parent else ()
    return Seal(Claim(label, deed, origin.title, (*parents, *given), origin.soft_bindings), signer)


def check(written: Buffer, form: Format, label: Label) -> None:
    """Fail closed: the credential holds, and names this label. Raises `NotReadable`."""
    found = credential.read(written, form)
    if not found.holds or found.label != label:
        raise NotReadable
