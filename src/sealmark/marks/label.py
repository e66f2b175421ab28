"""The label: the seven AIGC fields that say who made an item (GB 45438-2025 Annex E; Art. 16)."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from sealmark.errors import why
from sealmark.marks import note
from sealmark.marks.errors import BadLabel
from sealmark.marks.note import Note
from sealmark.marks.provider_code import REHEARSAL_CODE, ProviderCode, Service

__all__ = ["REHEARSAL_CODE", "Label", "ProviderCode", "Service", "Tier", "production_id"]

# GB 45438 Annex E b): the keys in their order.
KEYS = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
# 6.1 a): the elements that a label must have; the reserved fields may be empty.
REQUIRED = ("ContentProducer", "ProduceID", "ContentPropagator", "PropagateID")
_PRODUCERS = REQUIRED[:2]
# Annex E j): values are made mainly of these, and of the quotation mark.
_ANNEX_E_J = re.compile(r"[\x21-\x5b\x5d-\x7e]*")
# Control characters, surrogates, and the two code points that XML cannot carry.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# So that a label fits into one JPEG segment beside other metadata (our own bound).
LONGEST_VALUE = 8192
LONGEST_TEXT = 65536


class Tier(StrEnum):
    """Annex E c): whether content is, may be, or is suspected to be generated (Measures Art. 6)."""

    IS = "1"
    MAY_BE = "2"
    SUSPECTED = "3"

    @property
    def zh(self) -> str:
        """The word of the Measures."""
        return {"1": "属于", "2": "可能", "3": "疑似"}[self.value]

    @property
    def en(self) -> str:
        """The word in English."""
        return {"1": "is", "2": "may be", "3": "suspected"}[self.value]


@dataclass(frozen=True, slots=True)
class Label:
    """One label, its fields in the order of Annex E b). Raises `BadLabel` where a value breaks a rule."""

    tier: Tier
    content_producer: str
    produce_id: str
    reserved_code1: str = ""
    content_propagator: str = ""
    propagate_id: str = ""
    reserved_code2: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tier", _tier(self.tier))
        for key, value in self.as_dict().items():
            _check_value(key, value)

    @classmethod
    def first(
        cls, producer: str | ProviderCode, produce_id: str, *, tier: Tier = Tier.IS, reserved_code1: str = ""
    ) -> "Label":
        """The label of a first write: by note 1 of Annex E the propagator's fields repeat the producer's."""
        for key, value in (("ContentProducer", str(producer)), ("ProduceID", produce_id)):
            if not value:
                raise BadLabel(field=key, **why("为空", "empty"))
        return cls(tier, str(producer), produce_id, reserved_code1, str(producer), produce_id)

    @classmethod
    def detected(cls, propagator: str | ProviderCode, number: str, tier: Tier) -> "Label":
        """A platform's label on an item that bears none (Measures Art. 6(2), (3) and second paragraph).

        Who made it is unknown, so the producer's fields are empty; the platform writes the attribute, itself and its
        number. That an item *is* generated only its own label says: raises `BadLabel` for that tier.
        """
        if tier is Tier.IS:
            raise BadLabel(field="Label", **why("平台只能写 2 或 3", "a platform writes 2 or 3"))
        for key, value in (("ContentPropagator", str(propagator)), ("PropagateID", number)):
            if not value:
                raise BadLabel(field=key, **why("为空", "empty"))
        return cls(tier, "", "", "", str(propagator), number)

    @classmethod
    def parse(cls, text: str) -> "Label":
        """The label in a JSON text, inner `{"Label":…}` or wrapped `{"AIGC":{…}}`.

        Strict about what is there: strings only, each key once, a known value of Label, no control characters.
        A missing key counts as an empty value, of which `warnings` speaks.
        """
        found = _loaded(text)
        inner = found.get("AIGC", found)
        if not isinstance(inner, dict):
            raise BadLabel(field="AIGC", **why("不是对象", "not an object"))
        return cls.of(inner)

    @classmethod
    def of(cls, values: dict[str, object]) -> "Label":
        """The label from its seven keys; the same rules as `parse`."""
        if "Label" not in values:
            raise BadLabel(field="Label", **why("缺失", "missing"))
        texts = [_text(key, values.get(key, "")) for key in KEYS]
        return cls(_tier(texts[0]), *texts[1:])

    def as_dict(self) -> dict[str, str]:
        """The seven keys and values, in order."""
        return {
            "Label": self.tier.value,
            "ContentProducer": self.content_producer,
            "ProduceID": self.produce_id,
            "ReservedCode1": self.reserved_code1,
            "ContentPropagator": self.content_propagator,
            "PropagateID": self.propagate_id,
            "ReservedCode2": self.reserved_code2,
        }

    def inner(self) -> str:
        """The JSON object of the seven fields, for places whose own name is AIGC."""
        return _compact(self.as_dict())

    def wrapped(self) -> str:
        """The JSON object of Annex E b), `{"AIGC":{…}}`, for places without a name."""
        return _compact({"AIGC": self.as_dict()})

    def propagated(self, by: str | ProviderCode, number: str, *, reserved_code2: str = "") -> "Label":
        """The label after another has passed the item on: only the propagator's three fields change.

        Replacing the producer's fields would be tampering (Measures Art. 10).
        """
        return replace(self, content_propagator=str(by), propagate_id=number, reserved_code2=reserved_code2)

    @property
    def anonymous(self) -> bool:
        """Whether a platform wrote it on an item whose producer nobody knows, as `detected` does."""
        propagated = bool(self.content_propagator and self.propagate_id)
        return self.tier is not Tier.IS and propagated and not (self.content_producer or self.produce_id)

    def warnings(self) -> tuple[Note, ...]:
        """The fields that read, but do not follow Annex E: empty elements, unusual characters."""
        known = {key: value for key, value in self.as_dict().items() if not (self.anonymous and key in _PRODUCERS)}
        return tuple(_warnings(known.items()))


def production_id(number: int, *, rehearsal: bool = False) -> str:
    """How a production number below 2^48 is written: twelve hexadecimal digits, after an R in rehearsal.

    A watermark carries the number itself, beside version and key epoch.
    """
    if not 0 <= number < 1 << 48:
        raise BadLabel(field="ProduceID", **why("编号应小于 2^48", "number not below 2^48"))
    return f"{'R' if rehearsal else ''}{number:012X}"


def _tier(value: str) -> Tier:
    try:
        return Tier(value)
    except ValueError:
        raise BadLabel(field="Label", **why("不是 1、2 或 3", "neither 1, 2 nor 3")) from None


def _check_value(key: str, value: str) -> None:
    if _FORBIDDEN.search(value):
        raise BadLabel(field=key, **why("含有控制字符", "control character"))
    if len(value) > LONGEST_VALUE:
        raise BadLabel(field=key, **why("过长", "too long"))


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadLabel(field=key, **why("不是字符串", "not a string"))
    return value


def _warnings(values: Iterable[tuple[str, str]]) -> Iterable[Note]:
    for key, value in values:
        if key in REQUIRED and not value:
            yield note.empty_field(key)
        if _ANNEX_E_J.fullmatch(value) is None:
            yield note.unusual_characters(key)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _loaded(text: str) -> dict[str, object]:
    if len(text) > LONGEST_TEXT:
        raise BadLabel(field="AIGC", **why("过长", "too long"))
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise BadLabel(field="AIGC", **why("不是 JSON", "not JSON")) from None
    if not isinstance(found, dict):
        raise BadLabel(field="AIGC", **why("不是对象", "not an object"))
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys stand once: readers differ on which of two counts."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise BadLabel(field="AIGC", **why("键重复出现", "a key stands twice"))
    return dict(pairs)
