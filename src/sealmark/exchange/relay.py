"""The way of a streamed chat: two records, exact hold-back between them, and an end that says what happened."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256
from typing import Any, Protocol

from sealmark.errors import SealmarkError, why
from sealmark.exchange.chat import PATH, Outcome, envelope, items_of, kept, plan_of
from sealmark.exchange.errors import ClientLeft, InlineMedium, NotJson, OutputBlocked, Stopping, TooIntricate, TooLong
from sealmark.exchange.fields import CHAT
from sealmark.exchange.pieces import Pieces, condensed
from sealmark.exchange.record import Exchange
from sealmark.exchange.shapes import DONE, error_body, event
from sealmark.exchange.stages import AT_ONCE, REVIEWERS, Stages, fault, parsed
from sealmark.exchange.upstreams.errors import UpstreamBroken, UpstreamRubbish
from sealmark.ledger import Entry
from sealmark.ledger.errors import LedgerError
from sealmark.marks.label import Label
from sealmark.review import review_streams

PATIENCE = 5.0  # seconds that our last words wait for a client that does not read


class Send(Protocol):
    """Takes bytes of a stream to the client; without `more` they are its last."""

    async def __call__(self, data: bytes, more: bool = True) -> None:
        """Send them."""
        ...


async def stream(stages: Stages, exchange: Exchange, send: Send) -> None:
    """Stream a chat to `send`; not a byte before the opening record is durable, no `[DONE]` before the closing one.

    What goes wrong before the first byte is raised; later it is told in the stream. Cancel it when the client leaves
    or the service stops: the upstream is let go and the exchange is closed as broken.
    """
    relay = _Relay(stages, exchange, send)
    try:
        await stages.review_input(exchange, CHAT)
        await relay.end(await relay.run())
    except asyncio.CancelledError:
        await asyncio.shield(relay.leave())
        raise


def _outcome(error: SealmarkError | None) -> Outcome:
    if error is None:
        return "released"
    return "refused" if isinstance(error, OutputBlocked | InlineMedium) else "broken"


class _Relay:
    """One stream on its way: pieces in, bytes out, and the digest of what was sent."""

    def __init__(self, stages: Stages, exchange: Exchange, send: Send) -> None:
        self._stages, self._exchange, self._send = stages, exchange, send
        head, self._marking = plan_of(exchange)
        self._pieces = Pieces(stages.library, head, self._marking)
        self._label: Label | None = None
        self._wire = sha256()
        self._opened: asyncio.Future[int] | None = None
        self._reading: asyncio.Future[Taken] | None = None
        self._closing = False
        self.began = False

    async def run(self) -> SealmarkError | None:
        """Relay until the end; returns what ended it before its time, or None."""
        stages, exchange = self._stages, self._exchange
        self._opened = opened = asyncio.ensure_future(stages.record(stages.recorder.opened(exchange)))
        exchange.recorded = True
        try:
            body = stages.upstream_body(exchange)
            async with (
                asyncio.timeout(stages.stream_seconds),
                stages.upstreams.stream(exchange.admitted_service, PATH, body) as events,
            ):
                await asyncio.shield(opened)  # a client that leaves must not take it along
                return await self._relay(events)
        except TimeoutError:
            return TooLong()
        except Exception as error:
            return fault(error)

    async def end(self, error: SealmarkError | None) -> None:
        """Close the record durably, and only then tell how it ended; what nobody was told yet is raised."""
        last = DONE if error is None else self._told(error) + DONE
        try:
            await self.close(_outcome(error), error)
        except SealmarkError as failure:  # unrecorded: the stream ends without [DONE]
            error, last = failure, self._told(failure)
        if error is not None and not self.began:
            raise error
        await self._say(last)

    async def leave(self) -> None:
        """The client left or the service stops: close what was opened; what was not is the caller's to record."""
        if self._opened is None:
            return
        error = ClientLeft() if self._exchange.left else Stopping()
        with suppress(SealmarkError):
            await self.close("broken", error)
        if self.began and not self._exchange.left:
            await self._say(self._told(error) + DONE)

    async def close(self, outcome: Outcome, error: SealmarkError | None) -> None:
        """Append the closing record, once; raises what the ledger failed with, and then offers it again."""
        await self._settled()
        if self._closing:
            return
        self._closing = True
        exchange, reviewed = self._exchange, self._pieces.reviewed()
        if reviewed:
            exchange.reviewed(review_streams(self._stages.library, reviewed))
        if self._pieces.blocked is not None:
            exchange.withheld = self._pieces.withheld()
        record = self._record(outcome, error)
        try:
            await self._stages.record(record)
        except LedgerError as failure:
            self._stages.backlog.put(record, failure)
            raise

    def _record(self, outcome: Outcome, error: SealmarkError | None) -> Entry:
        released = [choice.released for choice in self._pieces.choices.values()]
        items = [] if self._label is None else items_of(self._stages, self._label, self._marking, released)
        output, wire = kept(released, self._marking), self._wire.hexdigest()
        return self._stages.recorder.closed(self._exchange, outcome, items, output=output, error=error, wire=wire)

    async def _settled(self) -> None:
        """Wait for what no closing record may overtake: a review in progress, and the opening one.

        Without an opening record there is none to close: raises what it failed with, and the refusal is recorded.
        """
        assert self._opened is not None
        await asyncio.wait([one for one in (self._opened, self._reading) if one is not None])
        if (failure := self._opened.exception()) is not None:
            self._exchange.recorded = False
            raise fault(failure)

    async def _relay(self, events: AsyncIterator[list[bytes]]) -> SealmarkError | None:
        async for together in events:
            few = sum(map(len, together)) <= AT_ONCE
            out, done, error = self._take(together) if few else await self._take_beside(together)
            if out:
                await self._out(out)
            if error is not None:
                return error
            if self._pieces.blocked is not None:
                return OutputBlocked(risk=self._pieces.blocked.risk)
            if done:
                return None
        return None if self._pieces.complete else UpstreamBroken()

    async def _take_beside(self, together: list[bytes]) -> "Taken":
        """The same beside the loop; who is cancelled meanwhile lets it come to its end in `_settled`."""
        self._reading = asyncio.get_running_loop().run_in_executor(REVIEWERS, self._take, together)
        return await asyncio.shield(self._reading)

    def _take(self, together: list[bytes]) -> "Taken":
        """What may be sent of some events, whether `[DONE]` was among them, and what ended them before."""
        out: list[bytes] = []
        done = b"[DONE]" in together
        events = together[: together.index(b"[DONE]")] if done else together
        try:
            for read in condensed(map(self._parsed, events)):
                self._build(self._pieces.take(read), out)
                if self._pieces.blocked is not None:
                    return b"".join(out), False, None
            if done:
                self._build(self._pieces.rest(), out)
        except SealmarkError as error:  # what was built before it is recorded as sent, so it is sent
            return b"".join(out), False, error
        return b"".join(out), done, None

    def _build(self, piece: dict[str, Any] | None, out: list[bytes]) -> None:
        if piece is not None:
            out.append(self._labelled(piece))

    def _parsed(self, data: bytes) -> dict[str, Any]:
        try:
            piece = parsed(data)
        except (NotJson, TooIntricate) as error:
            raise UpstreamRubbish(**why("有一段不是 JSON", "a piece that is not JSON")) from error
        if "error" in piece:
            raise UpstreamBroken
        return piece

    def _labelled(self, piece: dict[str, Any]) -> bytes:
        """The event of a piece; the first one carries the label."""
        if self._label is None:
            self._label = self._stages.label()
            piece["aigc"] = envelope(self._label)
        return event(piece)

    def _told(self, error: SealmarkError) -> bytes:
        return event(error_body(error, self._exchange.incoming.language, self._exchange.id))

    async def _out(self, data: bytes) -> None:
        """Send, and only then count it as sent: a send that is given up has sent nothing."""
        self.began = True
        await self._send(data)
        self._wire.update(data)
        self._pieces.confirm()

    async def _say(self, data: bytes) -> None:
        """Send our last words, unless the client is gone or takes none."""
        with suppress(Exception):
            async with asyncio.timeout(PATIENCE):
                await self._send(data, more=False)


Taken = tuple[bytes, bool, SealmarkError | None]
