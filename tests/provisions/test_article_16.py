"""Article 16: whatever is generated carries a mark that does not hinder its use, and logs are kept."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

import sealmark
from sealmark.ledger import audit
from sealmark.marks.keys import SigningKey
from sealmark.marks.label import Label
from sealmark.marks.security import examine
from tests.deployment import IMAGE, ITEM, Deployment, ask, deployed, events
from tests.upstream import ScriptedUpstream, pieces


def picture(form: str) -> str:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 40).convert("RGB").save(out, form)
    return base64.b64encode(out.getvalue()).decode()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_released_file_carries_a_label_that_reads_back(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, form: str
) -> None:
    """The label stands where GB 45438 puts it, with the provider's code and a production number of its own."""
    upstream.answers({"data": [{"b64_json": picture(form)}]})
    with deployment.client(key) as client:
        body = client.post("/v1/images/generations", json={"model": IMAGE, "prompt": "a hill"}).json()
    data = base64.b64decode(body["data"][0]["b64_json"])
    verdict = sealmark.verify(data)
    assert verdict.tier == "is"
    assert verdict.label is not None
    assert verdict.label.as_dict() == body["aigc"]
    assert verdict.layers["credential"].state == "found"
    assert verdict.label.content_producer == verdict.label.content_propagator  # Annex E, note 1
    assert Image.open(io.BytesIO(data)).size == (400, 300)


def test_every_door_signs_its_labels(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """With a key, text, stream, picture and speech bear a label that the guide's signature proves whose it is."""
    (tmp_path / "key.pem").write_text(SigningKey.of(7).pem())
    with deployed(tmp_path, upstream.url, label_key_file=tmp_path / "key.pem") as running:
        key, labels = running.new_key(), list[Label]()
        with running.client(key) as client:
            upstream.says("a small poem")
            labels.append(Label.of(client.post("/v1/chat/completions", json=ask("poem")).json()["aigc"]))
            upstream.streams(pieces(["a ", "poem"]))
            stream = client.post("/v1/chat/completions", json=ask("poem", stream=True))
            labels.append(Label.of(events(stream.content)[0]["aigc"]))
            upstream.answers({"data": [{"b64_json": picture("PNG")}]})
            body = client.post("/v1/images/generations", json={"model": IMAGE, "prompt": "a hill"}).json()
        labels.append(Label.of(body["aigc"]))
        item = sealmark.verify(base64.b64decode(body["data"][0]["b64_json"]), keys=running.house.known_keys)
        assert [examine(label, running.house.known_keys).outcome for label in labels] == ["valid"] * 3
    assert (item.tier, item.signature) == ("is", "valid")


def test_an_answer_in_json_carries_its_label(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Text has no file header: its label rides in the envelope."""
    upstream.says("a small poem")
    with deployment.client(key) as client:
        label = client.post("/v1/chat/completions", json=ask("poem")).json()["aigc"]
    assert list(label) == [
        "Label",
        "ContentProducer",
        "ProduceID",
        "ReservedCode1",
        "ContentPropagator",
        "PropagateID",
        "ReservedCode2",
    ]


def test_the_log_is_whole(deployment: Deployment) -> None:
    """Every record, leaf, tile and checkpoint of the log agrees."""
    assert audit(deployment.house.store, [deployment.house.signer.verifier]).sound


def test_an_edited_label_is_found(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Changing one value of the label in a copy is noticed: the number is ours, the bytes are not."""
    upstream.answers({"data": [{"b64_json": picture("PNG")}]})
    with deployment.client(key) as client:
        body = client.post("/v1/images/generations", json={"model": IMAGE, "prompt": "a hill"}).json()
    data = base64.b64decode(body["data"][0]["b64_json"])
    label = sealmark.Label.of(body["aigc"])
    forged = sealmark.mark(data, label.propagated("somebody-else", "1"), layers=("metadata",), own_edit=True).data
    verdict = sealmark.verify(forged, registry=deployment.house.items)
    assert verdict.known is not None
    assert verdict.known.altered


def test_what_was_made_elsewhere_is_marked_before_it_leaves(deployment: Deployment, key: str) -> None:
    """A generator of any other shape: its file comes back with the label, and the ledger knows the very bytes."""
    with deployment.client(key) as client:
        file = ("hill.png", base64.b64decode(picture("PNG")))
        answer = client.post("/api/items", files={"file": file}, data={"model": ITEM})
    verdict = sealmark.verify(answer.content, registry=deployment.house.items)
    assert verdict.tier == "is"
    assert verdict.known is not None
    assert verdict.known.unchanged


def test_anybody_may_ask_what_an_item_says_of_itself(deployment: Deployment, key: str) -> None:
    """Without a key, for a program as for a person: the verdict, the label, and whether it was released here."""
    with deployment.client(key) as client:
        file = ("hill.png", base64.b64decode(picture("PNG")))
        marked = client.post("/api/items", files={"file": file}, data={"model": ITEM}).content
    with deployment.client() as stranger:
        body = stranger.post("/api/verify", files={"file": ("hill.png", marked)}).json()
    assert (body["verdict"], body["known"]["unchanged"]) == ("is", True)
