"""The books must agree: requests sent, labels read back, records in the ledger, reviews in the records."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.gateway.answers import Wrong
from benchmarks.gateway.terms import VERSION
from benchmarks.gateway.texts import ANSWER, QUESTION
from sealmark.ledger import Signer, audit
from sealmark.marks.label import Label
from sealmark.settings import Settings
from sealmark.storage.keys import MasterKey
from sealmark.storage.ledger import LedgerStore

OPENED, CLOSED, REFUSED = "exchange.stream.opened", "exchange.answer.closed", "exchange.request.refused"


@dataclass(slots=True)
class Sent:
    """What was sent to Sealmark, warm-up included, and the labels of its answers."""

    chats: int = 0
    streams: int = 0
    refused_inputs: int = 0
    refused_chats: int = 0
    refused_streams: int = 0
    labels: list[Label] = field(default_factory=list)


def check_books(settings: Settings, sent: Sent) -> str:
    """One line that says what agreed; raises `Wrong` with everything that does not."""
    store = LedgerStore.open(settings.ledger_path, readonly=True)
    try:
        signer = Signer(
            settings.origin, MasterKey.from_file(settings.data_dir / "master.key", create=False).ledger_seed
        )
        report = audit(store, [signer.verifier])
        records = [orjson.loads(row.record) for row in store.records(0, report.records)]
    finally:
        store.close()
    exchanges = [record for record in records if "exchange" in record]
    released = [record for record in exchanges if record.get("outcome") == "released"]
    wrong = [finding.text("en") for finding in report.findings]
    wrong += [*_counts(exchanges, sent), *_labels(released, sent), *_pairs(exchanges), *_reviews(released)]
    if wrong:
        raise Wrong("the books do not agree:\n  " + "\n  ".join(wrong))
    reviews = sum(len(record["reviews"]) for record in released)
    return (
        f"{sent.chats + sent.streams:,} requests = {len(sent.labels):,} labels read back = {len(released):,} closed"
        f" records, {reviews:,} reviews passed, {sent.streams:,} streams opened and closed; the ledger's"
        f" {report.records:,} records verify"
    )


def _counts(exchanges: list[dict[str, Any]], sent: Sent) -> Iterable[str]:
    found = Counter((record["kind"], record.get("outcome"), record.get("stream")) for record in exchanges)
    due: dict[tuple[Any, ...], int] = {
        (CLOSED, "released", False): sent.chats,
        (CLOSED, "released", True): sent.streams,
        (CLOSED, "refused", True): sent.refused_streams,
        (OPENED, None, True): sent.streams + sent.refused_streams,
    }
    refused = sum(count for (kind, _, _), count in found.items() if kind == REFUSED)
    if refused != sent.refused_inputs + sent.refused_chats:
        yield f"{refused} refusals recorded, {sent.refused_inputs + sent.refused_chats} made"
    for name in due.keys() | {name for name in found if name[0] != REFUSED}:
        if found[name] != due.get(name, 0):
            yield f"{found[name]} records {name}, {due.get(name, 0)} requests"


def _labels(released: list[dict[str, Any]], sent: Sent) -> Iterable[str]:
    recorded = Counter(item["label"]["ProduceID"] for record in released for item in record["items"])
    read = Counter(label.produce_id for label in sent.labels)
    if recorded != read:
        yield f"{len(recorded)} production numbers in the records, {len(read)} read back from the answers"
    if max(read.values()) > 1:
        yield f"a production number stands in {max(read.values())} answers"


def _pairs(exchanges: list[dict[str, Any]]) -> Iterable[str]:
    """Each stream has its opening record before its closing one, and nothing else."""
    kinds: dict[str, list[str]] = {}
    for record in exchanges:
        if record.get("stream") and record["kind"] != REFUSED:
            kinds.setdefault(record["exchange"], []).append(record["kind"])
    unpaired = sum(found != [OPENED, CLOSED] for found in kinds.values())
    if unpaired:
        yield f"{unpaired} streams without their pair of records"


def _reviews(released: list[dict[str, Any]]) -> Iterable[str]:
    """Each released answer was reviewed twice, by the library of this run, whole, and passed."""
    due = [len(QUESTION), len(ANSWER)]
    failed = 0
    for record in released:
        reviews = record["reviews"]
        seen = [review["coverage"]["characters"] for review in reviews]
        passed = all(one["result"] == "pass" and one["version"].startswith(VERSION + "@") for one in reviews)
        whole = len(seen) == len(due) and all(characters >= least for characters, least in zip(seen, due, strict=True))
        failed += not (passed and whole)
    if failed:
        yield f"{failed} released answers without their two passed reviews of at least {due} characters"
