"""The stages that every exchange passes, whatever its medium: admit, review, mark, record."""

import asyncio
import json
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

import orjson
import structlog

from sealmark.errors import SealmarkError
from sealmark.exchange.admission import Admission
from sealmark.exchange.backlog import Backlog
from sealmark.exchange.errors import (
    InputBlocked,
    MarkUnwanted,
    NotJson,
    OutputBlocked,
    TooIntricate,
    UnreviewedMedium,
    UnusableRequest,
)
from sealmark.exchange.fields import DEPTH, FIELDS, Kind, Node, contents, joined
from sealmark.exchange.record import Exchange, Recorder
from sealmark.exchange.shapes import without_surrogates
from sealmark.exchange.upstreams.openai import Upstreams
from sealmark.exchange.workers import Workers
from sealmark.items.numbers import ProductionNumbers
from sealmark.items.originals import Made, Originals
from sealmark.ledger import Entry, Sequencer
from sealmark.ledger.errors import LedgerError
from sealmark.marks.label import Label
from sealmark.registers.service import Operation, Service
from sealmark.review import Library
from sealmark.review.decision import UNREVIEWED, Decision, review_texts
from sealmark.review.escapes import Unescaper
from sealmark.review.mark_requests import asks_against_marks
from sealmark.storage.mark_keys import MarkKeys

log = structlog.get_logger(__name__)
AT_ONCE = 32 * 1024  # bytes; the fold and the automaton pass them in under a millisecond
REVIEWERS = ThreadPoolExecutor(1, "sealmark-review")  # long texts wait for each other, and for nobody else
Reviewable = tuple[str, str, bool]  # field, text, whether it is JSON
Given = ParamSpec("Given")
Result = TypeVar("Result")
WRITABLE = 200  # levels of nesting that orjson writes, with some to spare
MAKES_MEDIA = frozenset({"image"})  # operations whose instructions say what an item shall look like
END_USER_FIELDS = ("safety_identifier", "user")


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts of the house that the way of an exchange needs."""

    admission: Admission
    upstreams: Upstreams
    library: Library
    numbers: ProductionNumbers
    recorder: Recorder
    sequencer: Sequencer
    backlog: Backlog
    workers: Workers
    producer: str
    keys: MarkKeys
    rehearsal: bool
    stream_seconds: float
    originals: Originals
    running: "set[asyncio.Task[None]]" = field(default_factory=set)  # the exchanges under way

    async def authenticate(self, exchange: Exchange) -> None:
        """Find the application by its key; raises `UnknownKey`."""
        exchange.holder = await self.admission.holder(exchange.incoming.key)

    async def admit(self, exchange: Exchange, data: bytes) -> None:
        """Body, end user, agreement, sanction, identity, service (Art. 8, 9, 10, 15)."""
        assert exchange.holder is not None
        exchange.body, exchange.size = {"unread": data}, len(data)  # what cannot be read is kept as it came
        exchange.body = body = await beside(len(data), parsed, data)
        exchange.stream = body.get("stream") is True
        operation = cast(Operation, exchange.operation)
        reference = self.reference(exchange)
        exchange.standing = await self.admission.generating(exchange.holder, reference, operation)
        self.serve(exchange, self.admission.service(operation, required_text(body, "model")))

    def serve(self, exchange: Exchange, service: Service) -> None:
        """Let a service answer, with the marks that its class asks for (Art. 17)."""
        exchange.service, exchange.marking = service, self.admission.marking_class(service)

    async def review_input(self, exchange: Exchange, table: Node) -> None:
        """Review all that was asked; raises `InputBlocked`, `MarkUnwanted`, `UnreviewedMedium` (Art. 10, 18)."""
        decision, binary = await beside(exchange.size, self._review_request, exchange.body, table)
        exchange.reviewed(decision)
        if decision.action == "refuse":
            raise InputBlocked(risk=risks(decision))
        if exchange.operation in MAKES_MEDIA and await beside(exchange.size, _asks_against_marks, exchange.body, table):
            raise MarkUnwanted
        if binary:
            self.unreviewed(exchange, "file")

    async def review_output(
        self, exchange: Exchange, texts: list[Reviewable], size: int, blocked: type[SealmarkError] = OutputBlocked
    ) -> None:
        """Review the texts of an answer, which was `size` bytes long; raises `OutputBlocked` (Art. 10)."""
        decision = await beside(size, self._review_texts, texts)
        exchange.reviewed(decision)
        if decision.action == "refuse":
            exchange.withheld = [(name, value) for name, value, _ in texts]
            raise blocked(risk=risks(decision))

    def unreviewed(self, exchange: Exchange, medium: str) -> None:
        """Say that nobody saw what is in this medium; live mode ends here with `UnreviewedMedium`."""
        exchange.reviews.append(UNREVIEWED)
        if not self.rehearsal:
            raise UnreviewedMedium(medium=medium)

    def label(self) -> Label:
        """A new label with a production number of its own, signed where there is a key (Art. 16; GB 45438 Annex E)."""
        return self.keys.signed(Label.first(self.producer, self.numbers.take()))

    async def keep(self, exchange: Exchange, made: Sequence[Made]) -> None:
        """Keep what the generator made before anything of it is released; raises `ObjectsUnavailable`.

        What gets no explicit mark needs no unlabelled copy, and is not kept.
        """
        if self.originals.keeps and exchange.marked:
            await asyncio.to_thread(self.originals.keep, exchange.id, exchange.seal, made)

    async def record(self, entry: Entry) -> int:
        """Append to the ledger; returns the record's index once it is durable."""
        return (await self.sequencer.append(entry, alone=len(self.running) <= 1)).index

    async def close(self, exchange: Exchange, entry: Entry) -> None:
        """Append the closing record of an answer; a client that leaves meanwhile causes no second one."""
        exchange.recorded = True
        try:
            await self.record(entry)
        except LedgerError:
            exchange.recorded = False
            raise

    def upstream_body(self, exchange: Exchange, **changes: Any) -> bytes:
        """What the upstream is asked: its own name of the model, and a pseudonym for the end user."""
        assert exchange.standing is not None
        body = {**exchange.body, "model": exchange.admitted_service.upstream_model, **changes}
        for name in END_USER_FIELDS:
            if name in body:
                body[name] = exchange.standing.id
        return orjson.dumps(body)

    def reference(self, exchange: Exchange) -> str | None:
        """The end user as the request names them, in its head or in its body; raises `UnusableRequest`."""
        if exchange.incoming.reference:
            return exchange.incoming.reference
        named = {name: exchange.body[name] for name in END_USER_FIELDS if exchange.body.get(name) is not None}
        for name, value in named.items():
            if not isinstance(value, str) or not value:
                raise UnusableRequest(field=name)
        return next(iter(named.values()), None)

    def _review_request(self, body: Any, table: Node) -> tuple[Decision, bool]:
        """The decision about a request's texts, and whether it holds anything that is no text."""
        found = list(contents(body, table))
        texts = [(one.path, one.value, False) for one in (*found, *joined(found)) if one.kind is Kind.TEXT]
        return self._review_texts(texts), any(one.kind is Kind.BINARY for one in found)

    def _review_texts(self, texts: list[Reviewable]) -> Decision:
        """The decision about texts; one that is JSON, or holds its escapes, is read both as it stands and unescaped."""
        plain = [(name, value) for name, value, _ in texts]
        read = [(name, _unescaped(value)) for name, value, escaped in texts if escaped or "\\u" in value]
        return review_texts(self.library, [*plain, *read] or [("", "")])


