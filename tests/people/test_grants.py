"""Grants: by agreement, with a recipient, for a bounded time and number of copies (labelling Measures, Art. 9)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from sealmark.people.errors import NoSuchEndUser
from sealmark.people.grant_errors import (
    GrantOver,
    LabellingAgreementPublished,
    LabellingAgreementRequired,
    NoSuchGrant,
    NoSuchLabellingAgreement,
)
from sealmark.people.grants import Grants, Terms
from sealmark.people.identity import SandboxVerifier
from sealmark.people.models import Grant
from sealmark.people.service import People
from sealmark.storage import outbox
from sealmark.storage.database import Database, now
from sealmark.storage.keys import MasterKey
from sealmark.storage.migrations import upgrade

TERMS = Terms("R12AB", "printing", "Otter Press", "editor@otter.example", copies=2)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    database = Database(f"sqlite:///{tmp_path / 'sealmark.db'}")
    upgrade(database.engine)
    yield People(database, MasterKey(bytes(range(32))), SandboxVerifier())
    database.close()


@pytest.fixture
def grants(people: People) -> Grants:
    made = Grants(people)
    made.publish_agreement("L1", "标识协议", "labelling agreement")
    return made


@pytest.fixture
def application(people: People) -> str:
    return people.create_application("test").id


@pytest.fixture
def alice(people: People, grants: Grants, application: str) -> str:
    """An end user who accepted the labelling agreement."""
    user = people.register(application, "alice")
    grants.accept_agreement(application, "alice", "L1")
    return user


def records(people: People) -> list[dict[str, object]]:
    with people.database.transaction() as session:
        return [orjson.loads(record) for _, record in outbox.waiting(session)]


def test_no_grant_without_the_agreement(people: People, grants: Grants, application: str) -> None:
    """Neither before they accepted any version, nor when another is in force."""
    user = people.register(application, "bob")
    with pytest.raises(LabellingAgreementRequired):
        grants.give(application, user, TERMS)
    grants.accept_agreement(application, "bob", "L1")
    grants.publish_agreement("L2", "新", "new")
    with pytest.raises(LabellingAgreementRequired):
        grants.give(application, user, TERMS)
    grants.accept_agreement(application, "bob", "L2")
    assert grants.give(application, user, TERMS).version == "L2"


def test_a_published_text_never_changes(grants: Grants) -> None:
    """The same text again is no error; another under the same version is."""
    grants.publish_agreement("L1", "标识协议", "labelling agreement")
    with pytest.raises(LabellingAgreementPublished):
        grants.publish_agreement("L1", "标识协议", "another")


def test_only_what_is_there_is_accepted(people: People, grants: Grants, application: str) -> None:
    """By a registered end user, of a published version; where none is published there is none to show."""
    with pytest.raises(NoSuchEndUser):
        grants.accept_agreement(application, "nobody", "L1")
    people.register(application, "bob")
    with pytest.raises(NoSuchLabellingAgreement):
        grants.accept_agreement(application, "bob", "L9")
    with people.database.transaction() as session:
        session.delete(session.get_one(type(grants.agreement()), "L1"))
    with pytest.raises(NoSuchLabellingAgreement):
        grants.agreement()


def test_copies_are_counted(grants: Grants, application: str, alice: str) -> None:
    """So many and no more; one that did not come about is given back."""
    grant = grants.give(application, alice, TERMS).id
    assert grants.take(grant).taken == 1
    grants.give_back(grant)
    assert [grants.take(grant).taken, grants.write(grant).taken] == [1, 2]
    assert grants.find(grant).state == "used"
    for use in (grants.take, grants.write, grants.usable):
        with pytest.raises(GrantOver, match="used up"):
            use(grant)


def test_a_grant_ends(people: People, grants: Grants, application: str, alice: str) -> None:
    """By its time, never beyond its original's; by revocation, at once."""
    soon = now() + timedelta(hours=1)
    bounded, plain = grants.give(application, alice, TERMS, until=soon), grants.give(application, alice, TERMS)
    assert (bounded.expires_at, plain.expires_at - plain.created_at) == (soon, timedelta(days=7))
    with people.database.transaction() as session:
        session.get_one(Grant, bounded.id).expires_at = now()
    with pytest.raises(GrantOver, match="time is over"):
        grants.take(bounded.id)
    grants.revoke(plain.id)
    grants.revoke(plain.id)
    with pytest.raises(GrantOver, match="revoked"):
        grants.take(plain.id)
    with pytest.raises(NoSuchGrant):
        grants.revoke("gr-none")
    assert [one.state for one in grants.all()] == ["expired", "revoked"]
    assert [record["kind"] for record in records(people)].count("people.grant.revoked") == 1


def test_the_recipient_is_sealed(people: People, grants: Grants, application: str, alice: str) -> None:
    """Staff read item, purpose and recipient; neither the database's file nor a record shows them."""
    given = grants.give(application, alice, TERMS)
    assert grants.find(given.id).terms == TERMS
    written = Path(str(people.database.engine.url.database)).read_bytes() + str(records(people)).encode()
    for secret in ("R12AB", "printing", "Otter", "otter.example"):
        assert secret.encode() not in written


def test_the_record_outlives_six_months(people: People, grants: Grants, application: str, alice: str) -> None:
    """The key that the recipient lies under is kept for six months at the least, whenever the grant was given."""
    given = grants.give(application, alice, TERMS)
    assert given.kept_until - given.created_at >= timedelta(days=181)
    with people.database.transaction() as session:
        people.keys.destroy(session, session.get_one(Grant, given.id).key_id)
    assert grants.find(given.id).terms.recipient == ""
