"""Originals: encrypted under their end user's key, durable before the record, gone when their time is over."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from sealmark.items.finding import FindingKeys
from sealmark.items.models import Original
from sealmark.items.originals import PENDING, Made, NoOriginal, Originals
from sealmark.ledger import Entry, MemoryStore, Sequencer, Signer
from sealmark.storage import outbox
from sealmark.storage.database import Database, now
from sealmark.storage.keys import KeyUnavailable, MasterKey, SubjectKey, SubjectKeys
from sealmark.storage.migrations import upgrade
from sealmark.storage.objects import Objects, ObjectsUnavailable

MASTER = MasterKey(bytes(range(32)))
DATA = b"a picture that nobody has marked yet" * 100


class House:
    """The parts that keeping an original takes, on a folder of their own."""

    def __init__(self, folder: Path, days: int = 30) -> None:
        self.folder = folder / "objects"
        self.database = Database(f"sqlite:///{folder / 'sealmark.db'}")
        upgrade(self.database.engine)
        self.keys, self.finding = SubjectKeys(MASTER), FindingKeys(MASTER)
        self.store = MemoryStore("sealmark/test")
        self.sequencer = Sequencer(self.store, Signer("sealmark/test", bytes(32)))
        objects = Objects.open("", self.folder)
        self.originals = Originals(self.database, objects, self.keys, self.finding, self.store, days=days)

    def key(self, subject: str = "alice") -> SubjectKey:
        with self.database.transaction() as session:
            return self.keys.current(session, subject, "exchange")

    def release(self, number: str) -> None:
        """A record that released the item, as far as the sweep looks at it."""
        self.sequencer.append_soon(Entry(b"{}", keys=(self.finding.number(number),))).result()

    def age(self, by: timedelta) -> None:
        with self.database.transaction() as session:
            for row in session.scalars(select(Original)):
                row.created_at, row.kept_until = row.created_at - by, row.kept_until - by

    def rows(self) -> list[Original]:
        with self.database.transaction() as session:
            return list(session.scalars(select(Original)))

    def files(self) -> list[Path]:
        return list(self.folder.iterdir())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.sequencer.close()
    made.database.close()


def made(number: str = "R1") -> Made:
    return Made(number, "image", "png", "image/png", DATA)


def test_what_is_kept_opens_again_and_lies_encrypted(house: House) -> None:
    """The original comes back as it was; on disk nobody reads it, nor its number."""
    house.originals.keep("ex-1", house.key(), [made("R1"), made("R2")])
    assert house.originals.open("R2") == made("R2")
    assert house.originals.until("R1") > now() + timedelta(days=29)
    assert all(DATA[:36] not in file.read_bytes() for file in house.files())
    assert b"R1" not in Path(str(house.database.engine.url.database)).read_bytes()


def test_places_cannot_be_exchanged(house: House) -> None:
    """Each is bound to its exchange and place: another's bytes under its name do not open."""
    house.originals.keep("ex-1", house.key(), [made("R1"), made("R2")])
    first, second = (house.folder / row.name for row in house.rows())
    first.write_bytes(second.read_bytes())
    with pytest.raises(KeyUnavailable):
        house.originals.open("R1")


def test_the_key_s_end_is_the_original_s_end(house: House) -> None:
    """Who destroys an end user's key destroys what was kept of theirs."""
    key = house.key()
    house.originals.keep("ex-1", key, [made()])
    with house.database.transaction() as session:
        house.keys.destroy(session, key.id)
    with pytest.raises(KeyUnavailable):
        house.originals.open("R1")


def test_what_was_never_kept(house: House) -> None:
    """An unknown number, and one whose bytes are gone, are answers."""
    with pytest.raises(NoOriginal):
        house.originals.open("R9")
    house.originals.keep("ex-1", house.key(), [made()])
    house.files()[0].unlink()
    with pytest.raises(NoOriginal):
        house.originals.open("R1")


def test_nothing_is_kept_where_it_cannot_be(house: House) -> None:
    """A store that does not take it is an error before anything is recorded."""
    house.folder.rmdir()
    house.folder.write_bytes(b"")
    with pytest.raises(ObjectsUnavailable):
        house.originals.keep("ex-1", house.key(), [made()])


def test_the_sweep_deletes_what_is_over(house: House) -> None:
    """Expired: no row, no bytes, no copy, and a record says how many."""
    house.originals.keep("ex-1", house.key(), [made("R1"), made("R2")])
    house.release("R1")
    house.release("R2")
    assert house.originals.sweep() == (0, 0)
    house.age(timedelta(days=31))
    with pytest.raises(NoOriginal):
        house.originals.open("R1")
    assert house.originals.sweep() == (2, 0)
    assert (house.rows(), house.files()) == ([], [])
    with house.database.transaction() as session:
        (record,) = [orjson.loads(record) for _, record in outbox.waiting(session)]
    assert (record["kind"], record["expired"], record["unreleased"]) == ("items.originals.swept", 2, 0)
    assert house.originals.sweep() == (0, 0)


def test_the_sweep_deletes_what_no_record_released(house: House) -> None:
    """A crash between original and record leaves nothing behind; what was released is settled and stays."""
    house.originals.keep("ex-1", house.key(), [made("R1"), made("R2")])
    house.release("R2")
    house.age(PENDING)
    assert house.originals.sweep() == (0, 1)
    (row,) = house.rows()
    assert (row.settled, len(house.files())) == (True, 1)
    assert house.originals.open("R2") == made("R2")


def test_a_row_without_bytes_is_swept_too(house: House) -> None:
    """A crash between row and bytes."""
    house.originals.keep("ex-1", house.key(), [made()])
    house.files()[0].unlink()
    house.age(PENDING)
    assert house.originals.sweep() == (0, 1)
    assert house.rows() == []


def test_no_days_keep_nothing(tmp_path: Path) -> None:
    """0 days: the policy keeps no originals."""
    made_here = House(tmp_path, days=0)
    assert not made_here.originals.keeps
    made_here.sequencer.close()
    made_here.database.close()
