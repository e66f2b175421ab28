"""After a crash: every stream that was opened and never closed is closed as broken, before anything new begins."""

from collections.abc import Iterator

import orjson

from sealmark.errors import SealmarkError
from sealmark.exchange.record import Event, Recorder
from sealmark.ledger import Sequencer, Store


class Interrupted(SealmarkError):
    """The service stopped in the middle of this stream; recorded by the restart, never shown."""

    code = "exchange.interrupted"
    status = 503
    zh = "服务在回答途中中断。"
    en = "The service stopped in the middle of the answer."
    zh_next = "请重试。"
    en_next = "Try again."


def close_interrupted(store: Store, sequencer: Sequencer, recorder: Recorder) -> int:
    """Close what a crash interrupted since the house last started; returns how many streams that were."""
    orphans = [row for row in _opened(store, sequencer.size, recorder) if not _closed(store, recorder, row["exchange"])]
    waiting = [sequencer.append_soon(recorder.interrupted(row, Interrupted())) for row in orphans]
    for one in waiting:
        one.result()
    return len(orphans)


def _opened(store: Store, size: int, recorder: Recorder) -> Iterator[dict[str, str]]:
    started = store.find(recorder.finding.house(Event.STARTED))
    for row in store.records(started[-1] if started else 0, size):
        if Event.OPENED.encode() in row.record:
            record = orjson.loads(row.record)
            if record["kind"] == Event.OPENED:
                yield record


def _closed(store: Store, recorder: Recorder, exchange: str) -> bool:
    found = store.find(recorder.finding.exchange(exchange))
    return any(orjson.loads(store.record(index).record)["kind"] == Event.CLOSED for index in found)
