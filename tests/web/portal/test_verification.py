"""The verification page: what a stranger learns of an item, and what hostile input gets."""

import io
import re
import struct
import zlib
from html import unescape

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.types import Message

import sealmark
from sealmark.web.portal.app import portal
from sealmark.web.portal.portal import UPLOAD_FACTOR
from tests.web.portal.conftest import client_of
from tests.web.portal.house import SmallHouse, small_house
from tests.web.portal.samples import FOREIGN, NUMBER, label, marked, picture, relabelled


def upload(client: TestClient, data: bytes, name: str = "item.png", **fields: str) -> tuple[int, str]:
    answer = client.post("/verify", files={"file": (name, data)}, data=fields)
    return answer.status_code, unescape(answer.text)


def paste(client: TestClient, text: str, **fields: str) -> tuple[int, str]:
    answer = client.post("/verify", data={"text": text, **fields}, files={"file": ("", b"")})
    return answer.status_code, unescape(answer.text)


def bomb() -> bytes:
    """A picture with a packet of a few kilobytes that would unpack to 64 MB."""
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<AIGC>" + bytes(64 << 20), 9)
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))
    plain = picture()
    return plain[:33] + chunk + plain[33:]


def hollow(width: int, height: int) -> bytes:
    """A picture whose header announces more pixels than there are."""
    head = b"IHDR" + struct.pack(">II", width, height) + picture()[24:29]
    return picture()[:12] + head + struct.pack(">I", zlib.crc32(head)) + picture()[33:]


def stamp(page: str) -> str:
    found = re.search(r'class="stamp"[^>]*><span>([^<]+)<', page)
    assert found
    return found[1]


def test_an_own_item_is_unchanged(client: TestClient, house: SmallHouse) -> None:
    """The very bytes that were released: the tier of the label, and the ledger vouches for them."""
    status, page = upload(client, house.items.release(marked(), label()))
    assert (status, stamp(page)) == (200, "属于")
    assert "未被改动" in page
    assert NUMBER in page
    assert "第六条第一项" in page


def test_one_changed_label_value_is_found(client: TestClient, house: SmallHouse) -> None:
    """An own item whose label was rewritten: altered after release, with the old value beside the new one."""
    status, page = upload(client, relabelled(house.items.release(marked(), label())))
    assert status == 200
    assert "放行后被改动" in page
    assert page.count("已改动，放行时为") == 2  # producer and propagator
    assert FOREIGN in page
    assert label().content_producer in page


def test_our_code_on_what_we_never_released_is_seen(client: TestClient) -> None:
    """A label that names this service, under a number the ledger does not hold, is pointed out."""
    _, page = upload(client, marked())
    assert stamp(page) == "属于"
    assert "用了本服务的编码，账本里却没有" in page


def test_anothers_item_is_read_but_not_ours(client: TestClient) -> None:
    """The label of another provider counts with its own word; our ledger says only that it does not know it."""
    _, page = upload(client, marked(producer=FOREIGN))
    assert stamp(page) == "属于"
    assert "账本里没有它" in page
    assert "符合 27 位编码规则" in page


def test_nothing_found_does_not_mean_not_generated(client: TestClient) -> None:
    """A picture without marks: none found, and the page says what that does not mean."""
    status, page = upload(client, picture())
    assert (status, stamp(page)) == (200, "未发现")
    assert "没有发现，不等于不是" in page


def test_every_layer_has_its_row_and_its_word(client: TestClient) -> None:
    """Five layers, five rows; what this version does not check is said to be unchecked, never 'not found'."""
    _, page = upload(client, marked())
    rows = re.findall(r'<li class="layer.*?</li>', page, re.DOTALL)
    names = [re.search(r"<h3>(.+?)</h3>", row)[1] for row in rows]  # type: ignore[index]  # every row has one
    assert names == ["显式标识", "文件元数据标识", "内容凭证", "数字水印", "内容指纹"]
    assert [("未检查" in row, "发现" in row) for row in rows] == [(n > 2, n <= 2) for n in range(5)]
    assert "PNG iTXt" in rows[1]


def test_a_declaration_makes_it_may_be(client: TestClient) -> None:
    """Measures Art. 6(2): no label, but the poster declares it."""
    assert stamp(upload(client, picture(), declared="yes")[1]) == "可能"
    assert stamp(paste(client, "今天天气很好，适合散步。", declared="yes")[1]) == "可能"


def test_a_visible_mark_alone_makes_it_suspected(client: TestClient) -> None:
    """Measures Art. 6(3): traces, but nothing that says so expressly."""
    text = sealmark.mark("今天天气很好，适合散步。".encode(), label(), name="a.txt").data.decode()
    status, page = paste(client, text)
    assert (status, stamp(page)) == (200, "疑似")
    assert "开头" in page


