"""The way of an item that was made elsewhere: submitted, reviewed, marked as our own, recorded, given back.

For a provider whose generation isn't shaped like OpenAI's interface (design.md, section 3). It fails closed: what could
not be reviewed, marked or recorded is not given back.
"""

import asyncio
import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sealmark.errors import SealmarkError, why
from sealmark.exchange import files
from sealmark.exchange.errors import InlineMedium
from sealmark.exchange.files import Edited, Examined, Submitted
from sealmark.exchange.inline import require_none
from sealmark.exchange.record import Exchange, Item
from sealmark.exchange.shapes import ascii_json
from sealmark.exchange.stages import Reviewable, Stages, beside, required_text
from sealmark.exchange.workers import Workers
from sealmark.items.registry import ItemRegistry
from sealmark.marks import credential
from sealmark.marks.errors import BadLabel
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.keys import SigningKeys
from sealmark.marks.label import Label
from sealmark.marks.marker import LAYERS, Made, Options
from sealmark.registers.service import Operation

OPERATION: Operation = "item"
MOST_TEXT = 4 * 1024 * 1024  # bytes of a text: it is reviewed whole, and kept sealed where it is refused
LONGEST_LABEL_SHOWN = 6000  # characters: clients bound the head of an answer


class ItemBlocked(SealmarkError):
    """The review of an item found what must not be released."""

    code = "review.item_blocked"
    status = 400
    article = 10
    zh = "提交的内容未通过审核(风险类别 {risk})，未予放行。"
    en = "The item did not pass review (risk class {risk}) and is not released."
    zh_next = "请修改后重新提交；如有异议，凭交互编号申诉。"
    en_next = "Change it and submit it again; to appeal, give the exchange number."


class UnknownSource(SealmarkError):
    """What an item is said to be edited from is neither an item of ours nor a label."""

    code = "items.unknown_source"
    status = 400
    article = 16
    zh = "edited_from 既不是本服务放行过的内容编号，也不是标识（{zh_reason}）。"
    en = "edited_from is neither the number of an item released here nor a label ({en_reason})."
    zh_next = "请填写原内容的 ProduceID；他人的内容请填写其标识的 JSON。"
    en_next = "Give the ProduceID of the original; for another's item, give its label as JSON."


@dataclass(frozen=True, slots=True)
class Released:
    """A file that may leave now: where it lies, its media type, and its label where it has one."""

    path: Path
    media_type: str
    label: Label | None

    @property
    def shown_label(self) -> str | None:
        """The label for an answer's head, as ASCII JSON; None where it is too long for one."""
        text = ascii_json(self.label.as_dict()) if self.label else ""
        return text if 0 < len(text) <= LONGEST_LABEL_SHOWN else None


