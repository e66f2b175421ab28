"""What a content credential says, and what its signature is worth (C2PA 2.4, 14.3 and 15)."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from sealmark.marks.credential import claim
from sealmark.marks.credential.claim import SoftBinding
from sealmark.marks.errors import BadLabel
from sealmark.marks.label import Label

# `trusted`: signed by one whom a list vouches for; `untrusted`: whole, but signed by one whom none does; `invalid`: the
# item or the manifest was changed after it was signed, or it was never right; `unreadable`: no more can be said.
Outcome = Literal["none", "trusted", "untrusted", "invalid", "unreadable"]

# What says only that no list vouches for the signer.
_UNTRUSTED = "signingCredential.untrusted"
TRUSTED = "signingCredential.trusted"
# IPTC: the source types that say that a model made it, wholly or in part.
_GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that was done: its name, when (as the signer states), and what kind of source the result is."""

    name: str
    when: str | None = None
    digital_source_type: str | None = None


@dataclass(frozen=True, slots=True)
class IngredientFound:
    """An item that another was made from; `manifest` is the label of its own manifest, where it had one."""

    title: str | None
    relationship: str
    manifest: str | None


@dataclass(frozen=True, slots=True)
class Credential:
    """What was found of a credential in an item.

    `codes` are the failures, in the names of C2PA 2.4, 15.2. `signer` is the certificate's common name or organisation,
    `signed_at` a trusted time stamp, `trusted_by` the name of the list that vouches. `label` is the AIGC label that it
    holds, `generated` whether it or one of its ingredients says that a model made it, `detail` c2pa's own words.
    """

    outcome: Outcome
    codes: tuple[str, ...] = ()
    signer: str | None = None
    organisation: str | None = None
    signed_at: str | None = None
    trusted_by: str | None = None
    title: str | None = None
    generator: str | None = None
    actions: tuple[Action, ...] = ()
    ingredients: tuple[IngredientFound, ...] = ()
    soft_bindings: tuple[SoftBinding, ...] = ()
    label: Label | None = None
    generated: bool = False
    detail: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the item is what was signed."""
        return self.outcome in {"trusted", "untrusted"}

    def as_dict(self) -> dict[str, Any] | None:
        """The credential as JSON-ready values; nothing where there is none."""
        if self.outcome == "none":
            return None
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {
            "codes": list(self.codes),
            "actions": [asdict(one) for one in self.actions],
            "ingredients": [asdict(one) for one in self.ingredients],
            "soft_bindings": [{"algorithm": one.algorithm, "value": one.value.hex()} for one in self.soft_bindings],
            "label": self.label.as_dict() if self.label else None,
        }


NONE = Credential("none")


def of_report(report: Mapping[str, Any], others: tuple[str, ...] = (), ignored: str = "") -> Credential:
    """The credential of what c2pa's reader said.

    `others` are failures found elsewhere; the codes that begin with `ignored` are not c2pa's to give. Never raises.
    """
    manifests = _mapping(report.get("manifests"))
    active = _mapping(manifests.get(str(report.get("active_manifest"))))
    assertions = [_mapping(one) for one in _list(active.get("assertions"))]
    codes = tuple(code for code in _codes(report, "failure") if not (ignored and code.startswith(ignored))) + others
    signature = _mapping(active.get("signature_info"))
    return Credential(
        outcome=_outcome(codes, TRUSTED in _codes(report, "success")),
        codes=codes,
        signer=_text(signature.get("common_name")) or _text(signature.get("issuer")),
        organisation=_text(signature.get("issuer")),
        signed_at=_text(signature.get("time")),
        title=_text(active.get("title")),
        generator=_generator(active),
        actions=tuple(_actions(assertions)),
        ingredients=tuple(_ingredients(active)),
        soft_bindings=tuple(_soft_bindings(assertions)),
        label=_label(assertions),
        generated=any(map(_says_generated, manifests.values())),
    )


def _outcome(codes: tuple[str, ...], is_trusted: bool) -> Outcome:
    if not codes and is_trusted:
        return "trusted"
    return "untrusted" if set(codes) <= {_UNTRUSTED} else "invalid"


def _codes(report: Mapping[str, Any], kind: str) -> list[str]:
    """The active manifest's codes of one kind, each once, in order."""
    active = _mapping(_mapping(report.get("validation_results")).get("activeManifest"))
    found = (_text(_mapping(one).get("code")) for one in _list(active.get(kind)))
    return list(dict.fromkeys(code for code in found if code))


def _generator(manifest: Mapping[str, Any]) -> str | None:
    first = _mapping(next(iter(_list(manifest.get("claim_generator_info"))), None))
    words = (_text(first.get("name")), _text(first.get("version")))
    return " ".join(word for word in words if word) or _text(manifest.get("claim_generator"))


def _of_kind(assertions: list[Mapping[str, Any]], label: str) -> Iterator[Mapping[str, Any]]:
    """The data of assertions of one label; several have a number behind it (C2PA 2.4, 6.4)."""
    for one in assertions:
        if str(one.get("label")).partition("__")[0] == label:
            yield _mapping(one.get("data"))


def _actions(assertions: list[Mapping[str, Any]]) -> Iterator[Action]:
    for label in (claim.ACTIONS, "c2pa.actions"):
        for data in _of_kind(assertions, label):
            for one in map(_mapping, _list(data.get("actions"))):
                yield Action(str(one.get("action")), _text(one.get("when")), _text(one.get("digitalSourceType")))


def _says_generated(manifest: object) -> bool:
    assertions = [_mapping(one) for one in _list(_mapping(manifest).get("assertions"))]
    kinds = ((action.digital_source_type or "").rpartition("/")[2] for action in _actions(assertions))
    return any(kind in _GENERATED for kind in kinds) or _label(assertions) is not None


def _ingredients(manifest: Mapping[str, Any]) -> Iterator[IngredientFound]:
    for one in map(_mapping, _list(manifest.get("ingredients"))):
        title, theirs = _text(one.get("title")), _text(one.get("active_manifest"))
        yield IngredientFound(title, str(one.get("relationship")), theirs)


def _soft_bindings(assertions: list[Mapping[str, Any]]) -> Iterator[SoftBinding]:
    for data in _of_kind(assertions, claim.SOFT_BINDING):
        for block in map(_mapping, _list(data.get("blocks"))):
            yield SoftBinding(str(data.get("alg")), _bytes(block.get("value")))


def _label(assertions: list[Mapping[str, Any]]) -> Label | None:
    """The AIGC label in the metadata assertion; one that does not read is none."""
    for data in _of_kind(assertions, claim.LABEL_ASSERTION):
        context = _mapping(data.get("@context"))
        name = next((f"{prefix}:AIGC" for prefix, uri in context.items() if uri == claim.NAMESPACE), "")
        try:
            return Label.parse(str(data[name]))
        except (KeyError, BadLabel):
            continue
    return None


def _bytes(value: object) -> bytes:
    """The reader gives bytes in base64, and none at all as a list."""
    if value == []:
        return b""
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        return str(value).encode()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
