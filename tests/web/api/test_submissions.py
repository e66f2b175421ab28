"""`POST /api/items`: an item that was made elsewhere is reviewed, marked and recorded, or not given back."""

import io
import json
import socket
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import sealmark
from sealmark.ledger import check
from sealmark.marks.label import Label
from tests.deployment import ITEM, Deployment, ask, deployed, seed_text, wait_for
from tests.media import specimens
from tests.media.film_samples import h264
from tests.media.papers import saved as pdf
from tests.upstream import ScriptedUpstream

SECRET = "a description that nobody reviewed"
FOREIGN = Label.first("001191110102MAD55U9H0F10002", "N-1")


@pytest.fixture(scope="module")
def term(deployment: Deployment) -> str:
    """A term of the library that blocks."""
    entries = (entry for entries in deployment.house.stages.library.entries for entry in entries)
    return next(entry.term for entry in entries if entry.severity == "block")


def submit(deployment: Deployment, key: str, data: bytes, name: str = "", language: str = "en", **fields: str) -> Any:
    with deployment.client(key, language) as client:
        return client.post("/api/items", files={"file": (name or "item", data)}, data={"model": ITEM} | fields)


def picture(form: str = "JPEG") -> bytes:
    return specimens.saved(specimens.picture(320, 240), form, **({"comment": SECRET} if form == "JPEG" else {}))


def last(deployment: Deployment) -> dict[str, Any]:
    return deployment.records("exchange.answer.closed", "exchange.request.refused")[-1]


ITEMS = {
    "hill.png": lambda: picture("PNG"),
    "hill.jpg": picture,
    "tone.wav": lambda: specimens.wav(rate=24000),
    "film.mkv": h264,
    "诗.txt": "墨与纸。".encode,
    "poem.md": "# A poem\n\nInk and paper.\n".encode,
}


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_comes_back_marked_and_recorded(deployment: Deployment, key: str, name: str) -> None:
    """Picture, sound, film and text: marked as ours, its number in the head, the record commits to its very bytes."""
    made = ITEMS[name]()
    answer = submit(deployment, key, made, name)
    assert answer.status_code == 200, answer.text
    label = json.loads(answer.headers["x-sealmark-aigc"])
    verdict = sealmark.verify(answer.content, name=name, registry=deployment.house.items)
    assert verdict.known is not None
    assert (verdict.known.produce_id, verdict.known.unchanged) == (label["ProduceID"], True)
    if name.endswith(".txt"):  # no place for metadata: the label rides in the head and in the record
        assert verdict.tier == "suspected"
    else:
        assert verdict.label is not None
        assert verdict.label.as_dict() == label
    record = last(deployment)
    assert (record["operation"], record["service"], record["outcome"]) == ("item", "studio", "released")
    assert record["exchange"] == answer.headers["x-sealmark-exchange"]
    assert record["items"][0]["label"] == label
    receipt = deployment.house.items.receipt(answer.headers["x-sealmark-receipt"])
    assert receipt is not None
    opened = check(receipt, deployment.house.signer.vkey).opened
    assert opened["items.0.digest"] == sha256(answer.content).hexdigest()


def test_nothing_of_the_container_travels_unreviewed(deployment: Deployment, key: str) -> None:
    """The picture is made anew: a comment that no reviewer saw stays behind; the file keeps its name."""
    answer = submit(deployment, key, picture(), "山.jpg")
    assert SECRET.encode() in picture()
    assert SECRET.encode() not in answer.content
    assert Image.open(io.BytesIO(answer.content)).size == (320, 240)
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%E5%B1%B1.jpg"
    assert answer.headers["content-type"] == "image/jpeg"


