"""Content credentials: a manifest that is signed and bound to the item (C2PA 2.4; Art. 16, Measures Art. 5).

A credential is the last thing that is put on an item: it covers the item with all its other marks, and says so if any
of them is changed afterwards. Importing this package is cheap; c2pa is loaded when an item has, or gets, a credential.
"""

from dataclasses import replace
from io import BytesIO
from typing import BinaryIO

from sealmark.errors import why
from sealmark.marks.credential import library, text
from sealmark.marks.credential.claim import Claim, Ingredient, SoftBinding
from sealmark.marks.credential.credential import NONE, Action, Credential, IngredientFound, of_report
from sealmark.marks.credential.presence import carries, place
from sealmark.marks.credential.signer import CredentialDevice, CredentialKeys, Signer
from sealmark.marks.credential.trust import TrustList
from sealmark.marks.errors import NoCredentialPlace, SignedPackage
from sealmark.media import Format
from sealmark.media.image import heif
from sealmark.media.pieces import Buffer

__all__ = [
    "NONE",
    "Action",
    "Claim",
    "Credential",
    "CredentialDevice",
    "CredentialKeys",
    "Ingredient",
    "IngredientFound",
    "Signer",
    "SoftBinding",
    "TrustList",
    "carries",
    "ingredient",
    "place",
    "read",
    "sign",
    "sign_file",
]

# ISO 32000-2, 12.8.1: the key of every signature in a PDF. c2pa writes the whole file anew.
_PDF_SIGNATURE = b"/ByteRange"
_ITEMS = frozenset(("heif", "avif"))


def sign(data: bytes, form: Format, claim: Claim, signer: Signer) -> bytes:
    """The item with a credential, in place of one that is there.

    Raises `NoCredentialPlace`, `SignedPackage` and `CredentialNotSigned`.
    """
    if form.name == "text":
        return text.sign(data, claim, signer)
    out = BytesIO()
    sign_file(BytesIO(data), out, form, claim, signer)
    return out.getvalue()


def sign_file(source: BinaryIO, target: BinaryIO, form: Format, claim: Claim, signer: Signer) -> None:
    """As `sign`, from file to file, a block at a time; `target` is empty and can be read. Not for text."""
    if form.name == "text" or not carries(form):
        raise NoCredentialPlace(format=form.name, **why("C2PA 未规定位置", "C2PA names no place"))
    if form.name == "pdf" and _PDF_SIGNATURE in source.read():
        raise SignedPackage(format="PDF")
    source.seek(0)
    said, made_from = claim.definition(), claim.ingredient_definitions()
    library.signed(said, made_from, signer, form=form, source=source, target=target)
    if form.name in _ITEMS:
        _check_items(source, target, form)


def _check_items(source: BinaryIO, target: BinaryIO, form: Format) -> None:
    """c2pa moves everything behind its box, and errs in some layouts: then no picture is left."""
    source.seek(0)
    target.seek(0)
    if heif.contents(source.read()) != heif.contents(target.read()):
        raise NoCredentialPlace(format=form.name, **why("C2PA 库会移错条目", "c2pa misplaces its items"))


def read(data: Buffer, form: Format, trust: tuple[TrustList, ...] = ()) -> Credential:
    """The item's credential; `trust` says whom to believe. Raises `NeedsExtra` where c2pa is missing, nothing else."""
    if place(data, form) is None:
        return NONE
    found = _read(data, form, "".join(one.anchors for one in trust))
    if found.outcome != "trusted":
        return found
    return _named(found, data, form, trust)


def ingredient(data: Buffer, form: Format, title: str | None = None) -> Ingredient:
    """An item as what another was edited from, with the credential that it has."""
    if form.name == "text":
        return text.ingredient(bytes(data[:]), title)
    return Ingredient(data, form.media_type, title=title)


def _read(data: Buffer, form: Format, anchors: str) -> Credential:
    if form.name == "text":
        return text.read(bytes(data[:]), anchors)
    try:
        report = library.report(form.media_type, library.Window(data), anchors)
    except library.UnreadableStore as error:
        return Credential("unreadable", detail=str(error))
    return of_report(report) if report is not None else NONE


def _named(found: Credential, data: Buffer, form: Format, trust: tuple[TrustList, ...]) -> Credential:
    """The credential with the name of the first list that alone vouches for its signer."""
    if len(trust) == 1:
        return replace(found, trusted_by=trust[0].name)
    alone = (one.name for one in trust if _read(data, form, one.anchors).outcome == "trusted")
    return replace(found, trusted_by=next(alone, None))
