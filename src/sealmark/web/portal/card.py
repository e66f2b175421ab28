"""The verdict card: a verdict arranged for a reader, one row a layer, with what our ledger knows beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sealmark.errors import Language
from sealmark.marks import metadata, note
from sealmark.marks.errors import BadProviderCode
from sealmark.marks.label import REHEARSAL_CODE
from sealmark.marks.provider_code import ProviderCode
from sealmark.media.registry import by_name
from sealmark.settings import Settings
from sealmark.web.design.languages import noted, translated
from sealmark.web.portal import words
from sealmark.web.portal.seen import Seen
from sealmark.web.portal.sketch import Sketch, sketch

Knowledge = Literal["unchanged", "alike", "altered", "unheard", "unknown"]
_PLACES: Mapping[str, str] = {
    "start": noted("开头"),
    "middle": noted("中间"),
    "end": noted("结尾"),
    "start, end": noted("开头和结尾"),
    "top_left": noted("左上角"),
    "top_right": noted("右上角"),
    "bottom_left": noted("左下角"),
    "bottom_right": noted("右下角"),
    "text": noted("图中文字"),
    "opening": noted("片头画面"),
}
# The panel about our ledger says these already, larger.
_SAID_BY_LEDGER = frozenset((note.ALTERED.code, note.LABEL_DIFFERS.code))
_CODE_FIELDS = frozenset(("ContentProducer", "ContentPropagator"))
_REHEARSAL, _OURS = noted("演练用的虚构编码"), noted("本服务的编码")
_SOUND, _NO_CODE = noted("符合 27 位编码规则"), noted("不是 27 位编码")


@dataclass(frozen=True, slots=True)
class Row:
    """One layer: its name and meaning, its state, what was found, where (with a drawing), and how sure that is.

    `detail` is the place's name in the file, where `place` says it in other words.
    """

    name: str
    about: str
    state: str
    word: str
    sentence: str
    place: str | None
    detail: str | None
    sketch: Sketch | None
    sureness: str | None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the label; `released` is its value at release where it was another."""

    key: str
    name: str
    value: str
    note: str | None
    released: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that a stranger sees of a verdict (issue 2, item 8)."""

    tier: str
    word: str
    sentence: str
    basis: str
    knowledge: Knowledge
    number: str | None
    rows: tuple[Row, ...]
    fields: tuple[Field, ...]
    warnings: tuple[str, ...]
    seen: Seen
    format: str
    at: datetime


def card(seen: Seen, language: Language, settings: Settings) -> Card:
    """The card of a verdict in a language; texts of tables are translated where they are shown."""
    verdict = seen.verdict
    known, label = verdict["known"] or {}, verdict["label"] or {}
    own = settings.provider_code or str(REHEARSAL_CODE)
    unread = verdict["verdict"] == "none" and not verdict["whole"]
    word, sentence = words.IN_PART if unread else words.TIERS[verdict["verdict"]]
    return Card(
        tier=verdict["verdict"],
        word=word,
        sentence=sentence,
        basis=_basis(verdict, seen.declared),
        knowledge=_knowledge(known, label, own),
        number=known.get("produce_id") or label.get("ProduceID"),
        rows=tuple(_row(name, finding, verdict["format"], language) for name, finding in verdict["layers"].items()),
        fields=tuple(_fields(label, known.get("label") or label, own)),
        warnings=_warnings(verdict["warnings"], language),
        seen=seen,
        format=verdict["format"],
        at=datetime.fromisoformat(seen.at),
    )


def _basis(verdict: Mapping[str, Any], declared: bool) -> str:
    """Which rule of the Measures' Article 6 gave the tier."""
    if verdict["label"]:
        return "label"
    if declared:
        return "declared"
    return "traces" if verdict["verdict"] == "suspected" else "nothing"


def _knowledge(known: Mapping[str, Any], label: Mapping[str, str], own: str) -> Knowledge:
    if known:
        return "unchanged" if known["unchanged"] else "alike" if known["alike"] else "altered"
    # Somebody wrote our code on what we never released, or our ledger lost it: either must be seen.
    return "unheard" if label.get("ContentProducer") == own else "unknown"


def _row(name: str, finding: Mapping[str, Any], form: str, language: Language) -> Row:
    title, about = words.LAYERS[name]
    state = finding["state"] or "none"
    drawn = sketch(name, finding, form)
    return Row(
        name=title,
        about=about,
        state=state,
        word=words.STATES[state],
        sentence=finding[language] or "",
        place=drawn.said if drawn and drawn.said else _place(name, finding["place"], language),
        detail=finding["place"] if drawn and drawn.said else None,
        sketch=drawn,
        sureness=_sureness(name, state, form),
    )


def _sureness(layer: str, state: str, form: str) -> str | None:
    """How sure a finding is; a format that has no place for metadata leaves nothing to be sure of."""
    if layer == "metadata" and not metadata.carries(by_name(form)):
        return None
    if (layer, state) == ("explicit", "none"):
        return words.LOOKED_AT.get(by_name(form).medium)
    return words.SURENESS.get((layer, state))


def _place(layer: str, place: str | None, language: Language) -> str | None:
    """Where something was found, in words."""
    if place is None or layer in ("metadata", "credential"):
        return place
    if place in _PLACES:
        return _PLACES[place]
    # A sound's places carry their seconds; a picture may have marks in several corners.
    return re.sub(r"[a-z_]+", lambda one: translated(_PLACES.get(one.group(), one.group()), language), place)


def _fields(label: Mapping[str, str], released: Mapping[str, str], own: str) -> list[Field]:
    return [
        Field(key, words.FIELDS[key], value, _note(key, value, own), _other(released.get(key, value), value))
        for key, value in label.items()
    ]


def _other(released: str, value: str) -> str | None:
    return None if released == value else released


def _note(key: str, value: str, own: str) -> str | None:
    """What a value means, in words."""
    if key == "Label":
        return words.LABEL_VALUES.get(value)
    if key not in _CODE_FIELDS or not value:
        return None
    if value == str(REHEARSAL_CODE):
        return _REHEARSAL
    if value == own:
        return _OURS
    return _SOUND if _is_code(value) else _NO_CODE


def _is_code(value: str) -> bool:
    try:
        ProviderCode.parse(value)
    except BadProviderCode:
        return False
    return True


def _warnings(notes: list[Mapping[str, str]], language: Language) -> tuple[str, ...]:
    return tuple(said[language] for said in notes if said["code"] not in _SAID_BY_LEDGER)
