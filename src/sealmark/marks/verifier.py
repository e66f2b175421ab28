"""What can be said about an item, layer by layer, and the legal tier that follows (Measures Art. 6; Art. 16).

The tier of content comes from its own metadata, from a declaration, or from traces, in this order. What a
registry of our own items knows stands beside the tier and never changes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from mmap import mmap
from pathlib import Path
from typing import Any, Literal, Protocol

from sealmark.errors import SealmarkError, why
from sealmark.marks import credential, metadata, note, security, surfaces
from sealmark.marks.credential import Credential
from sealmark.marks.credential import layer as credential_layer
from sealmark.marks.errors import BadLabel
from sealmark.marks.finding import LayerFinding
from sealmark.marks.keys import KnownKeys
from sealmark.marks.label import Label, Tier
from sealmark.marks.marker import chief
from sealmark.marks.metadata import Found, Remains, sidecar
from sealmark.marks.note import Note
from sealmark.marks.security import Examination, Outcome
from sealmark.media import STANDARD, Format, Limits, Source, opened, recognise
from sealmark.media.errors import Damaged, MetadataOverLimit, NeedsExtra, TooManyPixels, TooManySamples
from sealmark.media.pieces import Buffer
from sealmark.media.text import text

TierName = Literal["is", "may_be", "suspected", "none"]
LAYERS = ("explicit", "metadata", "credential", "watermark", "fingerprint")

_NAME_OF: Mapping[Tier, TierName] = {Tier.IS: "is", Tier.MAY_BE: "may_be", Tier.SUSPECTED: "suspected"}
_WORDS: Mapping[TierName, tuple[str, str]] = {
    "is": ("属于人工智能生成合成内容", "is AI-generated or synthesised"),
    "may_be": ("可能为人工智能生成合成内容", "may be AI-generated or synthesised"),
    "suspected": ("疑似人工智能生成合成内容", "is suspected to be AI-generated or synthesised"),
    "none": ("未发现人工智能生成合成标识", "no sign of AI generation or synthesis was found"),
}
_IN_PART = (
    "没有检查完整；检查过的部分未发现人工智能生成合成标识",
    "was not examined whole; in what was examined, no sign of AI generation or synthesis was found",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a registry knows of one of its own items.

    `unchanged`: these very bytes, or this very text, were released. `altered`: the production number is known,
    but what was released under it was something else. `alike`: a released text with these words; punctuation, case,
    spacing or the visible mark may differ. `label` is the one that was released, `receipt` the proof
    of its record.
    """

    produce_id: str
    unchanged: bool = False
    altered: bool = False
    alike: bool = False
    label: Label | None = None
    receipt: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The knowledge as JSON-ready values."""
        return {
            "produce_id": self.produce_id,
            "unchanged": self.unchanged,
            "altered": self.altered,
            "alike": self.alike,
            "label": self.label.as_dict() if self.label else None,
        }


class Registry(Protocol):
    """Who remembers released items. Each look-up returns nothing for what it does not know."""

    def by_number(self, produce_id: str) -> Known | None:
        """The item released under a production number."""

    def by_bytes(self, data: Buffer) -> Known | None:
        """The item whose released bytes are exactly these."""

    def by_text(self, text: str) -> Known | None:
        """The item whose released text is this one, after folding."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification says: the tier, every layer, the label found, and what the registry knows.

    `whole` is false where a part of the item could not be examined: damaged, missing, or over a limit. `signature`
    is what became of the label's signature (see `marks.security`), `credential` the content credential.
    """

    tier: TierName
    layers: Mapping[str, LayerFinding]
    label: Label | None
    format: Format
    known: Known | None = None
    receipt: Mapping[str, Any] | None = None
    warnings: tuple[Note, ...] = ()
    whole: bool = True
    signature: Outcome = "none"
    credential: Credential = credential.NONE

    @property
    def zh(self) -> str:
        """The tier in the words of the Measures."""
        return self._words[0]

    @property
    def en(self) -> str:
        """The tier in English."""
        return self._words[1]

    @property
    def _words(self) -> tuple[str, str]:
        return _IN_PART if self.tier == "none" and not self.whole else _WORDS[self.tier]

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON-ready values; the first four keys are a contract (design, section 4)."""
        return {
            "verdict": self.tier,
            "layers": {name: finding.as_dict() for name, finding in self.layers.items()},
            "label": self.label.as_dict() if self.label else None,
            "receipt": dict(self.receipt) if self.receipt else None,
            "known": self.known.as_dict() if self.known else None,
            "format": self.format.name,
            "warnings": [said.as_dict() for said in self.warnings],
            "whole": self.whole,
            "signature": self.signature,
            "credential": self.credential.as_dict(),
        }


