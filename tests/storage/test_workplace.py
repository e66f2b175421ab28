"""The workplace's database: migrations, transactions, keys, revisions, outbox, and its drain."""

import importlib
import pkgutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import sealmark
from sealmark.ledger import MemoryStore, Sequencer, Signer
from sealmark.storage import outbox, revisions
from sealmark.storage.database import Database, Table, now
from sealmark.storage.drain import Drain
from sealmark.storage.keys import KeyUnavailable, MasterKey, SubjectKeys, kept_until, period_end, period_of
from sealmark.storage.migrations import upgrade
from sealmark.storage.secret_file import SecretFileUnusable

MASTER = MasterKey(bytes(range(32)))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'sealmark.db'}")
    upgrade(made.engine)
    yield made
    made.close()


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    """No table, column or index differs between the migrated database and the rooms' models."""
    for module in pkgutil.walk_packages(sealmark.__path__, "sealmark."):
        if module.name.endswith((".models", ".keys", ".revisions", ".outbox")):
            importlib.import_module(module.name)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    """What is raised inside takes everything back."""

    def fails() -> None:
        with database.transaction() as session:
            revisions.bump(session, "people")
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    with database.transaction() as session:
        assert revisions.latest(session) == 0


def test_sqlite_is_durable(database: Database) -> None:
    """Every connection runs in WAL with synchronous FULL."""
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_naive_time_is_refused(database: Database) -> None:
    """A time without a zone has no meaning in a log."""
    with pytest.raises(Exception, match="zone"), database.transaction() as session:
        session.add(revisions.Revision(room="x", subject="", at=datetime(2026, 1, 1)))


def test_subject_keys_open_what_they_sealed_until_destroyed(database: Database) -> None:
    """One key for subject, purpose and half-year; once destroyed, nothing opens what lay under it."""
    keys = SubjectKeys(MASTER)
    with database.transaction() as session:
        key = keys.current(session, "alice", "exchange")
        assert keys.current(session, "alice", "exchange").id == key.id
        assert keys.current(session, "alice", "identity").id != key.id
        sealed = key.seal(b"secret", b"here")
    assert key.open(sealed, b"here") == b"secret"
    with pytest.raises(KeyUnavailable):
        key.open(sealed, b"there")
    with pytest.raises(KeyUnavailable):
        key.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), b"here")
    with database.transaction() as session:
        keys.destroy(session, key.id)
    with database.transaction() as session, pytest.raises(KeyUnavailable):
        keys.by_id(session, key.id)


def test_another_master_key_opens_nothing(database: Database) -> None:
    """Keys are wrapped by the deployment's master key alone."""
    with database.transaction() as session:
        key = SubjectKeys(MASTER).current(session, "alice", "exchange")
    with database.transaction() as session, pytest.raises(KeyUnavailable):
        SubjectKeys(MasterKey(bytes(32))).by_id(session, key.id)


def test_the_master_key_file(tmp_path: Path) -> None:
    """Made once, for its owner only; missing or short ones are errors."""
    path = tmp_path / "keys" / "master.key"
    first = MasterKey.from_file(path, create=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert MasterKey.from_file(path, create=True).look_up("x", b"y") == first.look_up("x", b"y")
    assert first.look_up("x", b"y") != first.look_up("z", b"y")
    with pytest.raises(SecretFileUnusable):
        MasterKey.from_file(tmp_path / "none.key", create=False)
    path.write_bytes(b"short")
    with pytest.raises(SecretFileUnusable):
        MasterKey.from_file(path, create=True)


def test_half_years() -> None:
    """Keys turn with the half-year."""
    june, july = datetime(2026, 6, 30, 23, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    assert (period_of(june), period_of(july)) == ("2026H1", "2026H2")
    assert (period_end(june), period_end(july)) == (july, datetime(2027, 1, 1, tzinfo=UTC))


def test_revisions_are_numbered_and_pruned(database: Database) -> None:
    """Numbers rise, and pruning never lets one repeat."""
    with database.transaction() as session:
        revisions.bump(session, "people", "alice")
        revisions.bump(session, "registers")
    with database.transaction() as session:
        seen = revisions.since(session, 0)
        assert [(room, subject) for _, room, subject in seen] == [("people", "alice"), ("registers", "")]
        assert revisions.since(session, seen[-1][0]) == []
        for row in session.query(revisions.Revision):
            row.at = now() - 2 * revisions.KEPT
    with database.transaction() as session:
        revisions.prune(session)
        assert revisions.latest(session) == seen[-1][0]
        assert len(revisions.since(session, 0)) == 1


def test_the_drain_brings_each_record_once(database: Database) -> None:
    """A crash between the ledger and the outbox brings no record twice."""
    store = MemoryStore("sealmark/test")
    sequencer = Sequencer(store, Signer("sealmark/test", bytes(32)))
    drain = Drain(database, MASTER, store, sequencer)
    with database.transaction() as session:
        for number in range(3):
            outbox.put(session, "people.test.done", number=number)
    with database.transaction() as session:
        before = outbox.waiting(session)
    assert drain.once() == 3
    with database.transaction() as session:  # as if the process had died before the outbox was cleared
        for identity, record in before[:2]:
            session.add(outbox.PendingRecord(id=identity, record=record, created_at=now()))
    assert drain.once() == 2
    assert drain.once() == 0
    sequencer.close()
    assert sorted(orjson.loads(row.record)["number"] for row in store.records(0, 9)) == [0, 1, 2]


@pytest.mark.parametrize("month", range(1, 13))
def test_keys_outlive_six_months(month: int) -> None:
    """What is sealed on any day of a half-year opens for six months at least (labelling Measures, Art. 9)."""
    for day in (1, 28):
        moment = datetime(2026, month, day, 23, tzinfo=UTC)
        assert kept_until(moment) >= period_end(moment) + timedelta(days=181)
        assert kept_until(moment) - moment >= timedelta(days=181)
