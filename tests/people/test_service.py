"""Applications, keys, end users, identity, agreements, sanctions: each change with its record and revision."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from sealmark.people.errors import (
    AgreementPublished,
    ApplicationDisabled,
    NoSuchAgreement,
    NoSuchApplication,
    NoSuchEndUser,
    NoSuchKey,
    NoSuchSanction,
    RehearsalFull,
    UnknownSanction,
    UnusableName,
    UnusableReference,
    UnusableSanction,
)
from sealmark.people.identity import Document, Outcome, SandboxVerifier
from sealmark.people.service import REHEARSAL_END_USERS, People, Standing, key_digest
from sealmark.storage import outbox, revisions
from sealmark.storage.database import Database, now
from sealmark.storage.keys import MasterKey
from sealmark.storage.migrations import upgrade

NUMBER = "11010519491231002X"


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """The room on a database of its own."""
    database = Database(f"sqlite:///{tmp_path / 'sealmark.db'}")
    upgrade(database.engine)
    yield People(database, MasterKey(bytes(range(32))), SandboxVerifier())
    database.close()


@pytest.fixture
def application(people: People) -> str:
    return people.create_application("测试应用").id


def standing(people: People, application: str, reference: str = "alice") -> Standing:
    with people.database.transaction() as session:
        found = people.standing(session, application, reference)
    assert found is not None
    return found


def kinds(people: People) -> list[str]:
    with people.database.transaction() as session:
        return [orjson.loads(record)["kind"] for _, record in outbox.waiting(session)]


def test_a_key_finds_its_application_until_revoked(people: People, application: str) -> None:
    """A key works from its issue to its revocation, and only its digest is kept."""
    key = people.issue_key(application)
    assert len(key) >= 43 + len("sk-seal-")  # 256 bits
    with people.database.transaction() as session:
        holder = people.holder(session, key_digest(key))
    assert holder is not None
    assert holder.id == application
    people.revoke_key(people.api_keys(application)[0].id)
    with people.database.transaction() as session:
        assert people.holder(session, key_digest(key)) is None
    assert key.encode() not in Path(str(people.database.engine.url.database)).read_bytes()


def test_a_disabled_application_has_no_working_key(people: People, application: str) -> None:
    """Disabling refuses every key at once."""
    key = people.issue_key(application)
    people.disable_application(application)
    with people.database.transaction() as session:
        assert people.holder(session, key_digest(key)) is None


def test_a_disabled_application_gets_no_key(people: People, application: str) -> None:
    """A key that no call could use is not issued, and no record says that one was."""
    people.disable_application(application)
    with pytest.raises(ApplicationDisabled):
        people.issue_key(application)
    assert people.api_keys(application) == []
    assert "people.key.issued" not in kinds(people)


def test_identity_values_lie_only_encrypted(people: People, application: str, tmp_path: Path) -> None:
    """Neither the number nor the name that the application gives stands anywhere in the database's files."""
    people.register(application, "alice@example.com")
    assert people.verify_identity(application, "alice@example.com", "resident_id", NUMBER)
    people.database.close()
    for file in tmp_path.iterdir():
        data = file.read_bytes()
        assert NUMBER.encode() not in data
        assert b"alice@example.com" not in data


def test_standing_follows_what_happened(people: People, application: str) -> None:
    """Registered, identified, agreed, suspended, lifted: admission sees each."""
    people.register(application, "alice")
    assert (standing(people, application).identified, standing(people, application).agreed) == (False, None)
    assert not people.verify_identity(application, "alice", "mobile", "13800130000")
    assert not standing(people, application).identified
    assert people.verify_identity(application, "alice", "mobile", "13800138001")
    assert standing(people, application).identified
    people.publish_agreement("1", "协议", "agreement")
    people.accept_agreement(application, "alice", "1")
    assert standing(people, application).agreed == "1"
    with pytest.raises(AgreementPublished):
        people.publish_agreement("1", "另一文本", "another text")
    people.publish_agreement("2", "新协议", "new agreement")
    assert standing(people, application).agreed is None
    sanction = people.sanction(application, "alice", "suspend", "because")
    assert standing(people, application).stopped == "suspend"
    people.lift_sanction(sanction)
    assert standing(people, application).stopped is None


