"""Labelling Measures, Article 9: a copy without explicit mark only by agreement, with its recipient on record."""

import base64
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

import sealmark
from sealmark.ledger import check
from sealmark.marks import metadata
from sealmark.marks.explicit import text as explicit
from sealmark.media import sniff
from sealmark.storage.keys import period_end
from sealmark.storage.objects import ObjectsUnavailable
from tests.deployment import IMAGE, SPEECH, Deployment, ask, deployed, events, wait_for
from tests.media import specimens
from tests.upstream import Script, ScriptedUpstream, pieces

USER = "ann"
RECIPIENT = {"purpose": "a printed poster", "recipient": "Otter Press", "contact": "editor@otter.example"}
BODY = "Good day, this is a long enough answer."


@pytest.fixture(scope="module")
def ann(deployment: Deployment) -> str:
    """The key of an application whose end user Ann is identified and accepted both agreements."""
    key = deployment.new_key(ready=False)
    arrive(deployment, key, USER)
    return key


def arrive(deployment: Deployment, key: str, user: str, *, labelling: bool = True) -> None:
    with deployment.client(key) as client:
        client.post("/api/end-users", json={"user": user}).raise_for_status()
        number = {"user": user, "document": "mobile", "number": "13800138001"}
        client.post("/api/end-users/identity", json=number).raise_for_status()
        client.post("/api/end-users/agreement", json={"user": user, "version": "2026-11"}).raise_for_status()
        if labelling:
            version = client.get("/api/labelling-agreement").json()["version"]
            accepted = {"user": user, "version": version}
            client.post("/api/end-users/labelling-agreement", json=accepted).raise_for_status()


def picture(deployment: Deployment, key: str, upstream: ScriptedUpstream, data: bytes, user: str = USER) -> Any:
    """A released picture, as its answer shows it."""
    upstream.answers({"created": 1, "data": [{"b64_json": base64.b64encode(data).decode()}]})
    with deployment.client(key) as client:
        answer = client.post("/v1/images/generations", json={"model": IMAGE, "prompt": "a hill", "user": user})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"][0]


def granted(deployment: Deployment, key: str, number: str, user: str = USER, **more: Any) -> Any:
    """The answer to whoever asks for a grant."""
    with deployment.client(key) as client:
        return client.post("/api/grants", json={"user": user, "produce_id": number, **RECIPIENT, **more})


def copied(deployment: Deployment, key: str, grant: str) -> Any:
    with deployment.client(key) as client:
        return client.post(f"/api/grants/{grant}/copies")


@pytest.mark.parametrize("sample", [specimens.png, specimens.jpeg, specimens.webp])
def test_a_picture_s_copy(
    deployment: Deployment, ann: str, upstream: ScriptedUpstream, sample: Callable[[], bytes]
) -> None:
    """The copy has exactly the released item's label in its metadata, and no explicit mark."""
    shown = picture(deployment, ann, upstream, sample())
    released = base64.b64decode(shown["b64_json"])
    grant = granted(deployment, ann, shown["aigc"]["ProduceID"]).json()
    answer = copied(deployment, ann, grant["id"])
    assert answer.status_code == 200
    _holds(answer.content, shown["aigc"])
    assert sealmark.verify(released).layers["explicit"].state == "found"
    assert sniff(answer.content) is sniff(released)
    assert json.loads(answer.headers["x-sealmark-aigc"]) == shown["aigc"]


def test_a_sound_s_copy(deployment: Deployment, ann: str, upstream: ScriptedUpstream) -> None:
    """The copy lacks the announcement and nothing else: the very samples that the generator made, same label."""
    made = specimens.wav()
    upstream.script = Script([made], content_type="audio/wav")
    ask_for = {"model": SPEECH, "input": "hello", "voice": "a", "response_format": "wav", "user": USER}
    with deployment.client(ann) as client:
        spoken = client.post("/v1/audio/speech", json=ask_for)
    label = json.loads(spoken.headers["x-sealmark-aigc"])
    answer = copied(deployment, ann, granted(deployment, ann, label["ProduceID"]).json()["id"])
    assert answer.headers["content-type"] == "audio/wav"
    _holds(answer.content, label)
    heard = [soundfile.read(io.BytesIO(sound))[0] for sound in (made, answer.content, spoken.content)]
    assert np.array_equal(heard[0], heard[1])
    assert len(heard[2]) > len(heard[0])