def test_a_body_may_be_the_file_itself(deployment: Deployment, key: str) -> None:
    """Without a form: the file as the body, everything else in the address, the service by its id."""
    with deployment.client(key) as client:
        answer = client.post("/api/items?model=studio", content=picture("PNG"), headers={"Content-Type": "image/png"})
        lying = client.post("/api/items?model=studio", content=picture(), headers={"Content-Type": "image/png"})
        source = client.post("/api/items?model=studio&name=a.py", content=b"print()", headers={"Content-Type": "x/y"})
    assert answer.status_code == 200
    assert sealmark.verify(answer.content).tier == "is"
    assert answer.headers["content-disposition"] == "attachment"
    assert (lying.status_code, lying.json()["code"]) == (415, "media.lying_format")
    assert (source.status_code, source.json()["code"]) == (415, "media.unknown_format")


def test_text_is_reviewed_and_so_is_a_name(deployment: Deployment, key: str, term: str) -> None:
    """A blocking term in the text, in escapes of its format, or in the file's name: refused, recorded, not released."""
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in term)
    entities = "".join(f"&#{ord(letter)};" for letter in term)
    cases = {
        "poem.txt": term.encode(),
        "data.json": json.dumps({"text": "?"}).replace("?", escaped).encode(),
        "page.html": f"<!doctype html><html><body><p>{entities}</p></body></html>".encode(),
        f"{term}.png": picture("PNG"),
    }
    for name, data in cases.items():
        answer = submit(deployment, key, data, name)
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["article"]) == (400, "review.item_blocked", 10), name
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["exchange"] == answer.headers["x-sealmark-exchange"] == last(deployment)["exchange"]
        assert last(deployment)["kind"] == "exchange.request.refused"
        assert last(deployment)["findings"]


def test_what_nobody_sees_is_recorded_as_unreviewed(deployment: Deployment, key: str) -> None:
    """A text was reviewed; of a picture, and of a text with a picture inside, that cannot be said."""
    inline = "![x](data:image/png;base64," + "iVBORw0KGgo" + "A" * 400 + ")"
    submit(deployment, key, b"Ink and paper.", "a.txt")
    assert [review["result"] for review in last(deployment)["reviews"]] == ["pass"]
    for name, data in {"a.png": picture("PNG"), "b.md": f"# A\n\n{inline}\n".encode()}.items():
        assert submit(deployment, key, data, name).status_code == 200
        assert [review["result"] for review in last(deployment)["reviews"]] == ["pass", "unreviewed"]


def test_the_label_that_was_there_goes_to_the_record(deployment: Deployment, key: str) -> None:
    """Our own edit replaces a label; the old one is kept, from the file or as the caller names it."""
    foreign = sealmark.mark(picture("PNG"), FOREIGN).data
    answer = submit(deployment, key, foreign, "a.png")
    assert json.loads(answer.headers["x-sealmark-aigc"])["ProduceID"] != "N-1"
    assert last(deployment)["items"][0]["previous"] == FOREIGN.as_dict()
    assert "edited_from" not in last(deployment)["items"][0]
    ours = json.loads(answer.headers["x-sealmark-aigc"])
    assert submit(deployment, key, picture(), "b.jpg", edited_from=ours["ProduceID"]).status_code == 200
    assert last(deployment)["items"][0]["previous"] == ours
    assert submit(deployment, key, foreign, "c.png", edited_from=Label.of(ours).wrapped()).status_code == 200
    item = last(deployment)["items"][0]
    assert (item["previous"], item["edited_from"]) == (FOREIGN.as_dict(), ours)
    for wrong in ("R00000000FFFF", '{"AIGC":{"Label":"9"}}'):
        refused = submit(deployment, key, picture(), edited_from=wrong)
        assert (refused.status_code, refused.json()["code"]) == (400, "items.unknown_source")


@pytest.mark.parametrize(
    ("data", "name", "status", "code"),
    [
        (b"", "a.png", 422, "media.empty"),
        (specimens.png()[:60], "a.png", 422, "media.damaged"),
        (specimens.png_header(30_000, 30_000), "a.png", 413, "media.too_many_pixels"),
        (b"\0\1\2\3", "", 415, "media.unknown_format"),
        ("墨与纸。".encode("gb18030"), "a.txt", 415, "media.not_utf8"),
    ],
)
def test_what_cannot_be_marked_is_not_given_back(
    deployment: Deployment, key: str, data: bytes, name: str, status: int, code: str
) -> None:
    """Hostile and broken files: a problem document in the caller's language, a record, and no file."""
    answer = submit(deployment, key, data, name, language="zh")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert any("\u4e00" <= letter <= "\u9fff" for letter in answer.json()["title"])
    assert (last(deployment)["kind"], last(deployment)["code"]) == ("exchange.request.refused", code)
    assert not list(deployment.house.transit.iterdir())