def test_a_sanction_ends_at_its_time(people: People, application: str) -> None:
    """A sanction that is over does not stop anyone; one that will be over says when to look again."""
    people.register(application, "alice")
    people.sanction(application, "alice", "suspend", "short", ends_at=now() - timedelta(seconds=1))
    assert standing(people, application).stopped is None
    soon = now() + timedelta(hours=1)
    people.sanction(application, "alice", "restrict", "no pictures", operations=("image",), ends_at=soon)
    found = standing(people, application)
    assert (found.restricted, found.stale_at) == (frozenset({"image"}), soon)


def test_going_live_voids_what_the_sandbox_agreed_to(people: People, application: str) -> None:
    """With a real verifier, an identity that only the sandbox saw counts for nothing."""

    class Authority:
        name, sandbox = "authority", False

        def verify(self, document: Document, number: str) -> Outcome:
            return Outcome(True)

    people.register(application, "alice")
    people.verify_identity(application, "alice", "mobile", "13800138001")
    live = People(people.database, people.master, Authority())
    assert not standing(live, application).identified
    live.verify_identity(application, "alice", "mobile", "13800138001")
    assert standing(live, application).identified


def test_every_change_leaves_a_record_and_a_revision(people: People, application: str) -> None:
    """What happened waits for the ledger in the transaction that made it, and is numbered for the workers."""
    people.issue_key(application)
    people.register(application, "alice")
    people.register(application, "alice")
    people.verify_identity(application, "alice", "mobile", "13800138001")
    assert kinds(people) == [
        "people.application.created",
        "people.key.issued",
        "people.end_user.registered",
        "people.identity.checked",
    ]
    with people.database.transaction() as session:
        assert [room for _, room, _ in revisions.since(session, 0)] == ["people"] * 4


def test_records_name_nobody(people: People, application: str) -> None:
    """No reference and no number stands in a record that waits for the ledger."""
    people.register(application, "alice@example.com")
    people.verify_identity(application, "alice@example.com", "resident_id", NUMBER)
    with people.database.transaction() as session:
        whole = b"".join(record for _, record in outbox.waiting(session))
    assert b"alice" not in whole
    assert NUMBER.encode() not in whole


@pytest.mark.parametrize("reference", ["", "x" * 257])
def test_an_unusable_reference_is_refused(people: People, application: str, reference: str) -> None:
    """A name has 1 to 256 characters."""
    with pytest.raises(UnusableReference):
        people.register(application, reference)


def test_what_is_unknown_is_named(people: People, application: str) -> None:
    """Each unknown thing has its own error."""
    with pytest.raises(NoSuchApplication):
        people.issue_key("nope")
    with pytest.raises(NoSuchEndUser):
        people.verify_identity(application, "nobody", "mobile", "13800138001")
    people.register(application, "alice")
    with pytest.raises(NoSuchAgreement):
        people.accept_agreement(application, "alice", "nope")
    with pytest.raises(UnknownSanction):
        people.sanction(application, "alice", "shame", "no")
    with pytest.raises(NoSuchSanction):
        people.lift_sanction("nope")
    with pytest.raises(NoSuchKey):
        people.revoke_key("nope")
    with pytest.raises(NoSuchApplication):
        people.sanction("nope", "alice", "warn", "no")


@pytest.mark.parametrize("name", ["", "  "])
def test_an_application_has_a_name(people: People, name: str) -> None:
    """Blanks are no name."""
    with pytest.raises(UnusableName):
        people.create_application(name)


@pytest.mark.parametrize(("kind", "operations"), [("restrict", ()), ("warn", ("image",)), ("suspend", ("chat",))])
def test_a_restriction_says_from_what(people: People, application: str, kind: str, operations: tuple[str, ...]) -> None:
    """A restriction from nothing would be none, and a warning that restricts would be more than it says (Art. 10)."""
    people.register(application, "alice")
    with pytest.raises(UnusableSanction):
        people.sanction(application, "alice", kind, "no", operations=operations)
    assert standing(people, application).restricted == frozenset()


def test_a_rehearsal_stays_small(people: People, application: str) -> None:
    """With sandbox identity only a few end users can be registered."""
    for number in range(REHEARSAL_END_USERS):
        people.register(application, f"user-{number}")
    with pytest.raises(RehearsalFull):
        people.register(application, "one more")
    people.register(application, "user-0")
