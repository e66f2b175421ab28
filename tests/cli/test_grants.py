"""`sealmark grants`, and `sealmark mark --grant`: copies without explicit mark on the command line."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

import sealmark
from sealmark.marks import surfaces
from tests.cli.conftest import Call
from tests.deployment import IMAGE, Deployment, deployed
from tests.media import specimens
from tests.upstream import ScriptedUpstream

USER = "(application)"


@pytest.fixture
def running(tmp_path: Path, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.setenv("SEALMARK_DATA_DIR", str(tmp_path / "data"))
    with deployed(tmp_path, upstream.url) as made:
        yield made


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """What the generator made."""
    path = tmp_path / "made.png"
    path.write_bytes(specimens.png())
    return path


@pytest.fixture
def grant(running: Deployment, upstream: ScriptedUpstream, original: Path) -> dict[str, str]:
    """A grant of two copies of a released picture, as the API shows it."""
    upstream.answers({"created": 1, "data": [{"b64_json": base64.b64encode(original.read_bytes()).decode()}]})
    with running.client(running.new_key()) as client:
        answer = client.post("/v1/images/generations", json={"model": IMAGE, "prompt": "a hill"}).json()
        client.post("/api/end-users/labelling-agreement", json={"user": USER, "version": "L1"}).raise_for_status()
        number = answer["aigc"]["ProduceID"]
        asked = {"user": USER, "produce_id": number, "purpose": "print", "recipient": "Otter", "contact": "o@otter"}
        found: dict[str, str] = client.post("/api/grants", json=asked | {"copies": 2}).json()
    return found


def test_staff_see_grants_and_revoke_them(call: Call, running: Deployment, grant: dict[str, str]) -> None:
    """Who gets what, for what, until when; revoked, it is of no more use."""
    (row,) = call("grants", "list", "--json").lines
    assert (row["id"], row["state"], row["produce_id"]) == (grant["id"], "open", grant["produce_id"])
    shown = call("grants", "show", grant["id"]).out
    assert "Otter" in shown
    assert "0 of 2 taken" in call("grants", "list").out
    assert call("grants", "revoke", grant["id"]).code == 0
    assert call("grants", "show", grant["id"], "--json").lines[0]["state"] == "revoked"
    failed = call("grants", "show", "gr-none")
    assert (failed.code, "[grants.unknown]" in failed.err) == (2, True)


def test_a_grant_writes_the_item_s_copy(
    call: Call, running: Deployment, grant: dict[str, str], original: Path, tmp_path: Path
) -> None:
    """The released item's own label, no explicit mark, one copy counted and on record; no more than were granted."""
    (line,) = call("mark", original, "-o", "out", "--grant", grant["id"], "--json").lines
    assert (line["layers"], line["label"]["ProduceID"]) == (["metadata"], grant["produce_id"])
    written = (tmp_path / "out" / "made.png").read_bytes()
    verdict = sealmark.verify(written, registry=running.house.items)
    assert (verdict.tier, verdict.layers["explicit"].state) == ("is", "none")
    running.house.drain.once()
    assert running.records("items.copy.written")[-1]["grant"] == grant["id"]
    assert call("mark", original, "-o", "two", "--grant", grant["id"]).code == 0
    ended = call("mark", original, "-o", "three", "--grant", grant["id"])
    assert (ended.code, "[grants.over]" in ended.err) == (2, True)
    assert not (tmp_path / "three").exists()


def test_a_grant_is_for_its_item(
    call: Call, running: Deployment, grant: dict[str, str], sound: Path, tmp_path: Path
) -> None:
    """Another medium is refused and not counted; nothing is left in the folder."""
    ended = call("mark", sound, "-o", "out", "--grant", grant["id"])
    assert (ended.code, "[grants.another_item]" in ended.err) == (2, True)
    assert list((tmp_path / "out").iterdir()) == []
    assert running.house.grants.find(grant["id"]).taken == 0


@pytest.mark.parametrize("name", ["picture.png", "sound.wav"])
def test_without_a_grant_the_explicit_mark_stays(
    call: Call, picture: Path, sound: Path, tmp_path: Path, name: str
) -> None:
    """`--layers metadata` is refused where a format can bear both, with the law and the way named."""
    ended = call("mark", name, "-o", "out", "--layers", "metadata")
    assert ended.code == 2
    for told in ("[grants.required]", "Article 9 of the labelling Measures", "--grant", "POST /api/grants"):
        assert told in " ".join(ended.err.split())
    assert list((tmp_path / "out").iterdir()) == []


def test_a_format_without_explicit_mark_takes_metadata_alone(
    call: Call, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot bear one is not refused."""
    monkeypatch.setattr(surfaces, "of", lambda _: None)
    (line,) = call("mark", picture, "-o", "out", "--layers", "metadata", "--json").lines
    assert line["layers"] == ["metadata"]


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_grant_that_nobody_gave(call: Call, picture: Path, tmp_path: Path, folder: str) -> None:
    """Without a deployment there is no grant, and none is laid out for the sake of it."""
    ended = call("mark", picture, "-o", "out", "--grant", "gr-none", *(["--data-dir", folder] if folder else []))
    assert (ended.code, "[grants.unknown]" in ended.err) == (2, True)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "nowhere").exists()
    assert not (tmp_path / "sealmark-data").exists()