def _holds(copy: bytes, label: dict[str, str]) -> None:
    """One label, in the main channel, and nothing seen or heard."""
    places = metadata.read(copy, sniff(copy))
    assert [(place.label.as_dict() if place.label else None, place.main) for place in places] == [(label, True)]
    assert sealmark.verify(copy).layers["explicit"].state == "none"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_text_s_copy(deployment: Deployment, ann: str, upstream: ScriptedUpstream, streamed: bool) -> None:
    """A text's copy is its body, kept apart from the mark from the first; its label rides in the envelope."""
    upstream.says(BODY)
    upstream.streaming_script = Script(pieces([" \n", BODY[:6], BODY[6:]]), 200, "text/event-stream")
    with deployment.client(ann) as client:
        said = client.post("/v1/chat/completions", json=ask("hello", user=USER, stream=streamed))
    label = (events(said.content)[0] if streamed else said.json())["aigc"]
    answer = copied(deployment, ann, granted(deployment, ann, label["ProduceID"]).json()["id"])
    body = answer.json()
    assert (body["aigc"], body["texts"]) == (label, [" \n" + BODY if streamed else BODY])
    assert explicit.find(body["texts"][0]) == []
    released = deployment.house.items.opened(said.headers["x-sealmark-receipt"])
    assert released is not None
    lead = " \n" if streamed else ""
    assert released.answered == [{"content": lead + explicit.opening("zh") + BODY}]


def test_the_copy_is_recorded_before_it_leaves(deployment: Deployment, ann: str, upstream: ScriptedUpstream) -> None:
    """Its own kind of record: by its receipt, its bytes, and with its recipient sealed for six months at least."""
    number = picture(deployment, ann, upstream, specimens.png())["aigc"]["ProduceID"]
    grant = granted(deployment, ann, number).json()
    answer = copied(deployment, ann, grant["id"])
    record = deployment.records("items.copy.released")[-1]
    assert (record["grant"], record["agreement"], record["outcome"]) == (grant["id"], "L1", "released")
    assert "metadata" in record["items"][0]["marks"]
    assert "explicit" not in record["items"][0]["marks"]
    receipt = deployment.house.items.receipt(answer.headers["x-sealmark-receipt"])
    assert receipt is not None
    assert check(receipt, deployment.house.signer.vkey).opened == {
        "items.0.digest": hashlib.sha256(answer.content).hexdigest()
    }
    verdict = sealmark.verify(answer.content, registry=deployment.house.items)
    assert verdict.known is not None
    assert (verdict.known.produce_id, verdict.known.unchanged) == (number, True)
    opened = deployment.house.items.opened(answer.headers["x-sealmark-receipt"])
    assert opened is not None
    assert opened.asked == {"grant": grant["id"], "produce_id": number, **RECIPIENT}
    given = deployment.house.grants.find(grant["id"])
    assert given.kept_until == period_end(period_end(given.created_at))


def test_nobody_reads_the_recipient_in_the_ledger(deployment: Deployment, ann: str, upstream: ScriptedUpstream) -> None:
    """No record names recipient, contact or purpose; the item's bytes before their mark lie nowhere in the open."""
    data = specimens.png()
    shown = picture(deployment, ann, upstream, data)
    copied(deployment, ann, granted(deployment, ann, shown["aigc"]["ProduceID"]).json()["id"])
    deployment.house.drain.once()
    whole = str(deployment.records())
    assert not any(secret in whole for secret in RECIPIENT.values())
    files = [file for file in Path(deployment.folder).rglob("*") if file.is_file()]
    assert any(file.parent.name == "objects" for file in files)
    assert not any(data[:200] in file.read_bytes() for file in files)


def test_only_so_many_copies(deployment: Deployment, ann: str, upstream: ScriptedUpstream) -> None:
    """A grant is bounded; its application sees how it stands, another does not."""
    made = specimens.png()
    number = picture(deployment, ann, upstream, made)["aigc"]["ProduceID"]
    grant = granted(deployment, ann, number, copies=2).json()["id"]
    shown = [Image.open(io.BytesIO(copied(deployment, ann, grant).content)) for _ in range(2)]
    assert all(one.tobytes() == Image.open(io.BytesIO(made)).tobytes() for one in shown)
    third = copied(deployment, ann, grant)
    assert (third.status_code, third.json()["code"]) == (410, "grants.over")
    with deployment.client(ann) as client:
        assert client.get(f"/api/grants/{grant}").json()["state"] == "used"
    with deployment.client(deployment.new_key()) as client:
        assert client.get(f"/api/grants/{grant}").status_code == 404
        assert client.post(f"/api/grants/{grant}/copies").status_code == 404


