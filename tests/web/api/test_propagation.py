"""`POST /api/propagations`: what a platform does on upload (Measures Art. 6): verify, ask, write its own fields."""

import io
import json
import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import sealmark
from sealmark.marks.label import REHEARSAL_CODE, Label, Tier
from sealmark.marks.provider_code import ProviderCode
from tests.deployment import Deployment, ask
from tests.media import specimens
from tests.media.film_samples import h264
from tests.media.papers import certified
from tests.upstream import ScriptedUpstream

PRODUCER = "001191110102MAD55U9H0F10002"
FOREIGN = Label.first(PRODUCER, "N-1", reserved_code1="theirs")
PLATFORM = str(REHEARSAL_CODE)[:22] + "2DEMO"


def propagate(deployment: Deployment, key: str, data: bytes, declared: str = "false", name: str = "a.png") -> Any:
    with deployment.client(key) as client:
        return client.post("/api/propagations", files={"file": (name, data)}, data={"declared": declared})


def prompt(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = json.loads(answer.headers["x-sealmark-verdict"])
    return said


def record(deployment: Deployment) -> dict[str, Any]:
    return deployment.records("exchange.answer.closed")[-1]


@pytest.mark.parametrize("tier", ["1", "2", "3"])
def test_another_s_label_keeps_its_producer(deployment: Deployment, key: str, tier: str) -> None:
    """Art. 6(1): the label says so; only the propagator's three fields change, whatever the user declares."""
    foreign = replace(FOREIGN, tier=Tier(tier))
    data = sealmark.mark(specimens.png(), foreign).data
    answer = propagate(deployment, key, data, declared="true")
    label = sealmark.verify(answer.content).label
    assert label is not None
    theirs = ("Label", "ContentProducer", "ProduceID", "ReservedCode1")
    assert {name: label.as_dict()[name] for name in theirs} == {name: foreign.as_dict()[name] for name in theirs}
    assert label.content_propagator == PLATFORM
    assert ProviderCode.parse(label.content_propagator).service == "2"
    assert label.propagate_id.startswith("R")
    assert json.loads(answer.headers["x-sealmark-aigc"]) == label.as_dict()
    words = {"1": ("is", "属于"), "2": ("may_be", "可能"), "3": ("suspected", "疑似")}[tier]
    assert prompt(answer)["tier"] == words[0]
    assert words[1] in prompt(answer)["prompt"]["zh"]
    assert prompt(answer)["written"]
    item = record(deployment)["items"][0]
    assert (item["label"], item["previous"]) == (label.as_dict(), foreign.as_dict())
    assert (record(deployment)["operation"], record(deployment)["tier"]) == ("propagation", words[0])


def test_a_declaration_is_written(deployment: Deployment, key: str) -> None:
    """Art. 6(2): nothing was found but the user says so: Label 2, the producer unknown, the platform named."""
    answer = propagate(deployment, key, specimens.png(), declared="true")
    verdict = sealmark.verify(answer.content)
    assert verdict.label is not None
    assert list(verdict.label.as_dict().values())[:6] == ["2", "", "", "", PLATFORM, verdict.label.propagate_id]
    assert (verdict.tier, verdict.warnings) == ("may_be", ())
    assert "producer unknown" in verdict.layers["metadata"].en
    assert prompt(answer)["prompt"]["zh"] == "本内容可能为人工智能生成合成内容"
    assert record(deployment)["declared"] is True


def test_traces_are_written(deployment: Deployment, key: str) -> None:
    """Art. 6(3): neither a label nor a declaration, but a visible mark: Label 3."""
    seen = Image.open(io.BytesIO(sealmark.mark(specimens.saved(specimens.picture(320, 240), "PNG")).data))
    stripped = specimens.saved(Image.fromarray(np.asarray(seen)), "PNG")
    answer = propagate(deployment, key, stripped)
    label = sealmark.verify(answer.content).label
    assert label is not None
    assert (label.tier, label.content_producer, label.content_propagator) == ("3", "", PLATFORM)
    assert "疑似" in prompt(answer)["prompt"]["zh"]


def test_where_nothing_is_found_nothing_is_written(deployment: Deployment, key: str) -> None:
    """The very bytes come back with no prompt, and the record says that it was looked at and asked."""
    data = specimens.jpeg()
    answer = propagate(deployment, key, data, name="a.jpg")
    assert answer.content == data
    assert prompt(answer) == {"tier": "none", "prompt": None, "written": False, "warnings": []}
    assert "x-sealmark-aigc" not in answer.headers
    assert record(deployment)["items"] == []
    assert (record(deployment)["tier"], record(deployment)["declared"]) == ("none", False)


def test_the_content_stays_as_it_is(deployment: Deployment, key: str) -> None:
    """A foreign item is not drawn on, not coded again and not cleaned, also where colours hide under transparency."""
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[..., 0] = 200
    for name, data in {"a.png": specimens.saved(Image.fromarray(pixels), "PNG"), "a.jpg": specimens.jpeg()}.items():
        answer = propagate(deployment, key, data, declared="true", name=name)
        before, after = (np.asarray(Image.open(io.BytesIO(one))) for one in (data, answer.content))
        assert np.array_equal(before, after)
    film = h264()
    answer = propagate(deployment, key, film, declared="true", name="a.mkv")
    assert sealmark.verify(answer.content).tier == "may_be"
    assert len(answer.content) < len(film) + 2000


def test_a_text_has_no_place_and_the_ledger_keeps_the_label(deployment: Deployment, key: str) -> None:
    """A plain text passes as it is; its label stands in the head and in the record."""
    data = "墨与纸。".encode()
    answer = propagate(deployment, key, data, declared="true", name="a.txt")
    assert answer.content == data
    assert (prompt(answer)["written"], prompt(answer)["warnings"]) == (False, ["marks.no_metadata_place"])
    label = json.loads(answer.headers["x-sealmark-aigc"])
    assert (label["Label"], record(deployment)["items"][0]["label"]) == ("2", label)


def test_an_unreadable_label_is_not_replaced(deployment: Deployment, key: str) -> None:
    """Replacing what another wrote would be tampering (Art. 10): the file passes as it is, under suspicion."""
    label = b"Label&quot;:&quot;1"
    foreign = sealmark.mark(specimens.png(), FOREIGN).data
    assert label in foreign
    data = _sealed_again(foreign.replace(label, label[:-1] + b"9"))
    answer = propagate(deployment, key, data)
    assert answer.content == data
    assert prompt(answer)["tier"] == "suspected"
    assert "marks.unreadable_label" in prompt(answer)["warnings"]
    assert not prompt(answer)["written"]


def _sealed_again(data: bytes) -> bytes:
    """The PNG with its checks right again."""
    out, at = data[:8], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        body = data[at + 4 : at + 8 + length]
        out += data[at : at + 4] + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + length
    return out


def test_a_file_that_allows_no_change_is_refused(deployment: Deployment, key: str) -> None:
    """A signature that a label would break: a clear error and a record, never a broken file."""
    answer = propagate(deployment, key, certified(1), declared="true", name="a.pdf")
    assert (answer.status_code, answer.json()["code"]) == (409, "marks.sealed")
    assert deployment.records("exchange.request.refused")[-1]["code"] == "marks.sealed"


def test_the_user_has_to_be_asked(deployment: Deployment, key: str) -> None:
    """Art. 6(4), 10: without a declaration, yes or no, nothing passes."""
    with deployment.client(key) as client:
        answer = client.post("/api/propagations", files={"file": ("a.png", specimens.png())})
    assert (answer.status_code, answer.json()["code"]) == (400, "exchange.unusable_request")
    assert propagate(deployment, key, specimens.png(), declared="perhaps").status_code == 400


def test_posting_asks_for_an_identity(deployment: Deployment) -> None:
    """Whoever posts is identified (Provisions Art. 9), and has accepted the agreement (Art. 8)."""
    key = deployment.new_key()
    with deployment.client(key) as client:
        client.post("/api/end-users", json={"user": "eve"}).raise_for_status()
        client.post("/api/end-users/agreement", json={"user": "eve", "version": "2026-11"}).raise_for_status()
        files, fields = {"file": ("a.png", specimens.png())}, {"declared": "false", "user": "eve"}
        refused = client.post("/api/propagations", files=files, data=fields)
    assert (refused.status_code, refused.json()["article"]) == (403, 9)


def test_what_passed_is_known_by_our_number(deployment: Deployment, key: str) -> None:
    """The platform's number finds its item, unchanged or altered; another's number finds nothing of ours."""
    data = sealmark.mark(specimens.png(), FOREIGN).data
    passed = propagate(deployment, key, data).content
    items = deployment.house.items
    known = sealmark.verify(passed, registry=items).known
    assert known is not None
    assert known.unchanged
    label = sealmark.verify(passed).label
    assert label is not None
    assert known.produce_id == label.propagate_id
    assert items.by_number("N-1") is None
    assert items.by_number("") is None
    altered = sealmark.verify(passed + b"\0" * 9, registry=items).known
    assert altered is not None
    assert altered.altered


def test_our_own_item_passes_on(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """An item that we generated and then post: still ours, with a number for its propagation."""
    with deployment.client(key) as client:
        made = client.post("/api/items", files={"file": ("a.png", specimens.png())}, data={"model": "studio"})
    number = json.loads(made.headers["x-sealmark-aigc"])["ProduceID"]
    label = sealmark.verify(propagate(deployment, key, made.content).content).label
    assert label is not None
    assert label.produce_id == number != label.propagate_id
    upstream.says("hello")
    with deployment.client(key) as client:
        assert client.post("/v1/chat/completions", json=ask("hi")).status_code == 200


def test_a_blocked_text_does_not_pass(deployment: Deployment, key: str) -> None:
    """Illegal information is not passed on either (Provisions Art. 10)."""
    entries = (entry for entries in deployment.house.stages.library.entries for entry in entries)
    term = next(entry.term for entry in entries if entry.severity == "block")
    answer = propagate(deployment, key, term.encode(), name="a.txt")
    assert (answer.status_code, answer.json()["code"]) == (400, "review.item_blocked")