def verify(
    source: Source,
    *,
    keys: KnownKeys | None = None,
    registry: Registry | None = None,
    name: str | None = None,
    media_type: str | None = None,
    declaration: bool | None = None,
    limits: Limits = STANDARD,
) -> Verdict:
    """What an item says about itself and what we know of it.

    `keys` says which keys are known as whose; without them a signature shows only that the label is unaltered.
    `declaration` is whether the user declared the item as generated (Measures Art. 6(2)). A damaged file gets a
    verdict from what is left of it, and one whose name or `media_type` says another format gets it from its
    content; both are warned of. Of a plain text's path, the label beside it counts (`metadata.sidecar`). Bytes of no
    known format raise errors of `media`, and so does an item over a limit of which nothing can be said: that nothing
    was found in what nobody looked at would be untrue.
    """
    with opened(source, limits) as (data, source_name):
        whole = data if isinstance(data, mmap) else text.uncut(data)
        form, lie = recognise(whole, name or source_name, media_type)
        known, left = keys or KnownKeys(), _left(data, form, source)
        return _verdict(data, form, lie, left, known, registry=registry, declaration=bool(declaration), limits=limits)


def _verdict(
    data: Buffer,
    form: Format,
    lie: str | None,
    left: Remains,
    keys: KnownKeys,
    *,
    registry: Registry | None,
    declaration: bool,
    limits: Limits,
) -> Verdict:
    places = list(left.places)
    seen, over = _explicit(data, form, limits)
    label, known = chief(places), _known(data, form, places, registry)
    signature = security.examine(label, keys)
    signed, vouched = credential_layer.examine(data, form, keys.credentials)
    shown = _signature_shown(_metadata(left, form), signature)
    layers = {"explicit": seen, "metadata": shown, "credential": vouched, **_NOT_BUILT}
    believed = None if signature.fails else label
    tier = tier_of(believed, declaration=declaration, traces=_traces(layers, places) or signed.generated)
    if tier == "none" and known is None:
        _refuse_unexamined(over, left)
    lies = (note.name_disagrees(lie, form.name),) if lie else ()
    warnings = (
        *_warnings(left, label, known, layers),
        *security.warnings(signature, label, keys),
        *credential_layer.warnings(signed, label, form),
        *lies,
    )
    receipt = known.receipt if known else None
    whole = _is_whole(left, over, layers)
    return Verdict(tier, layers, label, form, known, receipt, warnings, whole, signature.outcome, signed)


def _refuse_unexamined(over: SealmarkError | None, left: Remains) -> None:
    """Raise what kept us from looking, where it was a limit."""
    unread = next((error for error in left.damages if isinstance(error, MetadataOverLimit)), over)
    if unread is not None:
        raise unread


def _is_whole(left: Remains, over: SealmarkError | None, layers: Mapping[str, LayerFinding]) -> bool:
    """Whether every layer that this version knows was examined, and nothing of the item is missing."""
    unread = {layers[name].state for name in ("explicit", "metadata", "credential")} & {"damaged"}
    in_part = not (layers["explicit"].whole and layers["credential"].whole)
    return not (left.damages or over or unread or in_part)


def _left(data: Buffer, form: Format, source: Source) -> Remains:
    """What is left of the metadata; of a format without any, whatever stands beside a file."""
    if metadata.carries(form):
        return metadata.remains(data, form)
    places = sidecar.places(Path(source)) if isinstance(source, str | Path) else ()
    cut = form.medium == "text" and text.uncut(bytes(data)) != data
    damage = Damaged(format=form.name, **why("最后一个字符不完整", "the last character is cut"))
    return Remains(places, (damage,) if cut else ())


def tier_of(label: Label | None, *, declaration: bool, traces: bool) -> TierName:
    """The tier rule of the Measures' Article 6.

    A label that expressly says so counts with its own value, which nothing raises; then the user's declaration;
    then detected traces. One whose signature fails says nothing: it is given as no label, and is a trace.
    """
    if label is not None:
        return _NAME_OF[label.tier]
    if declaration:
        return "may_be"
    return "suspected" if traces else "none"


def _traces(layers: Mapping[str, LayerFinding], places: Sequence[Found]) -> bool:
    """A visible mark, or an AIGC field that says something unintelligible: detected, but nothing expressly said."""
    return layers["explicit"].state == "found" or bool(places)


def _metadata(left: Remains, form: Format) -> LayerFinding:
    if not metadata.carries(form) and not left.places:
        return LayerFinding("none", "这种格式没有元数据区。", "This format has no place for metadata.")
    if not left.damages:
        return _shown(list(left.places))
    zh, en = left.damages[0].happened("zh"), left.damages[0].happened("en")
    if not left.places:
        return LayerFinding("damaged", zh, en)
    shown = _shown(list(left.places))
    return replace(shown, zh=f"{shown.zh}{zh}", en=f"{shown.en} {en}")