def test_a_pasted_text_is_found_whatever_the_browser_does_to_its_line_ends(
    client: TestClient, house: SmallHouse
) -> None:
    """Browsers send CR LF; the text that was released with LF is the same text."""
    house.items.release("第一行\n第二行".encode(), label())
    _, page = paste(client, "第一行\r\n第二行")
    assert "未被改动" in page


def test_a_pasted_markdown_label_is_read(client: TestClient) -> None:
    """Front matter that carries a label is read also where it was pasted without a file name."""
    text = sealmark.mark("# 题\n\n正文\n".encode(), label(), name="a.md").data.decode()
    _, page = paste(client, text.replace("\n", "\r\n"))
    assert stamp(page) == "属于"


def test_what_was_typed_stays_when_a_file_was_verified_instead(client: TestClient) -> None:
    """File and text together: the file counts, the page says so, and the text is still in its box."""
    _, page = upload(client, picture(), text="我写了很久的一段话")
    assert stamp(page) == "未发现"
    assert "核验的是文件" in page
    assert "我写了很久的一段话</textarea>" in page


def test_typed_text_survives_an_error(client: TestClient) -> None:
    """A refused file takes no text with it."""
    status, page = upload(client, bytes(range(256)), name="a.jpg", text="还在这里")
    assert status == 415
    assert "还在这里</textarea>" in page


@pytest.mark.parametrize(
    ("name", "data", "status", "code"),
    [
        ("lying.jpg", bytes(range(256)), 415, "media.unknown_format"),
        ("bomb.png", bomb(), 413, "media.metadata_over_limit"),
        ("pixels.png", hollow(20_000, 20_000), 413, "media.too_many_pixels"),
        ("noise.bin", bytes(range(256)) * 9, 415, "media.unknown_format"),
        ("page.css", b"p { }", 415, "media.unknown_format"),
        ("empty.png", b"", 422, "media.empty"),
        ("latin.txt", "été".encode("latin-1"), 415, "media.not_utf8"),
    ],
)
def test_bad_files_get_an_answer(client: TestClient, name: str, data: bytes, status: int, code: str) -> None:
    """What cannot be used is answered with its status, its stable code, and what to do, in the page's language."""
    answer = client.post("/verify?lang=en", files={"file": (name, data)})
    assert answer.status_code == status
    assert code in answer.text
    assert 'role="alert"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "Traceback" not in answer.text


def test_what_was_not_read_is_never_called_unmarked(client: TestClient) -> None:
    """An XMP chunk that would unpack to 64 MB is not unpacked, and no stamp says that nothing is there."""
    status, page = upload(client, bomb())
    assert status == 413
    assert "stamp" not in page
    assert "其中可能有标识" in page
    assert "请向来源索取原文件" in page


def test_a_file_that_lost_its_end_says_so(client: TestClient, house: SmallHouse) -> None:
    """The head with its label is read: its own word, altered after release, and a warning that the rest is missing."""
    status, page = upload(client, house.items.release(marked(), label())[:-40])
    assert (status, stamp(page)) == (200, "属于")
    assert "放行后被改动" in page
    assert "文件已损坏或不完整" in page


def test_a_damaged_file_without_a_label_is_not_called_unmarked(client: TestClient) -> None:
    """What is left holds no label: the stamp says that the file was not examined whole, in both languages."""
    status, page = upload(client, picture()[:-40])
    assert (status, stamp(page)) == (200, "未查完")
    assert "没有检查完整" in page
    english = client.post("/verify?lang=en", files={"file": ("a.png", picture()[:-40])}).text
    assert "Not examined whole; no sign was found in the part that was" in english


def test_a_renamed_file_is_verified_by_its_content(client: TestClient) -> None:
    """A name that says another format is warned of, and keeps nobody from reading the mark."""
    status, page = upload(client, marked(), name="照片.jpg")
    assert (status, stamp(page)) == (200, "属于")
    assert "说是 jpeg，实际内容是 png" in page


