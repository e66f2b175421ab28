"""End users as the provider's staff see them."""

from datetime import timedelta

import pytest

from sealmark.people.errors import NoSuchApplication, NoSuchEndUser
from sealmark.people.roster import end_user, end_users
from sealmark.people.service import People
from sealmark.storage.database import now
from tests.people.test_service import NUMBER, application, people

__all__ = ["application", "people"]


def test_a_roster_shows_how_each_stands(people: People, application: str) -> None:
    """Name, identity, agreements and measures are those of the service; never the number."""
    for name in ("alice", "bob"):
        people.register(application, name)
    people.verify_identity(application, "alice", "resident_id", NUMBER)
    people.publish_agreement("1", "协议", "agreement")
    people.accept_agreement(application, "alice", "1")
    people.sanction(application, "bob", "warn", "once")
    alice, bob = end_users(people, application)
    assert (alice.reference, alice.identified, [version for version, _ in alice.accepted]) == ("alice", True, ["1"])
    assert [one.matched for one in alice.identities] == [True]
    assert (bob.reference, bob.identified, [one.kind for one in bob.in_force]) == ("bob", False, ["warn"])
    assert end_user(people, application, "bob").id == bob.id


def test_what_is_over_is_kept_but_not_in_force(people: People, application: str) -> None:
    """Every measure stays in the list; in force are those neither lifted nor over."""
    people.register(application, "alice")
    lifted = people.sanction(application, "alice", "suspend", "a")
    people.lift_sanction(lifted)
    people.sanction(application, "alice", "suspend", "b", ends_at=now() - timedelta(seconds=1))
    lasting = people.sanction(application, "alice", "warn", "c")
    shown = end_user(people, application, "alice")
    assert len(shown.sanctions) == 3
    assert [one.id for one in shown.in_force] == [lasting]


def test_a_destroyed_key_leaves_no_name(people: People, application: str) -> None:
    """Once the key is gone the name cannot be read by anyone; that there was somebody can."""
    reader = people.register(application, "alice")
    with people.database.transaction() as session:
        people.keys.destroy(session, people.registered(session, application, "alice").key_id)
    (shown,) = end_users(people, application)
    assert (shown.id, shown.reference) == (reader, None)


def test_who_is_unknown_is_said(people: People, application: str) -> None:
    """An application and an end user that are not registered each have their error."""
    with pytest.raises(NoSuchApplication):
        end_users(people, "nope")
    with pytest.raises(NoSuchEndUser):
        end_user(people, application, "nobody")