def test_what_stands_before_a_grant(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """The labelling agreement first, and one's own item; each refusal names the Measures' Article 9."""
    key = deployment.new_key(ready=False)
    arrive(deployment, key, "bob", labelling=False)
    arrive(deployment, key, "eve")
    number = picture(deployment, key, upstream, specimens.png(), "bob")["aigc"]["ProduceID"]
    refused = {
        "grants.agreement_required": granted(deployment, key, number, "bob"),
        "grants.unknown_item": granted(deployment, key, number, "eve"),
    }
    for code, answer in refused.items():
        assert answer.json()["code"] == code
        assert "Article 9 of the labelling Measures" in answer.json()["title"]
    with deployment.client(key, "zh") as client:
        body = {"user": "bob", "produce_id": number, **RECIPIENT}
        assert "《人工智能生成合成内容标识办法》第九条" in client.post("/api/grants", json=body).json()["title"]
        assert client.post("/api/grants", json=body | {"recipient": ""}).status_code == 400
        assert client.post("/api/grants", json=body | {"copies": 1000}).status_code == 400


def test_who_is_not_identified_gets_none(deployment: Deployment) -> None:
    """Article 9 of the Provisions: identity first, whatever the policy says of generating."""
    key = deployment.new_key(ready=False)
    with deployment.client(key) as client:
        client.post("/api/end-users", json={"user": "u"}).raise_for_status()
        client.post("/api/end-users/agreement", json={"user": "u", "version": "2026-11"}).raise_for_status()
    refused = granted(deployment, key, "R0", "u").json()
    assert (refused["code"], refused["article"]) == ("grants.identity_required", 9)


def test_who_is_sanctioned_gets_none(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """Neither a grant nor a copy of one that was given before; the copy that failed is not counted."""
    key = deployment.new_key(ready=False)
    arrive(deployment, key, USER)
    application = deployment.house.people.applications()[-1].id
    number = picture(deployment, key, upstream, specimens.png())["aigc"]["ProduceID"]
    grant = granted(deployment, key, number).json()["id"]
    sanction = deployment.house.people.sanction(application, USER, "restrict", "test", operations=("speech",))
    wait_for(lambda: granted(deployment, key, number).json().get("code") == "admission.sanctioned")
    assert copied(deployment, key, grant).json()["code"] == "admission.sanctioned"
    assert deployment.house.grants.find(grant).taken == 0
    deployment.house.people.lift_sanction(sanction)
    assert copied(deployment, key, grant).status_code == 200


def test_a_revoked_grant_ends_at_once(deployment: Deployment, ann: str, upstream: ScriptedUpstream) -> None:
    """Staff revoke; the next copy is refused."""
    number = picture(deployment, ann, upstream, specimens.png())["aigc"]["ProduceID"]
    grant = granted(deployment, ann, number).json()["id"]
    deployment.house.grants.revoke(grant)
    assert copied(deployment, ann, grant).json()["code"] == "grants.over"


def test_what_bears_no_mark_needs_none(deployment: Deployment, upstream: ScriptedUpstream) -> None:
    """An answer whose application shows the label itself has nothing that could be left out."""
    key = deployment.new_key(shows_label=True)
    upstream.says(BODY)
    with deployment.client(key) as client:
        number = client.post("/v1/chat/completions", json=ask("hello")).json()["aigc"]["ProduceID"]
    user = "(application)"
    with deployment.client(key) as client:
        client.post("/api/end-users/labelling-agreement", json={"user": user, "version": "L1"}).raise_for_status()
    assert granted(deployment, key, number, user).json()["code"] == "grants.unmarked"


def test_a_blocked_stream_has_no_copy(deployment: Deployment, ann: str, upstream: ScriptedUpstream) -> None:
    """What review cut off is no released item (Art. 10)."""
    term = next(one.term for some in deployment.house.stages.library.entries for one in some if one.severity == "block")
    upstream.streaming_script = Script(pieces([BODY, " ", term, " more"]), 200, "text/event-stream")
    with deployment.client(ann) as client:
        said = client.post("/v1/chat/completions", json=ask("hello", user=USER, stream=True))
    found = events(said.content)
    assert any("error" in one for one in found if isinstance(one, dict))
    assert granted(deployment, ann, found[0]["aigc"]["ProduceID"]).json()["code"] == "grants.unknown_item"


def test_nothing_is_released_that_could_not_be_kept(
    deployment: Deployment, ann: str, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail closed: the original first, then the release; a full store is a refusal with its record."""

    def full(*_: object) -> None:
        raise ObjectsUnavailable(zh_reason="满", en_reason="full")

    monkeypatch.setattr(type(deployment.house.stages.originals._objects), "put", full)
    upstream.answers({"created": 1, "data": [{"b64_json": base64.b64encode(specimens.png()).decode()}]})
    before = len(deployment.records("exchange.answer.closed"))
    with deployment.client(ann) as client:
        answer = client.post("/v1/images/generations", json={"model": IMAGE, "prompt": "a hill", "user": USER})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage.objects_unavailable")
    assert len(deployment.records("exchange.answer.closed")) == before
    assert deployment.records("exchange.request.refused")[-1]["code"] == "storage.objects_unavailable"


def test_where_no_originals_are_kept(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """With `originals_days` 0 a picture has no copy, and nothing lies in the store; a text still has one."""
    with deployed(tmp_path, upstream.url, originals_days=0) as running:
        key = running.new_key(ready=False)
        arrive(running, key, USER)
        number = picture(running, key, upstream, specimens.png())["aigc"]["ProduceID"]
        assert granted(running, key, number).json()["code"] == "items.no_original"
        assert list((tmp_path / "data" / "objects").iterdir()) == []
        upstream.says(BODY)
        with running.client(key) as client:
            label = client.post("/v1/chat/completions", json=ask("hello", user=USER)).json()["aigc"]
        assert granted(running, key, label["ProduceID"]).status_code == 201