def test_a_form_says_what_is_known_and_no_more(deployment: Deployment, key: str) -> None:
    """A missing model, an unknown service, an unknown field, two files, no file, a broken form: each its own error."""
    file = ("file", ("a.png", picture("PNG")))
    bodies: list[tuple[dict[str, Any], int, str]] = [
        ({"files": [file]}, 400, "exchange.unusable_request"),
        ({"files": [file], "data": {"model": "none"}}, 404, "admission.unknown_model"),
        ({"files": [file], "data": {"model": "test-chat"}}, 404, "admission.unknown_model"),
        ({"files": [file], "data": {"model": ITEM, "modle": "x"}}, 400, "exchange.unusable_request"),
        ({"files": [file, file], "data": {"model": ITEM}}, 400, "upload.unreadable_form"),
        ({"files": [("other", ("", b"x"))], "data": {"model": ITEM}}, 400, "exchange.unusable_request"),
        ({"content": b"", "params": {"model": ITEM}}, 400, "upload.nothing"),
        ({"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data"}}, 400, "upload.unreadable_form"),
        (
            {"content": b"--x\r\nno form", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            400,
            "upload.unreadable_form",
        ),
    ]
    with deployment.client(key) as client:
        for given, status, code in bodies:
            answer = client.post("/api/items", **given)
            assert (answer.status_code, answer.json()["code"]) == (status, code), given


def test_admission_is_the_same_as_everywhere(deployment: Deployment) -> None:
    """No key, an end user nobody knows, one without the agreement: refused as on the gateway; a key makes a record."""
    before = len(deployment.records())
    nobody = submit(deployment, "sk-seal-nothing", picture())
    assert (nobody.status_code, nobody.json()["code"]) == (401, "admission.unknown_key")
    assert "x-sealmark-receipt" not in nobody.headers
    assert len(deployment.records()) == before
    key = deployment.new_key()
    unknown = submit(deployment, key, picture(), user="nobody")
    assert (unknown.status_code, unknown.json()["code"]) == (403, "admission.end_user_unknown")
    with deployment.client(key) as client:
        client.post("/api/end-users", json={"user": "eve"}).raise_for_status()
        headers = {"X-Sealmark-End-User": "eve"}
        unsigned = client.post("/api/items", files={"file": picture()}, data={"model": ITEM}, headers=headers)
    assert (unsigned.status_code, unsigned.json()["article"]) == (403, 8)


