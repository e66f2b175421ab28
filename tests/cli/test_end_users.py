"""`sealmark end-users`, beside a running server."""

import pytest

from tests.cli.conftest import Call
from tests.cli.test_applications import answers, beside
from tests.deployment import CHAT, IMAGE, Deployment, ask, wait_for
from tests.upstream import ScriptedUpstream


@pytest.fixture
def application(call: Call, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> str:
    """An application that the command line made beside the server, with one end user."""
    beside(deployment, monkeypatch)
    (made,) = call("applications", "create", "by hand", "--json").lines
    return str(made["id"])


@pytest.fixture
def key(call: Call, application: str) -> str:
    """Its key."""
    return str(call("keys", "issue", application, "--json").lines[0]["key"])


@pytest.fixture
def alice(deployment: Deployment, key: str) -> str:
    """An end user who may call."""
    with deployment.client(key) as client:
        identity = {"user": "alice", "document": "mobile", "number": "13800138001"}
        client.post("/api/end-users", json={"user": "alice"}).raise_for_status()
        client.post("/api/end-users/identity", json=identity).raise_for_status()
        client.post("/api/end-users/agreement", json={"user": "alice", "version": "2026-11"}).raise_for_status()
    return "alice"


def asked(deployment: Deployment, key: str, user: str) -> tuple[int, str]:
    """The status and the error's code that a chat of this end user gets."""
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask("a question", user=user))
    return answer.status_code, "" if answer.status_code == 200 else answer.json()["error"]["code"]


def test_a_sanction_stops_at_once_and_is_lifted_at_once(
    call: Call, deployment: Deployment, upstream: ScriptedUpstream, application: str, key: str, alice: str
) -> None:
    """A running server follows the command within its polls, in both directions; others are not touched (Art. 10)."""
    upstream.says("Good morning to you.")
    assert asked(deployment, key, alice) == (200, "")
    (made,) = call("end-users", "sanction", application, alice, "suspend", "--reason", "test", "--json").lines
    wait_for(lambda: asked(deployment, key, alice) == (403, "admission.sanctioned"))
    assert answers(deployment, key) == 200  # the application itself
    (shown,) = call("end-users", "show", application, alice, "--json").lines
    assert [(one["id"], one["in_force"]) for one in shown["sanctions"]] == [(made["id"], True)]
    assert call("end-users", "lift", made["id"]).code == 0
    wait_for(lambda: asked(deployment, key, alice) == (200, ""))
    wait_for(lambda: bool(deployment.records("people.sanction.lifted")))
    assert "test" not in str(deployment.records("people.sanction.imposed"))


def test_a_restriction_takes_away_what_it_names(
    call: Call, deployment: Deployment, upstream: ScriptedUpstream, application: str, key: str, alice: str
) -> None:
    """Restricted from pictures, one may still chat."""
    upstream.says("Good morning to you.")
    ended = call("end-users", "sanction", application, alice, "restrict", "--operation", "image", "--reason", "x")
    assert ended.code == 0
    with deployment.client(key) as client:
        picture = {"model": IMAGE, "prompt": "a lake", "user": alice}
        wait_for(lambda: client.post("/v1/images/generations", json=picture).status_code == 403)
        assert client.post("/v1/chat/completions", json={**ask("hi", user=alice), "model": CHAT}).status_code == 200


def test_the_list_shows_who_stands_how(call: Call, application: str, alice: str) -> None:
    """One line an end user, with identity and what is in force; no number of theirs."""
    call("end-users", "sanction", application, alice, "warn", "--reason", "rude", "--days", "7")
    shown = call("end-users", "list", application)
    assert "alice  identified  warned" in shown.out
    assert shown.out.endswith("2 end users.\n")
    whole = call("end-users", "show", application, alice)
    assert "mobile phone number  verified  sandbox" in whole.out
    assert "accepted agreement 2026-11" in whole.out
    assert "warned  rude  " in whole.out
    assert "13800138001" not in whole.out


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("sanction", "APP", "nobody", "warn", "--reason", "x"), "people.no_such_end_user"),
        (("sanction", "nosuch", "alice", "warn", "--reason", "x"), "people.no_such_application"),
        (("sanction", "APP", "alice", "shame", "--reason", "x"), "people.unknown_sanction"),
        (("sanction", "APP", "alice", "restrict", "--reason", "x"), "people.unusable_sanction"),
        (("sanction", "APP", "alice", "restrict", "--reason", "x", "--operation", "fly"), "cli.unknown_operation"),
        (("sanction", "APP", "alice", "warn"), "cli.usage"),
        (("lift", "nosuch"), "people.no_such_sanction"),
        (("show", "APP", "nobody"), "people.no_such_end_user"),
        (("list", "nosuch"), "people.no_such_application"),
    ],
)
def test_what_cannot_be_done_is_said(call: Call, application: str, given: tuple[str, ...], code: str) -> None:
    """Each in one line with its code, exit code 2."""
    ended = call("end-users", *(application if one == "APP" else one for one in given))
    assert (ended.code, ended.out) == (2, "")
    assert f"[{code}]" in ended.err