async def beside(size: int, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
    """Do at once what takes under two milliseconds; more than that goes beside the loop."""
    if size <= AT_ONCE:
        return work(*given, **named)
    return await asyncio.get_running_loop().run_in_executor(REVIEWERS, partial(work, *given, **named))


def _asks_against_marks(body: Any, table: Node) -> bool:
    """Whether what is to be made or edited shall lose its marks (Art. 18); a conversation may speak of them."""
    return any(one.kind is Kind.TEXT and asks_against_marks(one.value) for one in contents(body, table))


def _unescaped(text: str) -> str:
    """The text that a JSON text stands for."""
    escapes = Unescaper()
    return escapes.feed(text) + escapes.finish()


def risks(decision: Decision) -> str:
    """The risk classes of what blocked, for the error text."""
    return ", ".join(sorted({finding.risk for finding in decision.findings if finding.severity == "block"}))


def parsed(data: bytes) -> dict[str, Any]:
    """A JSON object from bytes; lone surrogates become U+FFFD. Raises `NotJson`."""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        body = _leniently(data)
    if not isinstance(body, dict):
        raise NotJson
    if len(data) > 2 * WRITABLE and data.count(b"[") + data.count(b"{") > WRITABLE:
        _require_writable(body)
    return body


def _require_writable(body: Any) -> None:
    """What is nested so deeply that it cannot be written again can be neither sent on nor recorded."""
    try:
        orjson.dumps(body)
    except TypeError as error:
        raise TooIntricate(depth=DEPTH, fields=FIELDS) from error


def required_text(body: dict[str, Any], name: str) -> str:
    """A field that must be a string with something in it; raises `UnusableRequest`."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise UnusableRequest(field=name)
    return value


def _leniently(data: bytes) -> Any:
    """What orjson refuses but many writers send: escaped lone surrogates."""
    if b"\\u" not in data:
        raise NotJson
    try:
        body = json.loads(data, parse_constant=_refuse)
        return orjson.loads(without_surrogates(json.dumps(body, ensure_ascii=False)))
    except (ValueError, RecursionError) as error:
        raise NotJson from error


def _refuse(name: str) -> None:
    raise ValueError(name)


def fault(error: BaseException) -> SealmarkError:
    """The error that a caller is told: our own as it is, anything else as `internal`.

    Of anything else the log gets type and place only: its text might hold what somebody wrote.
    """
    if isinstance(error, SealmarkError):
        return error
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-5:]]
    log.error("exchange.failed", error=type(error).__name__, at=places)
    return SealmarkError()
