"""`sealmark services`: what is offered, and the approval that class `other` needs."""

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.deployment import seed_text


@pytest.fixture
def seeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of a rehearsal whose services are `other`."""
    (tmp_path / "seed.toml").write_text(seed_text("http://127.0.0.1:9", reason="braille"), "utf-8")
    monkeypatch.setenv("SEALMARK_MODE", "rehearsal")
    monkeypatch.setenv("SEALMARK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SEALMARK_SEED_FILE", str(tmp_path / "seed.toml"))


@pytest.mark.usefixtures("seeded")
def test_an_approval_changes_what_items_get(call: Call) -> None:
    """Listed as 17(5) before the approval, as other after it, with who approved."""
    before = {row["id"]: row for row in call("services", "list", "--json").lines}
    assert before["chat"]["counts_as"] == "17(5)"
    assert before["chat"]["explicit"] == "always"
    assert call("services", "approve", "chat", "--officer", "officer 7").code == 0
    after = {row["id"]: row for row in call("services", "list", "--json").lines}
    assert (after["chat"]["counts_as"], after["chat"]["approved_by"]) == ("other", "officer 7")
    assert after["image"] == before["image"]


@pytest.mark.usefixtures("seeded")
def test_what_cannot_be_approved_is_said(call: Call) -> None:
    """An unknown service is unusable input, with the command that helps."""
    failed = call("services", "approve", "dance", "--officer", "officer 7")
    assert failed.code == 2
    assert "sealmark services list" in failed.err


@pytest.mark.usefixtures("seeded")
def test_the_list_is_read_by_people(call: Call) -> None:
    """One line a service with its class, its reason below."""
    shown = call("services", "list").out
    assert "Art. 23(1)" in shown
    assert "braille" in shown
