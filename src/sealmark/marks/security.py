"""`SecurityData`: the producer's signature in a label's ReservedCode1 (practice guide TC260-PG-202511A).

What is signed is the label's Label, ContentProducer and ProduceID (Appendix A.1): not the content, so a signed label
can be moved to another item; what was released is the ledger's to know. The guide can also bind the content
(`Bindings`: an SM3 digest of a selection of bytes, `CntSel`). Which bytes each selection means is not
public enough to write it truly, so bindings are left out here, and kept and named unchecked where another wrote them.
ReservedCode2 is never signed: what a propagator signs is not known, and a signature over a message of our own would
fail for everyone who follows the guide.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sealmark.errors import why
from sealmark.marks import note, sm2
from sealmark.marks.errors import BadKey, BadLabel, NotSigned
from sealmark.marks.keys import KnownKeys, PublicKey, Signer
from sealmark.marks.label import Label
from sealmark.marks.note import Note

Outcome = Literal["none", "valid", "unknown_key", "untrusted_key", "invalid", "foreign"]
# GM/T 0006: SM3 with SM2. What another algorithm signed stands under another Type, and is not judged here.
ALGORITHM = "1.2.156.10197.1.501"
TYPE, VERSION = "TC260PG", 1

# Appendix A.1: the fields of the message, in this order.
_SIGNED = ("Label", "ContentProducer", "ProduceID")
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2})+")
# What a TBSData type says was signed. "Md" is the guide's. "LabelMataData" two producers write, one for the message
# and one for its SM3 digest; it is no published form, so one that fails may be a third and is not judged.
_GUIDE = "Md"
_FORMS: Mapping[str, tuple[Callable[[bytes], bytes], ...]] = {_GUIDE: (bytes,), "LabelMataData": (bytes, sm2.digest)}


@dataclass(frozen=True, slots=True)
class Examination:
    """What is to be said of a label's signature, with a sentence in Chinese and English.

    `none`: nothing is signed. `valid`: signed with a key known as the producer's. `unknown_key`: it holds under
    the key that it brings along, and no key of this producer is known: whole, but nobody says whose.
    `untrusted_key`: it holds, but the producer's known keys are others. `invalid`: it does not hold.
    `foreign`: a form that cannot be checked here (not the guide's, or no key is at hand), kept and not judged.
    `whole` says that nothing of the SecurityData was left unexamined.
    """

    outcome: Outcome
    zh: str
    en: str
    key: PublicKey | None = None
    whole: bool = True

    @property
    def fails(self) -> bool:
        """Whether the label cannot be believed: a signature that fails is not "is" (Measures Art. 6)."""
        return self.outcome in {"invalid", "untrusted_key"}


def message(label: Label) -> bytes:
    """What Appendix A.1 signs: `"Label":"1","ContentProducer":"…","ProduceID":"…"`, as the label's JSON has it.

    The guide knows ASCII only. A quotation mark or backslash is escaped, so that no value can end its field;
    other characters are UTF-8.
    """
    fields = label.as_dict()
    return json.dumps({key: fields[key] for key in _SIGNED}, ensure_ascii=False, separators=(",", ":"))[1:-1].encode()


def signed(label: Label, signer: Signer) -> Label:
    """The label with a SecurityData in its ReservedCode1; one that this signer signed already stays as it is.

    Raises `BadLabel` where ReservedCode1 holds something else, and `NotSigned` where the signature does not
    verify: a fault while signing could give the key away, so what is wrong never leaves.
    """
    if label.reserved_code1:
        known = KnownKeys({label.content_producer: (signer.public_key,)})
        if examine(label, known).outcome != "valid":
            raise BadLabel(field="ReservedCode1", **why("已有其他数据", "it holds other data already"))
        return label
    text = message(label)
    signature = signer.sign(text)
    if not signer.public_key.verifies(text, signature):
        raise NotSigned(**why("签名未能通过核验", "the signature does not verify"))
    return replace(label, reserved_code1=_security_data(signature, signer.public_key))


def examine(label: Label | None, known: KnownKeys) -> Examination:
    """Whether the label's signature holds, and whose it is; whatever stands in ReservedCode1, this never raises."""
    if label is None or not label.reserved_code1:
        return _UNSIGNED
    claim = _claim(label.reserved_code1)
    if claim is None:
        return _FOREIGN
    examined = _judged(claim, label, known.labels.get(label.content_producer, ()))
    return replace(examined, whole=examined.whole and claim.alone)


def warnings(examined: Examination, label: Label | None, known: KnownKeys) -> tuple[Note, ...]:
    """What a person should know of a label's signature, and of what was not examined."""
    if label is None:
        return ()
    missing = label.content_producer in known.labels and examined.outcome in {"none", "foreign"}
    said = (
        (examined.outcome == "invalid", note.SIGNATURE_INVALID),
        (examined.outcome == "untrusted_key", note.SIGNATURE_UNTRUSTED),
        (examined.outcome == "unknown_key", note.SIGNATURE_UNKNOWN),
        (missing, note.SIGNATURE_MISSING),
        (not examined.whole or bool(label.reserved_code2), note.UNCHECKED),
    )
    return tuple(text for holds, text in said if holds)


def _security_data(signature: bytes, key: PublicKey) -> str:
    public = [
        {"Type": "DS", "AlgID": ALGORITHM, "TBSData": {"Type": _GUIDE}, "Signature": signature.hex()},
        {"Type": "PubKey", "AlgID": ALGORITHM, "KeyValue": key.hex()},
    ]
    data = {"SecurityData": {"Type": TYPE, "Version": VERSION, "PubSD": public}}
    return json.dumps(data, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class _Claim:
    """A signature over the label, the key beside it if any, what was signed, and whether nothing else is there."""

    signature: object
    keys: tuple[object, ...]
    signs: str
    alone: bool


def _claim(text: str) -> _Claim | None:
    """The one label signature of a SecurityData in the guide's form, or nothing for any other."""
    data = _object(_loaded(text), "SecurityData")
    listed = data.get("PubSD")
    entries = [_mapping(entry) for entry in listed] if isinstance(listed, list) else []
    by_sm2 = [entry for entry in entries if entry.get("AlgID") == ALGORITHM]
    signatures = [(entry, signs) for entry in by_sm2 if (signs := _signs(entry))]
    keys = [entry.get("KeyValue") for entry in by_sm2 if entry.get("Type") == "PubKey"]
    named = (data.get("Type"), data.get("Version")) == (TYPE, VERSION) and data["Version"] is not True
    if not named or len(signatures) != 1 or len(keys) > 1:
        return None
    ((entry, signs),) = signatures
    alone = "Bindings" not in data and len(entries) == 1 + len(keys)
    return _Claim(entry.get("Signature"), tuple(keys), signs, alone)


def _judged(claim: _Claim, label: Label, known: tuple[PublicKey, ...]) -> Examination:
    try:
        keys = tuple(PublicKey.parse(_digits(key)) for key in claim.keys) or known
        signature = bytes.fromhex(_digits(claim.signature))
    except BadKey:
        return _BROKEN if claim.signs == _GUIDE else _FOREIGN
    texts = [form(message(label)) for form in _FORMS[claim.signs]]
    by = next((key for key in keys if any(key.verifies(text, signature) for text in texts)), None)
    if by is None:
        return _INVALID if claim.signs == _GUIDE and keys else _FOREIGN
    if by in known:
        return replace(_VALID, key=by)
    return replace(_UNTRUSTED if known else _UNKNOWN, key=by)


def _signs(entry: Mapping[str, Any]) -> str | None:
    """What the entry says it signs, where it is a signature over the label."""
    kind = _object(entry, "TBSData").get("Type")
    return kind if entry.get("Type") == "DS" and isinstance(kind, str) and kind in _FORMS else None


def _digits(value: object) -> str:
    if not isinstance(value, str) or _HEXADECIMAL.fullmatch(value) is None:
        raise BadKey(**why("不是十六进制", "not hexadecimal"))
    return value


def _loaded(text: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(text, object_pairs_hook=_once))
    except (ValueError, RecursionError):
        return {}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once: readers differ on which of two counts."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _object(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return _mapping(of.get(key))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


_UNSIGNED = Examination("none", "标识没有签名。", "The label is not signed.")
_VALID = Examination(
    "valid",
    "标识的签名成立，密钥为该生产者已知的密钥。",
    "The label's signature holds, by a key known as the producer's.",
)
_UNKNOWN = Examination(
    "unknown_key",
    "标识的签名与其自带的公钥相符；该生产者的公钥未知，因此不能证明是谁签的。",
    "The label's signature holds under the key it brings along; no key of this producer is known, so it does not say "
    "who signed.",
)
_UNTRUSTED = Examination(
    "untrusted_key",
    "标识由另一把密钥签名，不是该生产者已知的密钥：标识可能是伪造的。",
    "The label was signed with a key that is none of the producer's known ones: it may be forged.",
)
_INVALID = Examination(
    "invalid",
    "标识的签名不成立：标识在签名之后被改动，或签名是伪造的。",
    "The label's signature does not hold: the label was altered after it was signed, or the signature is forged.",
)
_BROKEN = Examination(
    "invalid",
    "标识的签名不成立：其中的签名或公钥无法读取。",
    "The label's signature does not hold: the signature or the key in it cannot be read.",
)
_FOREIGN = Examination(
    "foreign",
    "标识的安全防护数据不是此处能够核验的形式，未作判断。",
    "The label's security data has a form that cannot be checked here; it was not judged.",
    whole=False,
)
