"""The way of a chat that is answered whole, and the marks that every chat's text gets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, cast

from sealmark.errors import Language, SealmarkError, why
from sealmark.exchange.answers import (
    Text,
    as_bytes,
    finish_of,
    is_json,
    message_of,
    name_of,
    number,
    probabilities_of,
    texts_of,
    usage_of,
)
from sealmark.exchange.errors import UnusableRequest
from sealmark.exchange.fields import CHAT
from sealmark.exchange.inline import require_none
from sealmark.exchange.record import Exchange, Item
from sealmark.exchange.stages import Stages, beside, parsed
from sealmark.exchange.upstreams.errors import UpstreamRubbish
from sealmark.items.texts import Kept, parted
from sealmark.ledger import Entry
from sealmark.marks.explicit import text as explicit
from sealmark.marks.explicit.options import PLACES, Position
from sealmark.marks.label import Label

PATH = "/chat/completions"
LIMIT = 8 * 1024 * 1024  # bytes of a whole answer
MOST_CHOICES = 16  # so that one record holds them all
MODES = ("text", "json_object", "json_schema")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the head of an answer: all of it ours."""

    name: str
    created: int
    model: str
    choices: int

    @classmethod
    def of(cls, exchange: Exchange) -> "Head":
        """The head of this exchange's answer; raises `UnusableRequest` for a number of choices out of range."""
        wanted = exchange.body.get("n") or 1
        if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= MOST_CHOICES:
            raise UnusableRequest(field=f"n (1–{MOST_CHOICES})")
        return cls(exchange.id[3:], int(exchange.started.timestamp()), exchange.admitted_service.model, wanted)

    def answer(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        """A whole answer."""
        return self._body("chat.completion", choices)

    def piece(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        """A piece of a stream."""
        return self._body("chat.completion.chunk", choices)

    def _body(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        name = f"chatcmpl-{self.name}"
        return {"id": name, "object": kind, "created": self.created, "model": self.model, "choices": choices}


@dataclass(frozen=True, slots=True)
class Marking:
    """The visible marks of an answer's text (GB 45438 5.1); empty where the label rides in the envelope only.

    A `structured` answer gets none as long as it is the JSON that was asked for.
    """

    opening: str = ""
    closing: str = ""
    structured: bool = False

    def belongs_to(self, start: str) -> bool:
        """Whether a text that starts so gets the visible marks."""
        return bool(self.opening) and not (self.structured and start[0] in "{[")


@dataclass(frozen=True, slots=True)
class Released:
    """What of one choice was sent: its texts by place, with visible marks; the content without them.

    `marked` and `ended` say whether the visible marks stand at its start, and at its end too; `lead` characters of the
    content come before the first of them.
    """

    texts: dict[str, str]
    body: str
    marked: bool
    ended: bool
    lead: int = 0


async def answer(stages: Stages, exchange: Exchange) -> dict[str, Any]:
    """A chat answered whole; what is returned has been reviewed, marked, and recorded durably."""
    head, marking = plan_of(exchange)
    await stages.review_input(exchange, CHAT)
    asked = stages.upstream_body(exchange)
    data, _ = await stages.upstreams.call(exchange.admitted_service, PATH, asked, limit=LIMIT)
    choices, usage = await beside(len(data), read_answer, data, head)
    texts = [(name_of(place), value, json or marking.structured) for one in choices for place, value, json in one.texts]
    await stages.review_output(exchange, texts, len(data))
    body, record = await beside(len(data), _composed, stages, exchange, head, marking, choices)
    await stages.close(exchange, record)
    return body | {"usage": usage}


def _composed(
    stages: Stages, exchange: Exchange, head: Head, marking: Marking, choices: list["Answered"]
) -> tuple[dict[str, Any], Entry]:
    """The marked answer and its closing record; raises `InlineMedium` for a picture or sound in a text."""
    for choice in choices:
        for text in choice.texts:
            require_none(text.value)
    label, released = stages.label(), [_released(one, marking) for one in choices]
    body = head.answer([_row(head, one, sent) for one, sent in zip(choices, released, strict=True)])
    items, output = items_of(stages, label, marking, released), kept(released, marking)
    record = stages.recorder.closed(exchange, "released", items, output=output)
    return body | {"aigc": envelope(label)}, record


def plan_of(exchange: Exchange) -> tuple[Head, Marking]:
    """Head and marks of the answer to come; raises `UnusableRequest` for a request that is no chat."""
    messages = exchange.body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        raise UnusableRequest(field="messages")
    return Head.of(exchange), marking_of(exchange)


def marking_of(exchange: Exchange) -> Marking:
    """Which visible marks the text gets; raises `UnusableRequest` for a response format that nobody knows.

    None inside JSON mode, where they would break what the caller parses, none for an application that is registered
    as showing the label itself (GB 45438 5.6), and none where the mark is a choice that the user did not make; all
    keep the label in the envelope.
    """
    mode = exchange.body.get("response_format")
    kind = mode.get("type", "text") if isinstance(mode, dict) else "text" if mode is None else mode
    if kind not in MODES:
        raise UnusableRequest(field="response_format")
    structured = kind != "text"
    if not exchange.marked or (exchange.holder is not None and exchange.holder.shows_label):
        return Marking(structured=structured)
    plan = exchange.admitted_service.explicit
    language = cast(Language, plan.get("language", "zh"))
    # An answer streams: where its middle is, is known when it has been read. Its start is marked, and its end may be.
    closing = explicit.closing(language) if "end" in PLACES[cast(Position, plan.get("position") or "start")] else ""
    return Marking(explicit.opening(language), closing, structured)


def envelope(label: Label) -> dict[str, str]:
    """The label as the `aigc` object of a JSON answer (GB 45438 Annex E)."""
    return label.as_dict()


def kept(released: Iterable[Released], marking: Marking) -> list[Mapping[str, Kept]]:
    """The texts of each choice for its record: a marked content in parts, so that its marks stay apart."""
    return [_kept(one, marking.opening) for one in released]


def _kept(released: Released, opening: str) -> Mapping[str, Kept]:
    if not released.marked:
        return released.texts
    content = parted(released.texts["content"], released.body, released.lead, opening)
    return {**released.texts, "content": content}


def items_of(stages: Stages, label: Label, marking: Marking, released: Iterable[Released]) -> list[Item]:
    """The released choices as items of the record; content can be found again by its folded form."""
    return [_item(stages, label, marking, one) for one in released if one.texts]


def _item(stages: Stages, label: Label, marking: Marking, released: Released) -> Item:
    content = released.texts.get("content", "")
    data = content.encode() if content else as_bytes(released.texts)
    finding = stages.recorder.finding
    return Item(
        medium="text",
        format="text" if content else "json",
        label=label,
        digest=sha256(data).hexdigest(),
        size=len(data),
        marks=(*_visible(marking, released), "metadata:envelope"),
        finding_keys=(finding.file(data), *finding.texts([content, released.body] if content else [])),
    )


def _visible(marking: Marking, released: Released) -> tuple[str, ...]:
    if not released.marked:
        return ()
    return ("explicit:start", "explicit:end") if marking.closing and released.ended else ("explicit:start",)


@dataclass(frozen=True, slots=True)
class Answered:
    """One choice of an upstream's whole answer, as far as we read it."""

    index: int
    texts: list[Text]
    finish: str
    probabilities: list[dict[str, Any]] | None


def read_answer(data: bytes, head: Head) -> tuple[list[Answered], dict[str, Any] | None]:
    """The choices and counts of an upstream's answer; raises `UpstreamRubbish` unless it is a chat completion."""
    try:
        body = parsed(data)
    except SealmarkError as error:
        raise UpstreamRubbish(**why("不是 JSON 对象", "not a JSON object")) from error
    choices = body.get("choices")
    if not isinstance(choices, list) or not 0 < len(choices) <= head.choices:
        raise UpstreamRubbish(**why("choices 的数目不对", "not as many choices as asked for"))
    found = [_answered(row, position, head) for position, row in enumerate(choices)]
    if len({one.index for one in found}) < len(found):
        raise UpstreamRubbish(**why("两个 choices 编号相同", "two choices of one index"))
    return found, usage_of(body.get("usage"))


def _answered(row: Any, position: int, head: Head) -> Answered:
    if not isinstance(row, dict):
        raise UpstreamRubbish(**why("choices 中有一项不是对象", "a choice that is no object"))
    texts = texts_of(row.get("message"))
    probabilities = probabilities_of(row["logprobs"]) if row.get("logprobs") is not None else None
    index = number(row.get("index", position), head.choices)
    return Answered(index, texts, finish_of(row.get("finish_reason")), probabilities)


def _released(choice: Answered, marking: Marking) -> Released:
    texts = {name_of(text.place): text.value for text in choice.texts if text.value}
    body = texts.get("content", "")
    marked = bool(body.strip()) and bool(marking.opening) and not (marking.structured and is_json(body))
    if marked:
        texts["content"] = f"{marking.opening}{body}{marking.closing}"
    return Released(texts, body, marked, ended=True)


def _row(head: Head, choice: Answered, released: Released) -> dict[str, Any]:
    texts = {place: released.texts.get(name_of(place), "") for place, _, _ in choice.texts}
    tokens = choice.probabilities
    spelt = tokens if tokens and "".join(one["token"] for one in tokens) == released.body else None
    return {
        "index": choice.index,
        "message": message_of(texts, f"{head.name}_{choice.index}"),
        "logprobs": {"content": spelt, "refusal": None} if spelt else None,
        "finish_reason": choice.finish,
    }


Outcome = Literal["released", "refused", "broken"]
