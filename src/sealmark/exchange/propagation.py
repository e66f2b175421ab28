"""The way of an item that passes through a platform: declared, reviewed, verified, labelled, recorded.

The platform asks on upload, gets the file back with its own fields in the label, and the words that it must show around
the post (Measures Art. 6). Publishing asks for a real identity (Provisions Art. 9), whatever made the item.
"""

from dataclasses import dataclass
from typing import Any

from sealmark.exchange import files
from sealmark.exchange.errors import UnusableRequest
from sealmark.exchange.files import Edited, Examined, Submitted
from sealmark.exchange.record import Exchange, Item
from sealmark.exchange.stages import Stages
from sealmark.exchange.submissions import MOST_TEXT, Released, body_of, review
from sealmark.exchange.workers import Workers
from sealmark.marks.errors import BadProviderCode
from sealmark.marks.propagator import Propagated
from sealmark.marks.provider_code import ProviderCode

FLAGS = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False, "no": False}


@dataclass(frozen=True, slots=True)
class Passed:
    """An item that may be posted: its file, and what the platform must say around the post."""

    released: Released
    prompt: dict[str, Any]


class Propagations:
    """Takes items that users post, and gives them back with the platform's fields."""

    def __init__(self, stages: Stages, workers: Workers, propagator: str) -> None:
        self._stages, self._workers, self._propagator = stages, workers, propagator

    async def propagate(self, exchange: Exchange, submitted: Submitted) -> Passed:
        """The item as it may be posted, recorded durably; raises what stands in the way."""
        await self._admit(exchange, submitted)
        declared = flag(submitted.fields, "declared")
        examined = await self._workers.run(files.examine, submitted, MOST_TEXT)
        await review(self._stages, exchange, submitted, examined)
        number = self._stages.numbers.take()
        known, keys = self._stages.keys.known, self._stages.keys.signing
        done, edited = await self._workers.run(
            files.propagate, submitted, self._propagator, number, declared=declared, known=known, keys=keys
        )
        await self._record(exchange, declared, done, edited or _unchanged(submitted, examined))
        path = edited.path if edited else submitted.path
        return Passed(Released(path, examined.format.media_type, done.label), prompt_of(done))

    async def _admit(self, exchange: Exchange, submitted: Submitted) -> None:
        """End user, agreement, sanction, identity (Art. 8, 9, 10)."""
        exchange.body, exchange.size = body_of(submitted), submitted.size
        assert exchange.holder is not None
        reference = self._stages.reference(exchange)
        exchange.standing = await self._stages.admission.publishing(exchange.holder, reference)

    async def _record(self, exchange: Exchange, declared: bool, done: Propagated, edited: Edited) -> None:
        """Nothing stands in `items` where no label was written: then the item is none of ours."""
        verdict, finding = done.verdict, self._stages.recorder.finding
        items = [
            Item(
                medium=verdict.format.medium,
                format=verdict.format.name,
                label=label,
                digest=edited.digest,
                size=edited.size,
                marks=("metadata",) if done.written else (),
                finding_keys=(finding.digest(edited.digest),),
                previous=verdict.label,
            )
            for label in [done.label]
            if label is not None
        ]
        more = {"tier": verdict.tier, "declared": declared}
        output = {"verdict": verdict.as_dict()}
        entry = self._stages.recorder.closed(exchange, "released", items, output=output, more=more)
        await self._stages.close(exchange, entry)


def propagator_of(producer: str) -> str:
    """The provider's code as one that passes content on; a code of another kind stays as it is."""
    try:
        return str(ProviderCode.parse(producer).propagating)
    except BadProviderCode:
        return producer


def flag(fields: dict[str, str], name: str) -> bool:
    """A field that says yes or no; raises `UnusableRequest` where it says neither."""
    given = FLAGS.get(fields.get(name, "").strip().lower())
    if given is None:
        raise UnusableRequest(field=f"{name} (true, false)")
    return given


def prompt_of(done: Propagated) -> dict[str, Any]:
    """The tier, and the words that the platform shows around the post; none where nothing was found."""
    verdict = done.verdict
    words = {"zh": f"本内容{verdict.zh}", "en": f"This content {verdict.en}"}
    return {
        "tier": verdict.tier,
        "prompt": None if verdict.tier == "none" else words,
        "written": done.written,
        "warnings": [note.code for note in done.warnings],
    }


def _unchanged(submitted: Submitted, examined: Examined) -> Edited:
    return Edited(submitted.path, submitted.size, submitted.digest, examined.text)
