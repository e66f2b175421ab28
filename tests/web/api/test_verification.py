"""`POST /api/verify`: the verdict of the page and of the command line, for programs."""

import json
from pathlib import Path
from typing import Any

import pytest

import sealmark
from sealmark.cli import main
from sealmark.marks.label import Label, Tier
from tests.deployment import ITEM, Deployment, deployed
from tests.media import specimens
from tests.media.film_samples import h264
from tests.upstream import ScriptedUpstream

KEYS = [
    "file",
    "verdict",
    "layers",
    "label",
    "receipt",
    "known",
    "format",
    "warnings",
    "whole",
    "signature",
    "credential",
]


def verify(deployment: Deployment, data: bytes, name: str = "item.png", key: str = "", **fields: str) -> Any:
    with deployment.client(key) as client:
        return client.post("/api/verify", files={"file": (name, data)}, data=fields)


def test_the_verdict_is_the_command_lines(
    deployment: Deployment,
    key: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same keys in the same order, and the same values, for marked and unmarked, film and text."""
    monkeypatch.chdir(tmp_path)
    items = {
        "a.png": sealmark.mark(specimens.png()).data,
        "b.jpg": specimens.jpeg(),
        "c.mkv": h264(),
        "d.txt": "【AI生成】\n\n墨与纸。".encode(),
        "e.png": specimens.jpeg(),
    }
    for name, data in items.items():
        (tmp_path / name).write_bytes(data)
        main(["verify", name, "--json", "--data-dir", str(deployment.settings.data_dir)])
        answer = verify(deployment, data, name, key)
        assert answer.json() == json.loads(capsys.readouterr().out), name
        assert list(answer.json()) == KEYS
        assert answer.headers["cache-control"] == "no-store"


def test_what_we_released_is_known(deployment: Deployment, key: str) -> None:
    """A stranger learns that we released it, unchanged; the receipt opens with its own code only."""
    with deployment.client(key) as client:
        released = client.post("/api/items", files={"file": ("a.png", specimens.png())}, data={"model": ITEM}).content
    body = verify(deployment, released).json()
    assert (body["verdict"], body["known"]["unchanged"], body["receipt"]) == ("is", True, None)


def test_a_text_or_a_bare_body_will_do(deployment: Deployment) -> None:
    """A pasted text in a field, or the file as the body, with its type or its name in the address."""
    with deployment.client() as client:
        form = client.post("/api/verify", files={"text": (None, "【AI生成】\n\n墨与纸。")}).json()
        encoded = client.post("/api/verify", data={"text": "【AI生成】"})
        body = client.post("/api/verify?name=a.txt", content="【AI生成】\n\n墨与纸。".encode()).json()
    assert form["verdict"] == body["verdict"] == "suspected"
    assert (form["file"], body["file"]) == (None, "a.txt")
    assert (encoded.status_code, encoded.json()["code"]) == (400, "upload.unreadable_form")


@pytest.mark.parametrize(("said", "tier"), [("true", "may_be"), ("1", "may_be"), ("false", "none"), ("0", "none")])
def test_a_declaration_counts(deployment: Deployment, said: str, tier: str) -> None:
    """Measures Art. 6(2): what its user declares may be generated; a label says more than any declaration."""
    assert verify(deployment, specimens.png(), declaration=said).json()["verdict"] == tier
    labelled = sealmark.mark(specimens.png(), Label.first("x", "1", tier=Tier.SUSPECTED)).data
    assert verify(deployment, labelled, declaration=said).json()["verdict"] == "suspected"
    assert verify(deployment, specimens.png(), declaration="perhaps").json()["code"] == "exchange.unusable_request"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "media.empty"),
        (b"\0\1\2", 415, "media.unknown_format"),
        (specimens.png_header(30_000, 30_000), 413, "media.too_many_pixels"),
    ],
)
def test_what_cannot_be_looked_at_is_a_problem(deployment: Deployment, data: bytes, status: int, code: str) -> None:
    """Hostile items get a problem document, and nothing of them is kept."""
    answer = verify(deployment, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert not list(deployment.house.transit.iterdir())


def test_strangers_have_an_allowance_and_a_key_has_none(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """So many a minute for a stranger, who is told when to come back; a wrong key is no stranger's way around."""
    with deployed(tmp_path, upstream.url, verify_per_minute=3, body_limit=20_000) as running:
        key = running.new_key()
        assert [verify(running, specimens.png()).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = verify(running, specimens.png())
        assert refused.json()["code"] == "portal.too_many_visits"
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert [verify(running, specimens.png(), key=key).status_code for _ in range(6)] == [200] * 6
        assert verify(running, specimens.png(), key="sk-seal-wrong").status_code == 401
        assert [one for one in running.records() if one["kind"].startswith("exchange.answer")] == []


def test_who_has_a_key_may_send_larger_files(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """A stranger's file is bounded as on the page; an application's by `item_limit`."""
    with deployed(tmp_path, upstream.url, body_limit=20_000, item_limit=1_000_000) as running:
        large = specimens.wav(rate=48000) * 5
        assert 160_000 < len(large) < 1_000_000
        stranger = verify(running, large + bytes(300_000), "a.wav")
        assert (stranger.status_code, stranger.json()["code"]) == (413, "exchange.body_too_large")
        assert verify(running, large, "a.wav", running.new_key()).status_code == 200
