"""What the ledger keeps of an exchange.

The record itself names no person and holds no content: who asked, from where, and what was said lie sealed beside
it, bound to it by a salted digest (Art. 10, 16; design.md, section 6).
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import orjson

from sealmark.errors import Language, SealmarkError
from sealmark.items.events import Event as CopyEvent
from sealmark.items.finding import FindingKeys
from sealmark.items.sealed import seal
from sealmark.ledger import Entry, Opening
from sealmark.marks.label import Label
from sealmark.people.grants import Given
from sealmark.people.service import Holder, Standing
from sealmark.registers.marking import MarkingClass
from sealmark.registers.service import Operation, Service
from sealmark.review.decision import Decision, Review
from sealmark.storage.database import now
from sealmark.storage.keys import SubjectKey

SALT = 16  # bytes
LETTERS = b"abcdefghijklmnopqrstuvwxyz234567" * 8


FINDINGS = 100  # entries named in one record; more say nothing new, and a record has its bounds


What = Operation | Literal["propagation"]  # what an exchange is: of a service, or an item that passes through


class Event(StrEnum):
    """The closed list of record kinds of an exchange."""

    OPENED = "exchange.stream.opened"
    CLOSED = "exchange.answer.closed"
    REFUSED = "exchange.request.refused"
    UNAUTHENTICATED = "exchange.unauthenticated.counted"
    PUBLISHED = "exchange.item.published"
    UNPUBLISHED = "exchange.item.publishing_refused"
    STARTED = "exchange.house.started"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came in. `source` and `destination` are (address, port).

    `wants_mark`: the user asks for the explicit mark where it is a choice (Art. 17, second paragraph).
    """

    key: str
    reference: str | None
    source: tuple[str, int]
    destination: tuple[str, int]
    client: str
    language: Language
    wants_mark: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """What was released; `digest` is the SHA-256 of its bytes, which the record only commits to.

    `previous` is the label that it carried when it came from the upstream (labels.md 3.4, whose label it is);
    `edited_from` the label of what it was made from, where whoever made it says so.
    """

    medium: str
    format: str
    label: Label
    digest: str
    size: int
    marks: tuple[str, ...]
    finding_keys: tuple[bytes, ...] = ()
    previous: Label | None = None
    edited_from: Label | None = None

    @property
    def number(self) -> str:
        """The number that we gave it: of production, or of propagation where another made it."""
        return self.label.propagate_id

    def as_record(self, salt: bytes) -> dict[str, Any]:
        """The item as the record holds it."""
        return {
            "medium": self.medium,
            "format": self.format,
            "label": self.label.as_dict(),
            "digest": Opening(salt, self.digest).commitment,
            "bytes": self.size,
            "marks": list(self.marks),
            "previous": self.previous.as_dict() if self.previous else None,
        } | ({"edited_from": self.edited_from.as_dict()} if self.edited_from else {})


@dataclass(slots=True)
class Exchange:
    """One request and all that becomes of it."""

    operation: What
    incoming: Incoming
    id: str = field(default_factory=lambda: "ex-" + _random_name(16))
    receipt: str = field(default_factory=lambda: _random_name(16))
    salt: bytes = field(default_factory=lambda: os.urandom(SALT))
    started: datetime = field(default_factory=now)
    stream: bool = False
    body: dict[str, Any] = field(default_factory=dict)
    size: int = 0
    holder: Holder | None = None
    standing: Standing | None = None
    service: Service | None = None
    marking: MarkingClass | None = None
    reviews: list[Review] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    withheld: Any = None  # what was generated and not released, for whoever decides an appeal (Art. 10, 12)
    recorded: bool = False
    left: bool = False  # whether the client is gone

    def reviewed(self, decision: Decision) -> None:
        """Keep what a review found, without any of the words that it found."""
        self.reviews += decision.reviews
        self.findings += decision.as_record()["findings"][: FINDINGS - len(self.findings)]

    @property
    def admitted_service(self) -> Service:
        """The service that admission found."""
        assert self.service is not None
        return self.service

    @property
    def marked(self) -> bool:
        """Whether the items get their explicit mark: always, unless it is a choice that the user did not make."""
        return self.marking is None or self.marking.explicit == "always" or self.incoming.wants_mark

    @property
    def seal(self) -> SubjectKey:
        """The key that this exchange's contents lie under."""
        if self.standing is not None:
            return self.standing.seal
        assert self.holder is not None
        return self.holder.seal