def test_nothing_submitted(client: TestClient) -> None:
    """An empty form asks for something to verify."""
    status, page = paste(client, " \n ")
    assert status == 400
    assert "portal.nothing_submitted" in page


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nrubbish"),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'),
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; filename="a"\r\n\r\n1\r\n--x--'),
    ],
)
def test_malformed_forms_are_answered(client: TestClient, kind: str, body: bytes) -> None:
    """What is no form of ours is a 400 with a page, never a traceback."""
    answer = client.post("/verify", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert "portal." in answer.text


def test_a_file_over_the_limit(tmp_path: object) -> None:
    """A file over the limit is refused with 413 and the limit."""
    house = small_house(tmp_path, body_limit=1024)  # type: ignore[arg-type]  # pytest's own path
    with client_of(house) as client:
        status, page = upload(client, picture() + bytes(1024 * UPLOAD_FACTOR))
        assert status == 413
        assert "media.too_large" in page
        assert upload(client, picture())[0] == 200


async def test_an_endless_upload_is_read_no_further_than_the_limit(house: SmallHouse) -> None:
    """Without a declared length, reading stops at the limit; no more than that was ever taken in."""
    limit, taken = house.settings.body_limit * UPLOAD_FACTOR, 0
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    sent: list[Message] = []

    async def receive() -> Message:
        nonlocal taken
        part = head if taken == 0 else bytes(1 << 20)
        taken += len(part)
        return {"type": "http.request", "body": part, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = Headers({"content-type": "multipart/form-data; boundary=x"}).raw
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/verify",
        "query_string": b"",
        "headers": headers,
        "client": ("192.0.2.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    await portal(house)(scope, receive, send)
    assert sent[0]["status"] == 413
    assert taken <= limit + (2 << 20)


def test_too_many_visits(tmp_path: object) -> None:
    """Past the allowance a calm page with 429 and Retry-After; looking at pages costs nothing."""
    house = small_house(tmp_path, verify_per_minute=2)  # type: ignore[arg-type]  # pytest's own path
    with client_of(house) as client:
        assert [upload(client, picture())[0] for _ in range(3)] == [200, 200, 429]
        refused = client.post("/verify", data={"text": "x"}, headers={"Accept-Language": "en"})
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "Try again in" in refused.text
        assert client.get("/verify").status_code == 200
        assert client.get("/receipts/abc").status_code == 404


def test_a_verdict_speaks_the_other_language_without_the_file(client: TestClient, house: SmallHouse) -> None:
    """Changing the language of a verdict shows the same verdict, and keeps the choice."""
    page = client.post("/verify", files={"file": ("照片.png", house.items.release(marked(), label()))}).text
    signed = re.search(r'name="seen" value="([^"]+)"', page)
    assert signed
    other = client.post("/verify/again", data={"seen": signed[1], "lang": "en"})
    assert other.status_code == 200
    assert "Is AI-generated or synthesised" in other.text
    assert "Unchanged" in other.text
    assert "照片.png" in other.text
    assert "sealmark-language=en" in other.headers["set-cookie"]
    assert "Verify an item" in client.get("/verify").text


@pytest.mark.parametrize("spoil", [lambda s: s[:-4] + "AAAA", lambda s: "", lambda s: "é" + s, lambda s: s[:40]])
def test_nobody_can_make_us_show_a_verdict_we_did_not_give(client: TestClient, spoil: object) -> None:
    """What we did not sign is not shown: the visitor lands on the empty form."""
    page = client.post("/verify", files={"file": ("a.png", picture())}).text
    signed = re.search(r'name="seen" value="([^"]+)"', page)
    assert signed
    answer = client.post("/verify/again", data={"seen": spoil(signed[1]), "lang": "en"})  # type: ignore[operator]  # a function of the table above
    assert (answer.status_code, answer.headers["location"]) == (303, "/verify?lang=en")


def test_a_stranger_learns_nothing_of_who_when_and_what(client: TestClient, house: SmallHouse) -> None:
    """The verdict of an own item holds no receipt, no exchange, no end user (issue 2, item 8)."""
    from tests.web.portal.samples import CODE, opened

    house.items.receipts[CODE] = (opened(), "{}")
    _, page = upload(client, house.items.release(marked(), label()))
    for secret in (CODE, "ex-k3v5", "reader-17", "eu-5f2k", "192.0.2.7", "城墙"):
        assert secret not in page


def test_names_of_files_are_shown_harmlessly(client: TestClient) -> None:
    """A hostile file name is text: no markup, no direction override, no path, no endless line."""
    name = "C:\\Users\\me\\<script>alert(1)</script>\u202egnp." + "x" * 500 + ".png"
    answer = client.post("/verify", files={"file": (name, picture())})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text
    assert "Users" not in answer.text
    assert "x" * 130 not in answer.text


def test_a_busy_house_says_so(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """When every place is taken for too long: 503 with Retry-After, not a queue without end."""
    monkeypatch.setattr("sealmark.web.places.AT_ONCE", 0)
    monkeypatch.setattr("sealmark.web.places.PATIENCE", 0.01)
    with client_of(house) as client:
        answer = client.post("/verify", files={"file": ("a.png", io.BytesIO(picture()))})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
