"""What we know of our own items: a stranger learns that we released it; a receipt's code opens who, when and what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from sealmark.errors import SealmarkError
from sealmark.items import texts
from sealmark.items.finding import FindingKeys
from sealmark.items.sealed import unseal
from sealmark.ledger import Opening, Store, prove
from sealmark.marks.label import Label
from sealmark.marks.verifier import Known
from sealmark.media.pieces import Buffer
from sealmark.storage.database import Database
from sealmark.storage.keys import SubjectKeys

CODE_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyz234567")
Record = dict[str, Any]


class UnknownReceipt(SealmarkError):
    """No record answers to this receipt code."""

    code = "items.unknown_receipt"
    status = 404
    zh = "没有与该凭证码对应的记录。"
    en = "No record answers to this receipt code."
    zh_next = "请核对凭证码；它在回答的 X-Sealmark-Receipt 头中。"
    en_next = "Check the code; it stands in the answer's header X-Sealmark-Receipt."


@dataclass(frozen=True, slots=True)
class Opened:
    """What a receipt's code opens: one exchange, as its end user may see it."""

    exchange: str
    operation: str
    service: str | None
    outcome: str
    at: datetime
    end_user: str | None
    named: str | None
    source: str
    client: str
    asked: Any
    answered: Any
    code: str | None
    items: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """How the items under one production number were released: to whom, under which label, with which marks.

    `output` is what the record keeps of texts; see `items.texts`.
    """

    application: str
    end_user: str | None
    operation: str
    label: Label
    items: tuple[Record, ...]
    output: Any

    @property
    def marked(self) -> bool:
        """Whether any of the items bears an explicit mark."""
        return any(mark.partition(":")[0] == "explicit" for item in self.items for mark in item["marks"])


class ItemRegistry:
    """Finds items in the ledger by number, bytes, text or receipt code."""

    def __init__(self, store: Store, database: Database, keys: SubjectKeys, finding: FindingKeys) -> None:
        self._store, self._database, self._keys, self._finding = store, database, keys, finding

    # what anybody may know (marks.verifier.Registry)

    def by_number(self, produce_id: str) -> Known | None:
        """The item released under a number of ours: of production, or of propagation where another made it."""
        return self._known(self._finding.number(produce_id), lambda item: _number(item) == produce_id)

    def by_bytes(self, data: Buffer) -> Known | None:
        """The item whose released bytes are exactly these."""
        return self._known(self._finding.file(data), lambda item: item["bytes"] == len(data))

    def by_text(self, text: str) -> Known | None:
        """The item whose released text is this one after folding, with its visible mark or without."""
        keys = self._finding.texts([text])
        return self._known(keys[0], lambda item: item["medium"] == "text") if keys else None

    def released_to(self, produce_id: str) -> tuple[str | None, str | None]:
        """The application and the end user that an item was released to; (None, None) if it never was."""
        for index in reversed(self._store.find(self._finding.number(produce_id))):
            record = self._record(index)
            return record["application"], self._contents(index, record["exchange"]).get("end_user")
        return None, None

    def release(self, produce_id: str) -> Release | None:
        """How an item was released; None if it never was, or not as a whole answer."""
        for index in reversed(self._store.find(self._finding.number(produce_id))):
            record = self._record(index)
            items = tuple(item for item in record.get("items", ()) if item["label"]["ProduceID"] == produce_id)
            if items and record["outcome"] == "released":
                contents = self._contents(index, record["exchange"])
                return Release(
                    application=record["application"],
                    end_user=contents.get("end_user"),
                    operation=record["operation"],
                    label=Label.of(items[0]["label"]),
                    items=items,
                    output=contents.get("output"),
                )
        return None

    # what only the holder of the receipt's code may know

    def opened(self, code: str) -> Opened | None:
        """Who, when and what was asked, for the holder of a receipt's code; None when no record answers to it."""
        index = self._index(code)
        if index is None:
            return None
        record = self._record(index)
        last = self._record(self._store.find(self._finding.exchange(record["exchange"]))[-1])
        contents = self._contents(index, record["exchange"]) | self._asked_earlier(index, record["exchange"])
        return Opened(
            exchange=record["exchange"],
            operation=record["operation"],
            service=record["service"],
            outcome=last.get("outcome", "open" if record["kind"].endswith(".opened") else "refused"),
            at=datetime.fromisoformat(last["at"]),
            end_user=contents.get("end_user"),
            named=contents.get("named"),
            source=":".join(map(str, contents.get("source", ()))),
            client=contents.get("client", ""),
            asked=contents.get("input"),
            answered=texts.released(contents.get("output")),
            code=last.get("code"),
            items=tuple(record.get("items", ())),
        )

    def receipt(self, code: str) -> str | None:
        """The receipt as text that anyone can check offline; it opens the digests of what was released."""
        index = self._index(code)
        if index is None:
            return None
        record = self._record(index)
        contents = self._contents(index, record["exchange"])
        salt, digests = bytes.fromhex(contents.get("salt", "")), contents.get("digests", {})
        openings = {place: Opening(salt, digest) for place, digest in digests.items()}
        return prove(self._store, index, openings).to_json()

    def _index(self, code: str) -> int | None:
        code = code.strip().lower()
        if not code or not CODE_ALPHABET.issuperset(code):
            return None
        found = self._store.find(self._finding.receipt(code))
        return found[-1] if found else None

    def _known(self, key: bytes, fits: Any) -> Known | None:
        for index in reversed(self._store.find(key)):
            for item in self._record(index).get("items", ()):
                if fits(item):
                    return Known(_number(item), label=Label.of(item["label"]))
        return None

    def _record(self, index: int) -> Record:
        record: Record = orjson.loads(self._store.record(index).record)
        return record

    def _contents(self, index: int, exchange: str) -> Record:
        part = self._store.sealed(index)
        if part is None:
            return {}
        with self._database.transaction() as session:
            key = self._keys.by_id(session, part.key_id)
        return unseal(part.ciphertext, key, exchange)

    def _asked_earlier(self, index: int, exchange: str) -> Record:
        """A stream's opening record holds what was asked."""
        for other in self._store.find(self._finding.exchange(exchange)):
            if other != index and "input" in (contents := self._contents(other, exchange)):
                return {"input": contents["input"]}
        return {}


def _number(item: Record) -> str:
    """The number that we gave an item; of one that we made both numbers are the same (Annex E, note 1)."""
    number: str = item["label"]["PropagateID"]
    return number
