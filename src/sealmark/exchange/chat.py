"""The way of a chat that is answered whole, and the marks that every chat's text gets."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, cast

from sealmark.errors import Language
from sealmark.exchange.errors import UnknownBinary, UpstreamRubbish
from sealmark.exchange.fields import CHAT, Kind, contents
from sealmark.exchange.record import Exchange, Item
from sealmark.exchange.stages import Stages, parsed
from sealmark.marks.explicit import text as explicit
from sealmark.marks.label import Label

PATH = "/chat/completions"
ENVELOPE = "metadata:envelope"


@dataclass(frozen=True, slots=True)
class Marking:
    """The visible marks of an answer's text (GB 45438 5.1); empty where the label rides in the envelope only."""

    opening: str = ""
    closing: str = ""

    @property
    def layers(self) -> tuple[str, ...]:
        """The marks as the record names them."""
        visible = [name for name, mark in (("explicit:start", self.opening), ("explicit:end", self.closing)) if mark]
        return (*visible, ENVELOPE)


@dataclass(frozen=True, slots=True)
class Released:
    """The text of one choice: `sent` with its visible marks, `body` without."""

    sent: str
    body: str


async def answer(stages: Stages, exchange: Exchange) -> dict[str, Any]:
    """A chat answered whole; what is returned has been reviewed, marked, and recorded durably."""
    await stages.review_input(exchange, CHAT.request)
    service = exchange.admitted_service
    data, _ = await stages.upstreams.call(service, PATH, stages.upstream_body(exchange))
    body = read_answer(data)
    await stages.review_output(exchange, body, CHAT.answer, len(data))
    refuse_binary(body)
    label, marking = stages.label(), marking_of(exchange)
    texts = [_marked(choice["message"], marking) for choice in body["choices"]]
    body |= {"model": service.model, "aigc": envelope(label)}
    items = items_of(stages, label, marking, texts)
    await stages.record(stages.recorder.closed(exchange, "released", items, output=body["choices"]))
    return body


def marking_of(exchange: Exchange) -> Marking:
    """Which visible marks the text gets.

    None inside JSON mode, where they would break what the caller parses, and none for an application that is
    registered as showing the label itself (GB 45438 5.6); both keep the label in the envelope.
    """
    mode = exchange.body.get("response_format")
    structured = isinstance(mode, dict) and mode.get("type") not in (None, "text")
    if structured or (exchange.holder is not None and exchange.holder.shows_label):
        return Marking()
    plan = exchange.admitted_service.explicit
    language = cast(Language, plan.get("language", "zh"))
    closing = explicit.closing(language) if plan.get("position") == "start_end" else ""
    return Marking(explicit.opening(language), closing)


def envelope(label: Label) -> dict[str, str]:
    """The label as the `aigc` object of a JSON answer (GB 45438 Annex E)."""
    return label.as_dict()


def items_of(stages: Stages, label: Label, marking: Marking, texts: Iterable[Released]) -> list[Item]:
    """The released texts as items of the record; each can be found again by its folded form."""
    return [_item(stages, label, marking, text) for text in texts if text.sent]


def _item(stages: Stages, label: Label, marking: Marking, text: Released) -> Item:
    data = text.sent.encode()
    return Item(
        medium="text",
        format="text",
        label=label,
        digest=sha256(data).hexdigest(),
        size=len(data),
        marks=marking.layers,
        finding_keys=stages.recorder.finding.texts([text.sent, text.body]),
    )


def read_answer(data: bytes) -> dict[str, Any]:
    """An upstream's whole answer; raises `UpstreamRubbish` unless it is a chat completion."""
    try:
        body = parsed(data)
    except Exception as error:
        raise UpstreamRubbish(problem="not a JSON object") from error
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices:
        raise UpstreamRubbish(problem="no choices")
    if not all(isinstance(choice, dict) and isinstance(choice.get("message"), dict) for choice in choices):
        raise UpstreamRubbish(problem="a choice without its message")
    return body


def refuse_binary(body: dict[str, Any]) -> None:
    """Sound inside a chat has no mark yet, so it does not leave."""
    found = next((one for one in contents(body, CHAT.answer) if one.kind is Kind.BINARY), None)
    if found is not None:
        raise UnknownBinary(field=found.path)


def _marked(message: dict[str, Any], marking: Marking) -> Released:
    body = message.get("content")
    if not isinstance(body, str) or not body:
        return Released("", "")
    message["content"] = sent = f"{marking.opening}{body}{marking.closing}"
    return Released(sent, body)


Outcome = Literal["released", "refused", "broken"]