def test_live_mode_refuses_what_nobody_saw(deployment: Deployment, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In live mode a picture without a reviewer is refused (Art. 10), and a text passes."""
    stages = deployment.house.stages
    monkeypatch.setattr(type(stages), "rehearsal", property(lambda _: False), raising=False)
    refused = submit(deployment, key, picture("PNG"), "a.png")
    assert (refused.status_code, refused.json()["code"]) == (403, "review.unreviewed_medium")
    assert submit(deployment, key, "墨与纸。".encode(), "a.txt").status_code == 200


def test_a_submitted_text_is_known_when_pasted(deployment: Deployment, key: str) -> None:
    """The words are found again with the mark and without."""
    answer = submit(deployment, key, b"Nine cranes stood beside the frozen pond at dawn.", "a.txt")
    number = json.loads(answer.headers["x-sealmark-aigc"])["ProduceID"]
    for text in (answer.content.decode(), "nine cranes stood beside the frozen pond at dawn"):
        known = deployment.house.items.by_text(text)
        assert known is not None
        assert known.produce_id == number


def test_an_item_may_be_published_by_its_end_user(deployment: Deployment) -> None:
    """A submitted item is one of theirs: publishing asks for it like for any other (Art. 9)."""
    key = deployment.new_key()
    with deployment.client(key) as client:
        client.post("/api/end-users", json={"user": "eve"}).raise_for_status()
        client.post("/api/end-users/agreement", json={"user": "eve", "version": "2026-11"}).raise_for_status()
        identity = {"user": "eve", "document": "uscc", "number": "91110102MAD55U9H0F"}
        client.post("/api/end-users/identity", json=identity).raise_for_status()
        answer = submit(deployment, key, picture("PNG"), "a.png", user="eve")
        number = json.loads(answer.headers["x-sealmark-aigc"])["ProduceID"]
        assert client.post("/api/publications", json={"user": "eve", "produce_id": number}).status_code == 201


def test_the_limits_hold(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """A file over the limit is refused as soon as it is clear, with a length or without; the folder is empty again."""
    with deployed(tmp_path, upstream.url, item_limit=2_000_000, body_timeout=1.0) as running:
        key = running.new_key()
        (running.house.transit / "left-by-a-crash").touch()
        large = specimens.wav(rate=48000) * 60
        assert submit(running, key, large).status_code == 413
        with running.client(key) as client:
            pieces = (bytes(100_000) for _ in range(30))
            chunked = client.post("/api/items?model=test-item", content=pieces)
        assert (chunked.status_code, chunked.json()["code"]) == (413, "exchange.body_too_large")
        _hold(running, key)
        kinds = [record["code"] for record in running.records("exchange.request.refused")]
        assert kinds == ["exchange.body_too_large", "exchange.body_too_large", "exchange.body_too_slow"]
    (tmp_path / "data" / "transit" / "left-by-a-crash").touch()
    with deployed(tmp_path, upstream.url) as running:
        assert not list(running.house.transit.iterdir())


def _hold(running: Deployment, key: str) -> None:
    """Send a head, and then hardly anything."""
    head = (
        f"POST /api/items?model=test-item HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: 99\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.port), 10) as caller:
        caller.sendall(head.encode() + b"\r\nx")
        assert b"408" in caller.recv(4096).split(b"\r\n")[0]


def test_who_leaves_causes_a_record_and_no_file(deployment: Deployment, key: str) -> None:
    """A client that leaves while its item is marked: refused as left, nothing lies about."""
    before = len(deployment.records("exchange.request.refused"))
    film, transit = h264(), deployment.house.transit
    head = f"POST /api/items?model=test-item HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
    with socket.create_connection(("127.0.0.1", deployment.port), 10) as caller:
        caller.sendall(f"{head}content-length: {len(film)}\r\n\r\n".encode() + film)
        wait_for(lambda: any(one.stat().st_size == len(film) for one in transit.glob("*/item")))
    wait_for(lambda: len(deployment.records("exchange.request.refused")) > before)
    assert last(deployment)["code"] == "exchange.client_left"
    wait_for(lambda: not list(deployment.house.transit.iterdir()))


def test_a_service_for_items_needs_no_upstream(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """Its explicit plan is followed; a chat on it finds no such model."""
    seed = seed_text(upstream.url, explicit='corner = "top_left"')
    (tmp_path / "seed.toml").write_text(seed, "utf-8")
    with deployed(tmp_path, upstream.url) as running:
        key = running.new_key()
        answer = submit(running, key, picture("PNG"), "a.png")
        assert sealmark.verify(answer.content).layers["explicit"].place == "top_left"
        with running.client(key) as client:
            assert client.post("/v1/chat/completions", json=ask("hi") | {"model": ITEM}).status_code == 404


def test_a_format_without_an_explicit_mark_is_not_released(deployment: Deployment, key: str) -> None:
    """What cannot bear the mark that its class asks for does not leave (Art. 17)."""
    answer = submit(deployment, key, pdf(), "a.pdf")
    assert answer.status_code in (200, 415)
    if answer.status_code == 415:
        assert answer.json()["code"] == "marks.no_explicit_mark"
    else:
        assert sealmark.verify(answer.content).layers["explicit"].state == "found"
