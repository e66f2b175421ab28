"""`sealmark applications` and `sealmark keys`, with and without a running server."""

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.deployment import Deployment, ask, deployed, seed_text, wait_for
from tests.upstream import ScriptedUpstream


@pytest.fixture
def rehearsal(tmp_path: Path, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of a rehearsal whose server never ran; its folder."""
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "seed.toml").write_text(seed_text(upstream.url), "utf-8")
    monkeypatch.setenv("SEALMARK_MODE", "rehearsal")
    monkeypatch.setenv("SEALMARK_DATA_DIR", str(folder / "data"))
    monkeypatch.setenv("SEALMARK_SEED_FILE", str(folder / "seed.toml"))
    return folder


def beside(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of a running deployment."""
    monkeypatch.setenv("SEALMARK_MODE", "rehearsal")
    monkeypatch.setenv("SEALMARK_DATA_DIR", str(deployment.settings.data_dir))


def answers(deployment: Deployment, key: str) -> int:
    """The status that a chat with this key gets."""
    with deployment.client(key) as client:
        return client.post("/v1/chat/completions", json=ask("a question")).status_code


def test_a_key_works_at_once_beside_the_server(
    call: Call, deployment: Deployment, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In rehearsal an application made while the server runs calls at once, and stops at once when it must."""
    beside(deployment, monkeypatch)
    upstream.says("Good morning to you.")
    (made,) = call("applications", "create", "by hand", "--json").lines
    (issued,) = call("keys", "issue", made["id"], "--json").lines
    assert answers(deployment, issued["key"]) == 200
    assert call("keys", "revoke", issued["id"]).code == 0
    wait_for(lambda: answers(deployment, issued["key"]) == 401)
    key = call("keys", "issue", made["id"]).out.strip()
    assert key.startswith("sk-seal-")
    assert answers(deployment, key) == 200
    assert call("applications", "disable", made["id"]).code == 0
    wait_for(lambda: answers(deployment, key) == 401)


def test_what_was_done_reaches_the_ledger(call: Call, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server drains what the command left: each change is a record."""
    beside(deployment, monkeypatch)
    (made,) = call("applications", "create", "recorded", "--shows-label", "--json").lines
    (issued,) = call("keys", "issue", made["id"], "--json").lines
    wait_for(lambda: any(record.get("key") == issued["id"] for record in deployment.records()))
    record = next(one for one in deployment.records() if one.get("application") == made["id"])
    assert record["shows_label"] is True
    assert issued["key"] not in str(deployment.records())


def test_before_the_first_start(call: Call, rehearsal: Path, upstream: ScriptedUpstream) -> None:
    """A workplace made by the command is what the server would have made: it starts on it, and the key works."""
    (made,) = call("applications", "create", "early", "--json").lines
    key = call("keys", "issue", made["id"]).out.strip()
    upstream.says("Good morning to you.")
    with deployed(rehearsal, upstream.url) as running:
        assert answers(running, key) == 200


def test_lists_show_state_and_never_keys(call: Call, rehearsal: Path) -> None:
    """Names and states; of a key its first letters only."""
    (made,) = call("applications", "create", "墨 ink", "--json").lines
    key = call("keys", "issue", made["id"]).out.strip()
    call("keys", "issue", made["id"])
    (first, second) = call("keys", "list", made["id"], "--json").lines
    assert (first["hint"], first["revoked_at"], second["application"]) == (key[8:12], None, made["id"])
    call("keys", "revoke", first["id"])
    shown = call("keys", "list", made["id"])
    assert shown.out.splitlines()[0].startswith(f"{first['id']}  sk-seal-{key[8:12]}…  revoked")
    assert shown.out.endswith("2 keys.\n")
    assert key not in shown.out
    call("applications", "disable", made["id"])
    refused = call("keys", "issue", made["id"])
    assert (refused.code, refused.out) == (2, "")
    assert "[people.application_disabled]" in refused.err
    listed = call("applications", "list")
    assert f"{made['id']}  墨 ink  disabled" in listed.out


def test_a_ledger_that_went_missing_is_not_replaced(call: Call, rehearsal: Path) -> None:
    """Where there was a workplace, a missing ledger is an error here as for the server."""
    call("applications", "create", "first")
    (rehearsal / "data" / "ledger-rehearsal.db").unlink()
    ended = call("applications", "create", "second")
    assert ended.code == 2
    assert "[ledger.missing]" in ended.err
    assert not (rehearsal / "data" / "ledger-rehearsal.db").exists()


def test_live_refuses_and_lists_the_gates(call: Call, tmp_path: Path) -> None:
    """No mode set means live, which is not to be had yet: every gate is named, and nothing is written."""
    ended = call("applications", "create", "x", "--data-dir", tmp_path / "live")
    assert ended.code == 2
    assert "[house.gates_missing]" in ended.err
    assert not (tmp_path / "live").exists()


def test_unknown_ids_are_answers(call: Call, rehearsal: Path) -> None:
    """An application or key that does not exist is said, with exit code 2."""
    for command in (("applications", "disable"), ("keys", "issue"), ("keys", "list"), ("keys", "revoke")):
        ended = call(*command, "nosuch")
        assert ended.code == 2
        assert "[people.no_such_" in ended.err