def _shown(places: list[Found]) -> LayerFinding:
    if not places:
        return LayerFinding("none", "元数据中没有 AIGC 标识。", "The metadata holds no AIGC label.")
    where = "; ".join(dict.fromkeys(place.place for place in places))
    label = chief(places)
    if label is None:
        zh, en = (places[0].error or BadLabel()).happened("zh"), (places[0].error or BadLabel()).happened("en")
        zh, en = f"元数据中有 AIGC 字段，但无法解析：{zh}", f"There is an AIGC field that cannot be parsed: {en}"
        return LayerFinding("damaged", zh, en, where)
    name, whose = _WORDS[_NAME_OF[label.tier]], _whose(label)
    zh, en = f"元数据标识表明该内容{name[0]}；{whose[0]}。", f"The metadata label says that it {name[1]}; {whose[1]}."
    return LayerFinding("found", zh, en, where)


def _whose(label: Label) -> tuple[str, str]:
    if label.anonymous:
        passer, number = label.content_propagator, label.propagate_id
        return f"生产者未知，传播者 {passer}，编号 {number}", f"producer unknown, propagator {passer}, number {number}"
    producer, number = label.content_producer, label.produce_id
    return f"生产者 {producer}，编号 {number}", f"producer {producer}, number {number}"


def _signature_shown(finding: LayerFinding, signature: Examination) -> LayerFinding:
    """The finding with what its label's signature is worth, where there is one."""
    if signature.outcome == "none":
        return finding
    return replace(finding, zh=f"{finding.zh}{signature.zh}", en=f"{finding.en} {signature.en}")


def _explicit(data: Buffer, form: Format, limits: Limits) -> tuple[LayerFinding, SealmarkError | None]:
    """What is seen or heard, and the limit that kept us from looking."""
    surface = surfaces.of(form)
    if surface is None:
        return surfaces.UNPERCEIVED, None
    try:
        return surface.find(data, form, limits), None
    except (TooManyPixels, TooManySamples) as error:
        return LayerFinding("not_checked", error.happened("zh"), error.happened("en")), error
    except NeedsExtra as error:
        return LayerFinding("not_checked", error.happened("zh"), error.happened("en")), None
    except SealmarkError as error:
        return LayerFinding("damaged", error.happened("zh"), error.happened("en")), None


def _not_built(zh: str, en: str) -> LayerFinding:
    return LayerFinding("not_checked", f"本版本尚不检查{zh}。", f"This version does not check {en} yet.")


_NOT_BUILT: Mapping[str, LayerFinding] = {
    "watermark": _not_built("数字水印", "watermarks"),
    "fingerprint": _not_built("内容指纹", "fingerprints"),
}


def _known(data: Buffer, form: Format, places: list[Found], registry: Registry | None) -> Known | None:
    """These very bytes: unchanged. The words of a text: alike. A number we gave, on other bytes: altered."""
    if registry is None:
        return None
    same = registry.by_bytes(data)
    if same is not None:
        return replace(same, unchanged=True, altered=False, alike=False)
    words = registry.by_text(text.decode(text.uncut(bytes(data)))) if form.medium == "text" else None
    if words is not None:
        return replace(words, unchanged=False, altered=False, alike=True)
    for number in _numbers(places):
        item = registry.by_number(number)
        if item is not None:
            return replace(item, unchanged=False, altered=True)
    return None


def _numbers(places: list[Found]) -> list[str]:
    """Every production and propagation number in the item, each once: whoever edits one may forget the other."""
    labels = [place.label for place in places if place.label is not None]
    numbers = [number for label in labels for number in (label.produce_id, label.propagate_id)]
    return [number for number in dict.fromkeys(numbers) if number]


def _warnings(
    left: Remains, label: Label | None, known: Known | None, layers: Mapping[str, LayerFinding]
) -> tuple[Note, ...]:
    places = left.places
    released = known.label if known else None
    said = (
        (len(places) > 1, note.SEVERAL),
        (len({place.label for place in places}) > 1, note.CONTRADICTION),
        (known is not None and known.altered, note.ALTERED),
        (None not in {released, label} and released != label, note.LABEL_DIFFERS),
        (bool(left.damages) and not _traces(layers, places), note.DAMAGED),
        (bool(left.damages) and _traces(layers, places), note.INCOMPLETE),
        (bool(left.tail.strip(b"\x00\r\n")), note.TRAILING),
        (known is not None and known.alike and layers["explicit"].state == "none", note.MARK_MISSING),
    )
    return (*(label.warnings() if label else ()), *(text for holds, text in said if holds))
