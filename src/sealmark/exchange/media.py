"""The way of a picture and of speech: reviewed as far as there is a reviewer, marked in a worker, recorded."""

import base64
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from sealmark.errors import SealmarkError, why
from sealmark.exchange.errors import UnusableRequest, WorkerDied, WorkersBusy
from sealmark.exchange.fields import IMAGES, SPEECH
from sealmark.exchange.record import Exchange, Item, Recorder
from sealmark.exchange.stages import Stages, parsed, required_text
from sealmark.exchange.upstreams.errors import UpstreamRubbish
from sealmark.items.originals import Made
from sealmark.marks import credential
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.keys import SigningKeys
from sealmark.marks.label import Label
from sealmark.marks.marker import LAYERS, Marked, Options, mark_bytes
from sealmark.media import sniff

IMAGES_PATH = "/images/generations"
SPEECH_PATH = "/audio/speech"
MOST_PICTURES = 16
# What can be marked: AAC in ADTS and bare samples have no place for a label.
SOUNDS = {"mp3": "audio/mpeg", "opus": "audio/opus", "flac": "audio/flac", "wav": "audio/wav"}


@dataclass(frozen=True, slots=True)
class Spoken:
    """Marked speech, its media type, and its label as JSON."""

    data: bytes
    media_type: str
    label: str


async def images(stages: Stages, exchange: Exchange) -> dict[str, Any]:
    """Pictures, each with its own label, its visible mark and its metadata mark."""
    required_text(exchange.body, "prompt")
    await stages.review_input(exchange, IMAGES)
    if exchange.body.get("response_format", "b64_json") != "b64_json":
        raise UnusableRequest(field="response_format (b64_json)")
    if exchange.body.get("stream"):
        raise UnusableRequest(field="stream")
    stages.unreviewed(exchange, "image")
    asked = stages.upstream_body(exchange, response_format="b64_json")
    data, _ = await stages.upstreams.call(exchange.admitted_service, IMAGES_PATH, asked)
    rows = _rows(data)
    texts = [("revised_prompt", row.revised, False) for row in rows if row.revised]
    await stages.review_output(exchange, texts, sum(len(row.revised) for row in rows))
    pictures = [await _marked(stages, exchange, row.data, "image") for row in rows]
    await stages.keep(exchange, [_made(row.data, marked) for row, marked in zip(rows, pictures, strict=True)])
    items = [item_of(stages.recorder, marked) for marked in pictures]
    output = [{"revised_prompt": row.revised} for row in rows]
    await stages.close(exchange, stages.recorder.closed(exchange, "released", items, output=output))
    shown = [_shown(row, marked) for row, marked in zip(rows, pictures, strict=True)]
    return {"created": int(exchange.started.timestamp()), "data": shown, "aigc": shown[0]["aigc"]}


async def speech(stages: Stages, exchange: Exchange) -> Spoken:
    """Speech with its announcement and its metadata mark."""
    required_text(exchange.body, "input")
    await stages.review_input(exchange, SPEECH)
    form = exchange.body.get("response_format", "mp3")
    if form not in SOUNDS:
        raise UnusableRequest(field=f"response_format ({', '.join(SOUNDS)})")
    if exchange.body.get("stream_format", "audio") != "audio":
        raise UnusableRequest(field="stream_format (audio)")
    stages.unreviewed(exchange, "audio")
    asked = stages.upstream_body(exchange, response_format=form)
    data, _ = await stages.upstreams.call(exchange.admitted_service, SPEECH_PATH, asked)
    marked = await _marked(stages, exchange, data, "audio", SOUNDS[form])
    await stages.keep(exchange, [_made(data, marked)])
    item = item_of(stages.recorder, marked)
    await stages.close(exchange, stages.recorder.closed(exchange, "released", [item]))
    return Spoken(marked.data, SOUNDS[form], marked.label.inner())


async def _marked(
    stages: Stages, exchange: Exchange, data: bytes, medium: str, media_type: str | None = None
) -> Marked:
    """What the upstream made, marked as our own generation; what cannot be marked is not released (Art. 16)."""
    plan = cast(dict[str, Any], exchange.admitted_service.explicit)
    layers = (*(LAYERS if exchange.marked else ("metadata",)), *credential_layer(stages, data))
    keys = SigningKeys(credential=stages.keys.signing.credential)
    explicit = ExplicitOptions(**plan)
    options = Options(layers, explicit, media_type=media_type, own_edit=True, fresh=True, keys=keys)
    label: Label = stages.label()
    try:
        marked = await stages.workers.run(mark_bytes, data, label, options)
    except (WorkersBusy, WorkerDied):
        raise
    except SealmarkError as error:
        raise UpstreamRubbish(**why(error.happened("zh").rstrip("。"), error.happened("en").rstrip("."))) from error
    if marked.format.medium != medium:
        raise UpstreamRubbish(
            **why(f"要的是 {medium}，给的是 {marked.format.medium}", f"{marked.format.medium} instead of {medium}")
        )
    return marked


def credential_layer(stages: Stages, data: bytes) -> tuple[str, ...]:
    """The layer that is added where there are certificates, and a place for it in this format."""
    if stages.keys.signing.credential is None:
        return ()
    with suppress(SealmarkError):  # what it is instead, the marker says
        return ("credential",) if credential.carries(sniff(data)) else ()
    return ()


def _made(data: bytes, marked: Marked) -> Made:
    form = marked.format
    return Made(marked.label.produce_id, form.medium, form.name, form.media_type, data)


def item_of(recorder: Recorder, marked: Marked) -> Item:
    """A marked item as its record holds it."""
    return Item(
        medium=marked.format.medium,
        format=marked.format.name,
        label=marked.label,
        digest=sha256(marked.data).hexdigest(),
        size=len(marked.data),
        marks=marked.layers,
        finding_keys=(recorder.finding.file(marked.data),),
        previous=marked.previous,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A picture of the upstream's answer, and the prompt as the upstream understood it."""

    data: bytes
    revised: str


def _rows(data: bytes) -> list[Row]:
    try:
        body = parsed(data)
    except SealmarkError as error:
        raise UpstreamRubbish(**why("不是 JSON 对象", "not a JSON object")) from error
    rows = body.get("data")
    if not isinstance(rows, list) or not rows or len(rows) > MOST_PICTURES:
        raise UpstreamRubbish(**why("没有图片", "no pictures"))
    return [_row(row) for row in rows]


def _row(row: Any) -> Row:
    try:
        revised = row.get("revised_prompt") or ""
        return Row(base64.b64decode(row["b64_json"], validate=True), revised if isinstance(revised, str) else "")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UpstreamRubbish(**why("图片不是 base64", "a picture that is not base64")) from error


def _shown(row: Row, marked: Marked) -> dict[str, Any]:
    """A picture as the caller gets it: nothing of the upstream's row but what was reviewed and marked."""
    shown = {"b64_json": base64.b64encode(marked.data).decode(), "aigc": marked.label.as_dict()}
    return shown | ({"revised_prompt": row.revised} if row.revised else {})
