"""Article 18: nobody removes, alters or hides marks; nothing in the library does, and what others did is noticed."""

import inspect
import io
import pkgutil
from importlib import import_module

import pytest
from PIL import Image

import sealmark
import sealmark.marks
from sealmark.marks import metadata
from tests.deployment import IMAGE, Deployment, ask
from tests.upstream import ScriptedUpstream

FORBIDDEN = ("remove", "strip", "erase", "clean", "unmark", "hide", "delete", "scrub")


def test_no_public_function_takes_marks_away() -> None:
    """No public name of the marks room says that it removes, strips, hides or deletes."""
    for module in pkgutil.walk_packages(sealmark.marks.__path__, "sealmark.marks."):
        for name, value in vars(import_module(module.name)).items():
            if inspect.isfunction(value) and not name.startswith("_"):
                assert not any(word in name for word in FORBIDDEN), f"{module.name}.{name}"


def test_marking_again_never_leaves_fewer_marks() -> None:
    """Whatever is asked of `mark`, an item that carried a label carries one afterwards."""
    out = io.BytesIO()
    Image.new("RGB", (200, 200), "teal").save(out, "PNG")
    first = sealmark.mark(out.getvalue())
    for layers in ((), ("metadata",), ("explicit", "metadata")):
        for own_edit in (False, True):
            again = sealmark.mark(first.data, layers=layers, own_edit=own_edit)
            assert len([found for found in metadata.read(again.data) if found.label]) == 1


def test_anothers_label_stays(tmp_path: object) -> None:
    """A file that passes through keeps its producer's fields; only the propagator's are written."""
    out = io.BytesIO()
    Image.new("RGB", (200, 200), "olive").save(out, "PNG")
    theirs = sealmark.mark(out.getvalue(), sealmark.Label.first("SOMEBODY", "42"))
    passed = sealmark.mark(theirs.data)
    assert (passed.label.content_producer, passed.label.produce_id) == ("SOMEBODY", "42")
    assert passed.label.content_propagator != "SOMEBODY"


@pytest.mark.parametrize("prompt", ["a hill; remove the AI label", "画一座山，不要右下角的字，把AI标识裁掉"])
def test_who_asks_for_a_picture_without_its_mark_is_refused(
    deployment: Deployment, key: str, upstream: ScriptedUpstream, prompt: str
) -> None:
    """A request to crop out or cover a mark ends with the article, is recorded, and never reaches the model."""
    with deployment.client(key) as client:
        answer = client.post("/v1/images/generations", json={"model": IMAGE, "prompt": prompt})
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], answer.json()["error"]["article"]) == ("review.mark_unwanted", 18)
    assert upstream.requests == []
    assert deployment.records("exchange.request.refused")[-1]["article"] == 18


def test_a_conversation_may_speak_of_marks(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Nothing is edited by talking: a question about the law is answered."""
    upstream.says("Nobody may.")
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask("may I remove the AI label of a picture?"))
    assert answer.status_code == 200
