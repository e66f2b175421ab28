"""Services and switches: rows, seeded from one TOML, every change recorded (Art. 15, 17, 23)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from sealmark.registers.marking import classes, technologies
from sealmark.registers.models import ServiceRow
from sealmark.registers.service import NothingToApprove, Registers, Service, UnnamedOfficer, UnusableService
from sealmark.storage import outbox
from sealmark.storage.database import Database
from sealmark.storage.migrations import upgrade


@pytest.fixture
def registers(tmp_path: Path) -> Iterator[Registers]:
    database = Database(f"sqlite:///{tmp_path / 'sealmark.db'}")
    upgrade(database.engine)
    yield Registers(database)
    database.close()


def row(**given: Any) -> dict[str, Any]:
    return {
        "id": "chat",
        "model": "m",
        "operation": "chat",
        "zh": "对话",
        "en": "chat",
        "technology": 1,
        "upstream_url": "http://localhost/v1",
        "upstream_model": "u",
    } | given


def services(registers: Registers) -> list[Service]:
    with registers.database.transaction() as session:
        return registers.services(session)


def kinds(registers: Registers) -> list[str]:
    with registers.database.transaction() as session:
        return [orjson.loads(record)["kind"] for _, record in outbox.waiting(session)]


def test_seeding_again_changes_nothing(registers: Registers) -> None:
    """Only a real change leaves a record."""
    for _ in range(3):
        registers.seed({"service": [row()]})
    assert kinds(registers) == ["registers.service.registered"]
    assert services(registers)[0].marking_class == "17(5)"


def test_changes_and_withdrawals_are_recorded(registers: Registers) -> None:
    """A changed service, a withdrawn one, and a switch each leave their record."""
    registers.seed({"service": [row()]})
    registers.seed({"service": [row(en="talk")], "switches": {"identity.required_for": "publish"}})
    registers.seed({"service": []})
    assert kinds(registers)[1:] == [
        "registers.service.changed",
        "registers.switch.set",
        "registers.service.withdrawn",
    ]
    assert services(registers) == []


@pytest.mark.parametrize(
    "given",
    [
        {"operation": "dance"},
        {"technology": 7},
        {"marking_class": "17(6)"},
        {"flags": ["fun"]},
        {"marking_class": "other"},
        {"marking_class": "other", "reason": " "},
        {"marking_class": "other", "reason": "nobody's voice", "flags": ["biometric"]},
        {"explicit": {"corner": "middle"}},
        {"explicit": {"colour": "red"}},
        {"explicit": {"wording": "made by a machine"}},
        {"upstream_url": "ftp://x"},
        {"upstream_url": "http:///v1"},
        {"upstream_url": "http://:80/v1"},
        {"upstream_url": "http://host:99999/v1"},
        {"upstream_url": "http://host:0/v1"},
        {"upstream_url": "http://host:port/v1"},
        {"upstream_url": "http://[::1/v1"},
        {"upstream_url": "http://host/v1 HTTP/1.1"},
        {"upstream_url": "http://host/v1\r\nX-Other: y"},
        {"colour": "red"},
    ],
)
def test_an_unusable_service_is_refused_whole(registers: Registers, given: dict[str, Any]) -> None:
    """A mistake in the file changes no row."""
    with pytest.raises(UnusableService):
        registers.seed({"service": [row(id="fine", model="f"), row(**given)]})
    assert services(registers) == []


@pytest.mark.parametrize(
    "url", ["https://host/v1", "http://host:8000", "http://[::1]:8000/v1", "http://10.0.0.1:65535/"]
)
def test_an_upstream_may_be_anywhere_that_can_be_asked(registers: Registers, url: str) -> None:
    """A name, an address of either kind, with a port or without."""
    registers.seed({"service": [row(upstream_url=url)]})
    assert services(registers)[0].upstream_url == url


def test_a_row_that_a_newer_rule_refuses_can_be_corrected(registers: Registers) -> None:
    """What an older version let in is an error when read, and is mended by correcting the file."""
    registers.seed({"service": [row()]})
    with registers.database.transaction() as session:
        session.get_one(ServiceRow, "chat").upstream_url = "http://host:99999/v1"
    with pytest.raises(UnusableService):
        services(registers)
    registers.seed({"service": [row()]})
    assert services(registers) == [Service(**row())]


def test_an_unknown_switch_is_refused(registers: Registers) -> None:
    """A policy is one of the known values."""
    with pytest.raises(UnusableService):
        registers.seed({"switches": {"identity.required_for": "nobody"}})
    with pytest.raises(UnusableService):
        registers.seed({"switches": {"identity": "all"}})


def test_tools_of_article_15_need_their_assessment() -> None:
    """Biometric and special-object tools are unassessed until an assessment is named; others need none."""
    assert Service(**row()).assessed
    assert not Service(**row(flags=["biometric"])).assessed
    assert not Service(**row(flags=["special_objects"])).assessed
    assert Service(**row(flags=["biometric"], assessment="SA-2026-001")).assessed


def test_the_map_names_every_class_and_technology() -> None:
    """Five classes and the other of Article 17, six technologies of Article 23; only the other leaves a choice."""
    assert list(classes()) == ["17(1)", "17(2)", "17(3)", "17(4)", "17(5)", "other"]
    assert [one.id for one in classes().values() if one.explicit == "offered"] == ["other"]
    assert list(technologies()) == [1, 2, 3, 4, 5, 6]
    assert all(one.zh and one.en for one in classes().values())
    assert all(one.zh and one.en for one in technologies().values())


def test_an_approval_ends_with_what_it_was_given_for(registers: Registers) -> None:
    """Another reason, or another tool under the same reason, needs another approval; the old one comes back with it."""
    first = row(marking_class="other", reason="braille")
    registers.seed({"service": [first]})
    given = registers.approve_marking("chat", "officer 7")
    assert registers.approve_marking("chat", "officer 8").officer == "officer 7"
    for changed in ({"reason": "music"}, {"technology": 3}, {"flags": ["opinion"]}):
        registers.seed({"service": [first | changed]})
        assert claims(registers) == {given.claim}
        assert services(registers)[0].claim not in claims(registers)
    registers.seed({"service": [first | {"en": "another name"}]})
    assert services(registers)[0].claim in claims(registers)
    assert kinds(registers).count("registers.marking.approved") == 1


def claims(registers: Registers) -> set[str]:
    with registers.database.transaction() as session:
        return set(registers.approvals(session))


def test_only_a_reason_is_approved_and_by_somebody(registers: Registers) -> None:
    """A service of the first paragraph has nothing to approve, and nobody is no officer."""
    registers.seed({"service": [row()]})
    for name in ("chat", "nothing"):
        with pytest.raises(NothingToApprove):
            registers.approve_marking(name, "officer 7")
    with pytest.raises(UnnamedOfficer):
        registers.approve_marking("chat", "  ")