class Recorder:
    """Makes the ledger's entries of exchanges."""

    def __init__(self, finding: FindingKeys) -> None:
        self.finding = finding

    def opened(self, exchange: Exchange) -> Entry:
        """A stream is about to begin: what was asked is safe before the first byte leaves."""
        record = self._record(Event.OPENED, exchange)
        return self._entry(exchange, record, {"input": exchange.body}, [self.finding.receipt(exchange.receipt)])

    def closed(
        self,
        exchange: Exchange,
        outcome: str,
        items: Sequence[Item],
        *,
        output: object = None,
        error: SealmarkError | None = None,
        wire: str | None = None,
        more: Mapping[str, object] | None = None,
    ) -> Entry:
        """An answer ended: `released`, `refused` or `broken`; `wire` is the digest of what was sent.

        `more` is said in the open besides: never a person's name, and no content. What is said after the record, an
        error and `[DONE]`, is not in it.
        """
        record = self._record(Event.CLOSED, exchange)
        record |= dict(more or {})
        record |= {"outcome": outcome, "items": [item.as_record(exchange.salt) for item in items]}
        digests = {f"items.{place}.digest": item.digest for place, item in enumerate(items)}
        if error is not None:
            record |= _fault(error)
        if wire is not None:
            record["wire"], digests["wire"] = Opening(exchange.salt, wire).commitment, wire
        secret = {"output": output, "salt": exchange.salt.hex(), "digests": digests}
        if exchange.withheld is not None:
            secret["withheld"] = exchange.withheld
        if not exchange.stream:
            secret["input"] = exchange.body
        keys = [self.finding.receipt(exchange.receipt)]
        for item in items:
            keys += [self.finding.number(item.number), *item.finding_keys]
        keys = list(dict.fromkeys(keys))
        return self._entry(exchange, record, secret, keys)

    def copied(self, exchange: Exchange, given: Given, items: Sequence[Item]) -> Entry:
        """A copy without explicit mark left under a grant; to whom it goes lies sealed beside it (Measures Art. 9).

        It is found by its bytes; by its number, the release that it is a copy of is found.
        """
        record = self._record(CopyEvent.COPY_RELEASED, exchange) | given.as_record()
        record |= {"outcome": "released", "items": [item.as_record(exchange.salt) for item in items]}
        digests = {f"items.{place}.digest": item.digest for place, item in enumerate(items)}
        secret = {"input": given.as_contents(), "salt": exchange.salt.hex(), "digests": digests}
        keys = [self.finding.receipt(exchange.receipt), *(key for item in items for key in item.finding_keys)]
        return self._entry(exchange, record, secret, list(dict.fromkeys(keys)))

    def refused(self, exchange: Exchange, error: SealmarkError) -> Entry:
        """An authenticated request that was refused before anything was generated (Art. 10)."""
        record = self._record(Event.REFUSED, exchange) | _fault(error)
        keys = [self.finding.receipt(exchange.receipt)]
        secret = {"input": exchange.body, "withheld": exchange.withheld}
        return self._entry(exchange, record, secret, keys)

    def unauthenticated(self, count: int, since: datetime) -> Entry:
        """How many requests came with no valid key; one record a minute, so that nobody fills the ledger."""
        record = {"v": 1, "kind": Event.UNAUTHENTICATED, "at": moment(now()), "since": moment(since), "count": count}
        return Entry(_canonical(record))

    def interrupted(self, opened: dict[str, Any], error: SealmarkError) -> Entry:
        """The closing record of a stream that a crash interrupted, given its opening one."""
        kept = ("exchange", "operation", "application", "service", "started", "stream")
        record = {name: opened[name] for name in kept} | _fault(error)
        record |= {
            "v": 1,
            "kind": Event.CLOSED,
            "at": moment(now()),
            "outcome": "broken",
            "items": [],
            "reviews": [],
            "findings": [],
        }
        return Entry(_canonical(record), keys=(self.finding.exchange(opened["exchange"]),))

    def publication(self, kind: Event, holder: Holder, fields: dict[str, object]) -> Entry:
        """What was decided about making an item public (Art. 9); who asked for which item lies sealed."""
        name = "pub-" + _random_name(16)
        part = seal(fields, holder.seal, name)
        record = {"v": 1, "kind": kind, "at": moment(now()), "exchange": name, "application": holder.id}
        record |= {"sealed": part.commitment, "code": fields.get("code"), "article": fields.get("article")}
        return Entry(_canonical(record), part.ciphertext, part.key_id, (self.finding.exchange(name),))

    def started(self, **fields: object) -> Entry:
        """The house started: which mode, version and library serve from here on."""
        record = {"v": 1, "kind": Event.STARTED, "at": moment(now()), **fields}
        return Entry(_canonical(record), keys=(self.finding.house(Event.STARTED),))

    def _record(self, kind: StrEnum, exchange: Exchange) -> dict[str, Any]:
        return {
            "v": 1,
            "kind": kind,
            "at": moment(now()),
            "exchange": exchange.id,
            "operation": exchange.operation,
            "stream": exchange.stream,
            "started": moment(exchange.started),
            "application": exchange.holder.id if exchange.holder else None,
            "service": exchange.service.id if exchange.service else None,
            "marking": exchange.marking.id if exchange.marking else None,
            "offered": not exchange.marked,
            "reviews": [review.as_record() for review in exchange.reviews],
            "findings": exchange.findings,
        }

    def _entry(self, exchange: Exchange, record: dict[str, Any], secret: dict[str, Any], keys: list[bytes]) -> Entry:
        part = seal(_who(exchange) | secret, exchange.seal, exchange.id)
        record["sealed"] = part.commitment
        keys = [self.finding.exchange(exchange.id), *keys]
        return Entry(_canonical(record), part.ciphertext, part.key_id, tuple(keys))


def moment(value: datetime) -> str:
    """A moment as records write it: UTC, milliseconds."""
    return value.isoformat(timespec="milliseconds")


def _who(exchange: Exchange) -> dict[str, Any]:
    """What a network log holds of a person (practice.md, assessment rules Art. 5(3))."""
    incoming = exchange.incoming
    return {
        "end_user": exchange.standing.id if exchange.standing else None,
        "named": incoming.reference,
        "source": incoming.source,
        "destination": incoming.destination,
        "client": incoming.client,
    }


def _fault(error: SealmarkError) -> dict[str, Any]:
    return {"code": error.code, "article": error.article}


def _canonical(record: dict[str, Any]) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def _random_name(size: int) -> str:
    """`size` random bytes in base 32, five bits of each letter from a byte of their own."""
    return secrets.token_bytes(-(-size * 8 // 5)).translate(LETTERS).decode()