class Submissions:
    """Takes items that were generated elsewhere, and gives them back marked."""

    def __init__(self, stages: Stages, workers: Workers, items: ItemRegistry) -> None:
        self._stages, self._workers, self._items = stages, workers, items

    async def submit(self, exchange: Exchange, submitted: Submitted) -> Released:
        """The item, admitted, reviewed, marked and recorded durably; raises what stands in the way of any of it."""
        await self._admit(exchange, submitted)
        source = await self._source(submitted.fields.get("edited_from", ""))
        examined = await self._workers.run(files.examine, submitted, MOST_TEXT)
        await review(self._stages, exchange, submitted, examined)
        label, options = self._stages.label(), _options(self._stages, exchange, examined)
        made, edited = await self._workers.run(files.mark, submitted, label, options)
        item = self._item(made, edited, examined, source)
        await self._stages.close(exchange, self._stages.recorder.closed(exchange, "released", [item]))
        return Released(edited.path, made.format.media_type, made.label)

    async def _admit(self, exchange: Exchange, submitted: Submitted) -> None:
        """End user, agreement, sanction, identity, service (Art. 8, 9, 10, 15)."""
        exchange.body, exchange.size = body_of(submitted), submitted.size
        admission, reference = self._stages.admission, self._stages.reference(exchange)
        assert exchange.holder is not None
        exchange.standing = await admission.generating(exchange.holder, reference, OPERATION)
        self._stages.serve(exchange, admission.service(OPERATION, self._model(required_text(exchange.body, "model"))))

    def _model(self, named: str) -> str:
        """The model of the service that is named by its model or by its id."""
        services = self._stages.admission.snapshot.services.values()
        return next((one.model for one in services if one.operation == OPERATION and one.id == named), named)

    async def _source(self, named: str) -> Label | None:
        """The label of what the item was edited from; raises `UnknownSource`."""
        if not named:
            return None
        if not named.lstrip().startswith("{"):
            known = await asyncio.to_thread(self._items.by_number, named)
            if known is None:
                raise UnknownSource(**why("没有这个编号", "no such number"))
            return known.label
        try:
            return Label.parse(named)
        except BadLabel as error:
            raise UnknownSource(**why(error.happened("zh").rstrip("。"), error.happened("en").rstrip("."))) from error

    def _item(self, made: Made, edited: Edited, examined: Examined, source: Label | None) -> Item:
        finding = self._stages.recorder.finding
        texts = [text for text in (examined.text, edited.text) if text] if edited.text else []
        return Item(
            medium=made.format.medium,
            format=made.format.name,
            label=made.label,
            digest=edited.digest,
            size=edited.size,
            marks=made.layers,
            finding_keys=(finding.digest(edited.digest), *finding.texts(texts)),
            previous=made.previous or source,
            edited_from=source,
        )


def body_of(submitted: Submitted) -> dict[str, Any]:
    """What was asked, as it is kept sealed: everything that was said, and which file it was said of."""
    about = {
        "name": submitted.name,
        "media_type": submitted.media_type,
        "bytes": submitted.size,
        "sha256": submitted.digest,
    }
    return {**submitted.fields, "file": about}


async def review(stages: Stages, exchange: Exchange, submitted: Submitted, examined: Examined) -> None:
    """Review an item's text, its name and what was said of it; raises `ItemBlocked`, and `UnreviewedMedium` where it
    holds more than text (Art. 10).
    """
    said = {"file.name": submitted.name or "", "edited_from": submitted.fields.get("edited_from", "")}
    texts: list[Reviewable] = [(place, text, False) for place, text in said.items() if text]
    if examined.text is not None:
        texts += [("file", reading, False) for reading in _readings(examined)]
    if texts:
        await stages.review_output(exchange, texts, sum(len(text) for _, text, _ in texts), ItemBlocked)
    if examined.text is None or not examined.wholly_text or await beside(len(examined.text), _inline, examined.text):
        stages.unreviewed(exchange, examined.format.medium)


def _readings(examined: Examined) -> list[str]:
    """A text as it stands, and as its reader sees it where its format has escapes of its own."""
    text = examined.text or ""
    shown = html.unescape(text) if "&" in text and not examined.wholly_text else text
    return [text] if shown == text else [text, shown]


def _inline(text: str) -> bool:
    """Whether a text carries a picture or sound, which no reviewer of texts sees."""
    try:
        require_none(text)
    except InlineMedium:
        return True
    return False


def _options(stages: Stages, exchange: Exchange, examined: Examined) -> Options:
    """How an item is marked: as our own new generation (labels.md 3.4, whose label it is), as its class asks for.

    Its label is signed already; a credential is added where there are certificates, and a place for it.
    """
    plan, keys = cast(dict[str, Any], exchange.admitted_service.explicit), stages.keys.signing.credential
    sealed = keys is not None and credential.carries(examined.format)
    return Options(
        (*(LAYERS if exchange.marked else ("metadata",)), *(("credential",) if sealed else ())),
        ExplicitOptions(**plan),
        own_edit=True,
        fresh=True,
        keys=SigningKeys(credential=keys),
    )
