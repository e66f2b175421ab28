"""The credential of a plain text, in a run of variation selectors behind it (C2PA 2.4, A.8).

c2pa knows no text, but it signs a manifest store for which the hash is given, and judges all of one but that hash. So
the hash is made and checked here. The store's length in selectors depends on its bytes, and its bytes on the length
that it states, so it is signed until both agree: six times as a rule.
"""

import base64
import hashlib
from collections.abc import Mapping
from io import BytesIO
from statistics import median_low
from typing import Any

from sealmark.errors import why
from sealmark.marks.credential import library
from sealmark.marks.credential.claim import Claim, Ingredient, Store
from sealmark.marks.credential.credential import NONE, Credential, of_report
from sealmark.marks.credential.signer import Signer
from sealmark.marks.errors import CredentialNotSigned
from sealmark.media.errors import NotUtf8
from sealmark.media.text import text, text_wrapper

# The chance that a store fits is about one in six each time.
_MOST_SIGNATURES = 200
# The length to begin with is guessed; what was seen with one far from the right one is forgotten.
_USUAL, _FAR, _MOST_SEEN = 3400, 64, 5
# C2PA 2.4, A.8.7.1 and 15.2.
_CORRUPTED, _SEVERAL = "manifest.text.corruptedWrapper", "manifest.text.multipleWrappers"
_MEDIA_TYPE, _BINDING = "text/plain", "c2pa.hash.data"
_HASH, _MISMATCH, _MALFORMED = "assertion.dataHash", "assertion.dataHash.mismatch", "assertion.dataHash.malformed"


def sign(data: bytes, claim: Claim, signer: Signer) -> bytes:
    """The text with its credential at the end, in place of one that is there; raises `CredentialNotSigned`."""
    bare, _ = text_wrapper.parted(text.decode(data))
    lengths = [len(text_wrapper.encode(bytes(_USUAL)).encode())]
    for _ in range(_MOST_SIGNATURES):
        length = median_low(lengths)
        run = text_wrapper.encode(_store(bare, length, claim, signer))
        newest = len(run.encode())
        if newest == length:
            return (bare + run).encode()
        lengths = [*(one for one in lengths if abs(one - newest) < _FAR), newest][-_MOST_SEEN:]
    raise CredentialNotSigned(**why("长度始终不符", "the length never agreed"))


def read(data: bytes, anchors: str) -> Credential:
    """The credential of a text. Where there are several runs, the one that its own hash names counts (A.8.4.1, 5)."""
    try:
        whole = text.decode(text.uncut(data))
    except NotUtf8:
        return Credential("unreadable")
    runs = text_wrapper.find(whole)
    if not runs:
        return NONE
    found = [_judged(whole, run, anchors) for run in runs]
    chosen = next((one for one in found if one.holds), found[0])
    if len(runs) == 1 or chosen.holds:
        return chosen
    return Credential("invalid", (*chosen.codes, _SEVERAL), label=chosen.label, generated=chosen.generated)


def ingredient(data: bytes, title: str | None = None) -> Ingredient:
    """A text as what another was edited from, with its manifest store where it has one that reads."""
    whole = text.decode(text.uncut(data))
    runs = text_wrapper.find(whole)
    report = _report(runs[0], "") if len(runs) == 1 else None
    if report is None or runs[0].manifest is None:
        return Ingredient(data, _MEDIA_TYPE, title=title)
    store = Store(runs[0].manifest, str(report.get("active_manifest")), _results(whole, runs[0], report))
    return Ingredient(data, _MEDIA_TYPE, title=title, store=store)


def _results(whole: str, run: text_wrapper.Wrapper, report: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was found of an ingredient's manifest (C2PA 2.4, 15.2.2), its binding judged here."""
    active = report.get("validation_results", {}).get("activeManifest", {})
    kept = {
        kind: [{"code": one["code"], "url": one["url"]} for one in active.get(kind, []) if not _is_binding(one)]
        for kind in ("success", "informational", "failure")
    }
    url = f"self#jumbf=/c2pa/{report.get('active_manifest')}/c2pa.assertions/{_BINDING}"
    failures = _binding_failures(whole, run, report)
    kept["failure"] += [{"code": code, "url": url} for code in failures]
    kept["success"] += [] if failures else [{"code": f"{_HASH}.match", "url": url}]
    return {"activeManifest": kept}


def _is_binding(found: Mapping[str, Any]) -> bool:
    return str(found.get("code")).startswith(_HASH)


def _store(bare: str, length: int, claim: Claim, signer: Signer) -> bytes:
    """A manifest store that says that it takes `length` bytes behind a text."""
    hashed = text_wrapper.normalised(bare)
    binding = {
        "exclusions": [{"start": len(hashed), "length": length}],
        "name": "text",
        "alg": "sha256",
        "hash": list(hashlib.sha256(hashed).digest()),
        "pad": [],
    }
    definition = claim.definition()
    definition["format"] = _MEDIA_TYPE
    definition["assertions"].append({"label": _BINDING, "data": binding})
    return library.signed_store(definition, claim.ingredient_definitions(), signer)


def _judged(whole: str, run: text_wrapper.Wrapper, anchors: str) -> Credential:
    if run.manifest is None:
        return Credential("invalid", (_CORRUPTED,))
    report = _report(run, anchors)
    if report is None:
        return Credential("unreadable")
    return of_report(report, _binding_failures(whole, run, report), ignored=_HASH)


def _report(run: text_wrapper.Wrapper, anchors: str) -> Mapping[str, Any] | None:
    """What c2pa says of the manifest store of a run; nothing where it does not read."""
    try:
        return library.report(library.STORE, BytesIO(library.NO_ITEM), anchors, run.manifest) if run.manifest else None
    except library.UnreadableStore:
        return None


def _binding_failures(whole: str, run: text_wrapper.Wrapper, report: Mapping[str, Any]) -> tuple[str, ...]:
    """A.8.6.1: what is excluded is this run exactly, and the rest has the stated hash."""
    try:
        details = report["details"]
        stated = details["manifests"][details["active_manifest"]]["assertion_store"][_BINDING]
        ranges = [(one["start"], one["length"]) for one in stated["exclusions"]]
    except (KeyError, TypeError):
        return (_MALFORMED,)
    before, excluded = whole[: run.start], whole[run.start : run.end]
    if ranges != [(text_wrapper.size(before), len(excluded.encode()))]:
        return (_MALFORMED,)
    return () if stated.get("hash") == _digest(before + whole[run.end :], stated) else (_MISMATCH,)


def _digest(bare: str, stated: Mapping[str, Any]) -> str:
    algorithm = stated.get("alg", "sha256")
    if algorithm not in ("sha256", "sha384", "sha512"):  # C2PA 2.4, 13.1
        return ""
    return base64.b64encode(hashlib.new(algorithm, text_wrapper.normalised(bare)).digest()).decode()
