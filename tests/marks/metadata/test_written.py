"""Kinds of text for which no rule says where the label goes: each has its place, and stays what it was."""

import html as entities
import io
import json
import time
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import av
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.errors import DamagedMetadata, NoExplicitMark, NoMetadataPlace, UnreadableLabel
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.media.errors import Damaged, LyingFormat, MetadataOverLimit, NotUtf8
from tests.media import specimens

from ..test_label import LABELS

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""}{ "quoted" & <tags> --> it's \\ 题""")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TC = "http://www.tc260.org.cn/ns/AIGC/1.0/"


def _form(name: str) -> media.Format:
    return media.by_name(name)


def _labels(data: bytes, form: str) -> list[tuple[Label | None, bool]]:
    return [(place.label, place.main) for place in metadata.read(data, _form(form))]


def _written(data: bytes, form: str, label: Label = TWO) -> bytes:
    """The item with the label, once it is sure that a second writing changes nothing and that it is the only one."""
    once = metadata.write(data, label, _form(form))
    assert metadata.write(metadata.write(data, ONE, _form(form)), label, _form(form)) == once
    assert metadata.write(once, label, _form(form)) == once
    assert _labels(once, form) == [(label, True)]
    assert media.sniff(once) is _form(form)
    return once


@settings(max_examples=150, deadline=None)
@given(label=LABELS, before=LABELS, key=st.sampled_from(sorted(specimens.WRITTEN)))
def test_any_label_reads_back_and_is_the_only_one(label: Label, before: Label, key: str) -> None:
    """Whatever its characters, and whatever label stood there: GB 45438 6.1 c)."""
    source, form = specimens.WRITTEN[key], _form(key)
    assert metadata.read(source, form) == []
    written = metadata.write(source, label, form)
    assert _labels(written, key) == [(label, True)]
    assert metadata.write(metadata.write(source, before, form), label, form) == written


class _Page(HTMLParser):
    """What the standard library's reader sees of a page, apart from its label."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=False)
        self.label = ""
        self.seen: list[Any] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "meta" and (found.get("name") or "").lower() == "aigc":
            self.label = found["content"] or ""
        else:
            self.seen.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    def handle_decl(self, decl: str) -> None:
        self.seen.append(decl)


META = f'<meta name="AIGC" content="{entities.escape(ONE.inner())}">'
PAGES = {
    "whole": "<!DOCTYPE html>\r\n<html lang=zh>\r\n<head>|<title>题</title>\r\n</head><body>b</body></html>",
    "encoding first": "<!doctype html><html><head><title>a</title><META CHARSET=utf-8>|<style>a>b{}</style></head>",
    "implied head": "<!DOCTYPE html><title>t</title><meta charset=utf-8>|<p>words",
    "no document type": "<html><body>|".replace("|", "").replace("<html>", "<html>|"),
    "fragment": "|<p>hello <b>you</b></p>",
    "words first": "|words and <i>more</i>",
    "byte order mark": "\ufeff|<p>a</p>",
    "comment first": "<!-- saved from --><!DOCTYPE html><html><head>|<link rel=x></head></html>",
    "XHTML": '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x">'
    '<html xmlns="http://www.w3.org/1999/xhtml"><head>|<title/></head><body/></html>',
    "tricks": "<!doctype html><head>|<script>'<meta name=AIGC>'</script><!-- <meta name=AIGC> --></head><p id='<meta'>",
}


@pytest.mark.parametrize("key", PAGES)
def test_page_gets_its_label_early_and_keeps_every_byte(key: str) -> None:
    """HTML: behind the declaration of the encoding, or as the first thing there is; an independent reader finds it."""
    before, behind = PAGES[key].split("|")
    source = (before + behind).encode()
    assert media.sniff(source, "a.htm").name == "html"
    written = _written(source, "html")
    assert written.startswith(before.encode())
    assert written.endswith(behind.encode())
    page, was = _Page(written.decode()), _Page(source.decode())
    assert json.loads(page.label) == TWO.as_dict()
    assert page.seen == was.seen


def test_xhtml_stays_well_formed() -> None:
    """An XML reader finds the label in a page that is XML."""
    root = ElementTree.fromstring(_written(PAGES["XHTML"].replace("|", "").encode(), "html"))
    found = root.find(".//{http://www.w3.org/1999/xhtml}meta")
    assert found is not None
    assert json.loads(found.attrib["content"]) == TWO.as_dict()


@pytest.mark.parametrize(
    "meta",
    [
        META,
        META.upper().replace(entities.escape(ONE.inner()).upper(), entities.escape(ONE.inner())),
        f"<meta content='{ONE.wrapped()}' name=aigc >",
        META.replace('">', '" data-x="y"/>'),
        f"<meta name=AIGC content={entities.escape(ONE.inner())}>",
    ],
)
@pytest.mark.parametrize("place", ["<head>{}<title>a</title></head>", "<!doctype html><p>a</p>{}", "{0}<p>{0}"])
def test_label_of_another_writer_is_read_and_replaced(meta: str, place: str) -> None:
    """Upper case, other quotes, wrapped, in the body, twice: all are read, one remains, in the head."""
    source = place.format(meta).encode()
    found = metadata.read(source, _form("html"))
    assert {one.label for one in found} == {ONE}
    assert len(found) == place.count("{")
    _written(source, "html")


@pytest.mark.parametrize("coding", ["gb18030", "gbk", "big5", "windows-1252", "iso-8859-1", "shift_jis", "euc-kr"])
def test_page_in_another_encoding_keeps_it(coding: str) -> None:
    """The label is written in ASCII and reads alike in every encoding that holds ASCII; so does one in the page's."""
    words = {"windows-1252": "é", "iso-8859-1": "é", "euc-kr": "가"}.get(coding, "中")
    label = Label.first(words, "1")
    source = f"<html><head><meta charset={coding}><title>{words}</title></head>".encode(coding)
    assert media.sniff(source, "a.html", "text/html").name == "html"
    written = _written(source, "html", label)
    assert json.loads(_Page(written.decode(coding)).label) == label.as_dict()
    theirs = f"<html><meta charset={coding}><meta name=AIGC content='{label.inner()}'>".encode(coding)
    assert _labels(theirs, "html") == [(label, True)]


@pytest.mark.parametrize("coding", ["utf-16", "utf-7", "iso-2022-jp", "hz", "no-such-coding", "x\x00y"])
def test_page_in_an_encoding_that_hides_markup_is_refused(coding: str) -> None:
    """Where a byte of a tag may be something else nothing is read or written."""
    source = f"<!doctype html><meta charset='{coding}'>".encode()
    for call in (lambda: metadata.read(source, _form("html")), lambda: metadata.write(source, ONE, _form("html"))):
        with pytest.raises(Damaged):
            call()
    with pytest.raises(NotUtf8):
        media.sniff("<p>中".encode("gbk"), "a.html")


OBJECTS = {
    "empty": "{}",
    "space": "{ }\n",
    "compact": '{"a":1}',
    "indented": '{\n  "a": [1, {"AIGC": "}"}],\n  "b": null\n}\n',
    "byte order mark": '\ufeff\n{"a": "\\"}{"}',
    "numbers": '{"a": 1.50e3, "b": -0, "c": true, "d": 12345678901234567890}',
    "same key": '{"a": 1, "a": 2, "AIGC ": 3, "aigc": 4}',
}


@pytest.mark.parametrize("key", OBJECTS)
def test_object_gets_its_label_first_and_keeps_every_byte(key: str) -> None:
    """JSON: a first member; every other member follows, byte for byte."""
    source = OBJECTS[key].encode()
    assert media.sniff(source, "a.json").name == "json"
    written = _written(source, "json")
    head, rest = source.split(b"{", 1)
    assert written.startswith(head + b'{"AIGC":{"Label":"1"')
    assert written.endswith(rest)
    read = orjson.loads(written.removeprefix(b"\xef\xbb\xbf"))
    assert read.pop("AIGC") == TWO.as_dict()
    assert read == json.loads(source.decode("utf-8-sig"))


@pytest.mark.parametrize(
    "value", [ONE.inner(), ONE.wrapped(), json.dumps(ONE.inner()), json.dumps(ONE.as_dict(), indent=2)]
)
@pytest.mark.parametrize("name", ['"AIGC"', '"\\u0041IGC"'])
@pytest.mark.parametrize(
    ("source", "left"),
    [
        ('{%s: %s, "a": 1}', '{ "a": 1}'),
        ('{\n  %s: %s,\n  "a": 1\n}', '{\n  "a": 1\n}'),
        ('{"a": 1, %s: %s, "b": 2}', '{"a": 1, "b": 2}'),
        ('{"a": 1 , %s : %s }', '{"a": 1 }'),
        ("{%s: %s}", "{}"),
        ('{"a": 1, %s: %s, "AIGC": 7}', '{"a": 1}'),
        ('{"AIGC": 7,%s: %s}', "{}"),
    ],
)
def test_label_of_another_writer_in_an_object(source: str, left: str, name: str, value: str) -> None:
    """Wherever the member stood it is taken out with its comma, and the new one stands first."""
    data = (source % (name, value)).encode()
    assert ONE in [place.label for place in metadata.read(data, _form("json"))]
    rest = left[1:] if left == "{}" else "," + left[1:]
    assert _written(data, "json") == ('{"AIGC":' + TWO.inner() + rest).encode()


@pytest.mark.parametrize("source", ["[]", '[{"AIGC": 1}]', "7", '"AIGC"', "null", "\ufeff[1]"])
def test_array_or_value_has_no_place(source: str) -> None:
    """Only an object can bear a member; the error says to put the label beside the file."""
    assert metadata.read(source.encode(), _form("json")) == []
    with pytest.raises(NoMetadataPlace):
        metadata.write(source.encode(), ONE, _form("json"))


BROKEN = (
    *("{", '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', "{'a':1}", '{"a":[}', '{"a":[1}', '{"a":01}', '{"a":.5}'),
    *("{} {}", '{"a":1]', "[1", '{"a" 1}', "x", '{"a":1 "b":2}', '{"a":tru}', '{"a":"\\"}', '{"a":"\n"}', '{"AIGC"'),
    *('{"AIGC":{}', '{"\\x":1}'),
)


@pytest.mark.parametrize("source", ["", "[" * 100_000, '{"a' * 9, *BROKEN])
def test_broken_json_is_damaged(source: str) -> None:
    """Cut, unbalanced, or no JSON at all: said so, never written, at once."""
    with pytest.raises(Damaged):
        metadata.write(source.encode(), ONE, _form("json"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=4), inside, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["a", "AIG", "AIGC\\", "\u0000", "题", "{", '"']) | st.text(max_size=4), VALUES),
    LABELS,
)
def test_any_object_keeps_its_members(source: dict[str, Any], label: Label) -> None:
    """Whatever stands in it, an independent reader finds the label and all that was there."""
    source.pop("AIGC", None)
    for text in (json.dumps(source), json.dumps(source, ensure_ascii=False, indent=1)):
        try:
            data = text.encode()
        except UnicodeEncodeError:
            continue
        written = json.loads(metadata.write(data, label, _form("json")))
        assert next(iter(written)) == "AIGC"
        assert written.pop("AIGC") == label.as_dict()
        assert written == source


PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + RDF + '"><rdf:Description rdf:about="" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/svg+xml"/>%s</rdf:RDF></x:xmpmeta>'
)
AIGC = f'<rdf:Description rdf:about="" xmlns:TC260="{TC}"><TC260:AIGC>{ONE.inner()}</TC260:AIGC></rdf:Description>'
SVG = 'xmlns="http://www.w3.org/2000/svg"'
CREATIVE = (
    f'<svg {SVG} xmlns:rdf="{RDF}" xmlns:cc="http://creativecommons.org/ns#"><metadata id="m"><rdf:RDF>'
    '<cc:Work rdf:about="">%s</cc:Work></rdf:RDF></metadata><path d="M0 0"/></svg>'
)
PICTURES = {
    "plain": f"<svg {SVG}><circle r='1'/></svg>",
    "document type": '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
    f'"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n<!-- AIGC --><svg {SVG} a=">">题</svg>\n',
    "empty root": f"<svg {SVG} />",
    "prefix": '<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:g/></s:svg>',
    "byte order mark": f"\ufeff<svg {SVG}><g/></svg>",
    "packet": f"<svg {SVG}><g/><metadata>{PACKET % ''}</metadata></svg>",
    "Inkscape": CREATIVE % "",
    "metadata in a group": f"<svg {SVG}><g><metadata>{PACKET % ''}</metadata></g></svg>",
}


@pytest.mark.parametrize("key", PICTURES)
def test_picture_of_lines_gets_a_packet_and_keeps_every_byte(key: str) -> None:
    """SVG: XMP in a metadata element of the root, where an XML reader finds it; nothing that was there goes."""
    source = PICTURES[key].encode()
    assert media.sniff(source, "a.svg").name == "svg"
    written = _written(source, "svg")
    root = ElementTree.fromstring(written)
    found = [one.text for one in root.iter(f"{{{TC}}}AIGC")]
    assert [json.loads(text or "") for text in found] == [TWO.as_dict()]
    assert found[0] == root.findtext(f"{{http://www.w3.org/2000/svg}}metadata//{{{TC}}}AIGC")
    if key not in {"empty root"}:
        at = next(at for at, (a, b) in enumerate(zip(source, written, strict=False)) if a != b)
        assert written.endswith(source[at:])


@pytest.mark.parametrize(
    ("source", "main"),
    [
        (f"<svg {SVG}><metadata>{PACKET % AIGC}</metadata><g/></svg>", True),
        (f"<svg {SVG}><metadata>{PACKET % AIGC}</metadata><metadata>{PACKET % AIGC}</metadata></svg>", True),
        (CREATIVE % AIGC, False),
        (f"<svg {SVG}><g><metadata>{PACKET % AIGC}</metadata></g></svg>", False),
    ],
)
def test_label_of_another_writer_in_a_picture_of_lines(source: str, main: bool) -> None:
    """In a packet it is the main channel; in other RDF, or deeper, it is read and superseded."""
    assert set(_labels(source.encode(), "svg")) == {(ONE, main)}
    _written(source.encode(), "svg")


BOMB = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij")
)
HOSTILE = {
    "entity bomb": f"{BOMB}]><svg {SVG}><metadata>&j;</metadata></svg>",
    "external entity": f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]><svg {SVG}>&x;</svg>',
    "another encoding": f'<?xml version="1.0" encoding="gb2312"?><svg {SVG}/>',
    "cut": f"<svg {SVG}><g>",
    "nested without end": f"<svg {SVG}>" + "<g>" * 100_000,
    "metadata without end": f"<svg {SVG}>" + "<metadata/>" * 100_000 + "</svg>",
    "labels without end": f"<svg {SVG}>" + f"<metadata>{PACKET % AIGC}</metadata>" * 100 + "</svg>",
    "packet that is none": f'<svg {SVG}><metadata><a xmlns="adobe:ns:meta/">AIGC</a></metadata></svg>',
    "two roots": f"<svg {SVG}/><svg {SVG}/>",
    "another root": "<html><svg/></html>",
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_picture_of_lines_is_refused_soon(attack: str) -> None:
    """Entity bombs, files from elsewhere, nesting without end: a domain error at once, for reading and writing."""
    began, data = time.process_time(), HOSTILE[attack].encode()
    left = metadata.remains(data, _form("svg"))
    assert left.damages or attack == "packet that is none"
    if attack != "labels without end":  # all of them can be taken out
        with pytest.raises((Damaged, DamagedMetadata, MetadataOverLimit)):
            metadata.write(data, ONE, _form("svg"))
    assert time.process_time() - began < 2


SUBTITLES = {
    "srt": "1\n00:00:01,000 --> 00:00:02,000\n你好 <i>you</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nBye\n",
    "srt old": "\ufeff1\r\n00:00:01,000 --> 00:00:02,000  X1:0 X2:9 Y1:0 Y2:9\r\nHi\r\n\r\n",
    "srt zero": "0\r\n00:00:00.000 --> 00:00:01.500\r\n{\\an8}top\r\n",
    "vtt": "WEBVTT\n\n1\n00:01.000 --> 00:02.000\n你好 <i>you</i>\n\n00:03.000 --> 00:04.000 align:start\nBye\n",
    "vtt header": "WEBVTT - title\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\nSTYLE\n::cue { color: red }\n\n"
    "NOTE AIGCX is no label\n\n00:01.000 --> 00:02.000\nNOTE AIGC in a cue\n",
    "vtt old": "\ufeffWEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nHi\r\n\r\n",
    "vtt narrow": "WEBVTT\n00:01.000 --> 00:02.000\nHi\n",
    "vtt bare": "WEBVTT",
    "vtt line": "WEBVTT\r\n",
}


def _cues(data: bytes, form: str) -> list[tuple[Any, ...]]:
    """What ffmpeg reads and would show: times, the text as it stands, and as it is shown."""
    with av.open(io.BytesIO(data), "r", format={"vtt": "webvtt"}.get(form, form)) as file:
        packets = [packet for packet in file.demux(file.streams.subtitles[0]) if packet.size]
        return [
            (packet.pts, packet.duration, bytes(packet), *(_shown(one) for one in packet.decode()))
            for packet in packets
        ]


def _shown(subtitle: Any) -> bytes:
    return b"".join(rect.dialogue for rect in getattr(subtitle, "rects", [subtitle]))


@pytest.mark.parametrize("key", SUBTITLES)
def test_subtitles_get_a_label_that_no_player_shows(key: str) -> None:
    """ffmpeg reads the same cues as before, and of the label, if anything, a cue of no length and no text."""
    source, form = SUBTITLES[key].encode(), key.partition(" ")[0]
    assert media.sniff(source, f"a.{form}").name == form
    assert metadata.read(source, _form(form)) == []
    written = _written(source, form)
    if key in {"vtt bare", "vtt line", "vtt narrow"}:  # ffmpeg finds no cue in the first place
        return
    was, now = _cues(source, form), _cues(written, form)
    assert len(was) >= 1
    if form == "srt":
        start, duration, text, shown = now.pop(0)
        assert (start, duration, shown) == (0, 0, b"")
        assert json.loads(text.removeprefix(b"{\\AIGC ")) == TWO.as_dict()
    assert now == was


@pytest.mark.parametrize("key", SUBTITLES)
def test_subtitles_keep_every_byte(key: str) -> None:
    """The label is put in; what stands before and behind it is what was there."""
    source, form = SUBTITLES[key].encode(), key.partition(" ")[0]
    written = _written(source, form)
    at = next((at for at, (a, b) in enumerate(zip(source, written, strict=False)) if a != b), len(source))
    assert written.endswith(source[at:])


@pytest.mark.parametrize(
    ("form", "source"),
    [
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\n{\\AIGC " + ONE.inner() + "\nHi\n"),
        (
            "srt",
            "1\n00:00:01,000 --> 00:00:02,000\nHi\n\n0\n00:00:00,000 --> 00:00:00,000\n{\\AIGC " + ONE.inner() + "\n\n",
        ),
        ("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n\nNOTE AIGC\n" + json.dumps(ONE.as_dict(), indent=1)),
        (
            "vtt",
            "WEBVTT\n\nNOTE AIGC: "
            + ONE.wrapped()
            + "\n\nNOTE AIGC "
            + ONE.inner()
            + "\n\n00:01.000 --> 00:02.000\nHi",
        ),
    ],
)
def test_label_elsewhere_in_subtitles_is_read_and_replaced(form: str, source: str) -> None:
    """In a cue that is shown, in a later block, twice: read, and one remains, at the start."""
    assert {label for label, _ in _labels(source.encode(), form)} == {ONE}
    assert "Hi" in _written(source.encode(), form).decode()


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("srt", b"words"),
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\n中".encode("gbk")),
        ("srt", SUBTITLES["srt"].encode()[:37]),
        ("vtt", b"words"),
        ("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n中".encode("gbk")),
    ],
)
def test_broken_subtitles_are_damaged(form: str, data: bytes) -> None:
    """No subtitles, another encoding, a cut character: said so, and never written."""
    assert metadata.remains(data, _form(form)).damages
    with pytest.raises(Damaged):
        metadata.write(data, ONE, _form(form))


def test_label_cut_in_its_middle_is_never_none() -> None:
    """A text that breaks off inside its label has an unreadable one, or is damaged."""
    for form, begin in (("srt", b"{\\AIGC "), ("vtt", b"NOTE AIGC "), ("html", b"<meta name="), ("json", b"AIGC")):
        written = metadata.write(specimens.WRITTEN[form], ONE, _form(form))
        start = written.index(begin) + len(begin)
        for cut in range(start + 1, written.index(b"ReservedCode2"), 5):
            left = metadata.remains(written[:cut], _form(form))
            assert left.damages or [place.error is not None for place in left.places] == [True]


@pytest.mark.parametrize("key", specimens.WRITTEN)
def test_metadata_mark_alone_is_written(key: str) -> None:
    """Who shows the mark elsewhere asks for the label alone; writing it twice changes nothing."""
    marked = mark(specimens.WRITTEN[key], ONE, layers=("metadata",), name=f"a.{key}")
    assert (marked.format.name, marked.layers) == (key, ("metadata",))
    assert mark(marked.data, ONE, layers=("metadata",)).data == marked.data


def test_data_bears_no_visible_mark() -> None:
    """A line of words would break JSON: its label rides in the data alone (docs/reference/formats.md)."""
    with pytest.raises(NoExplicitMark):
        mark(specimens.WRITTEN["json"], ONE, name="a.json")


def test_field_of_that_name_which_is_no_label_is_not_overwritten() -> None:
    """JSON may use the name for something else: only who declares an own edit replaces it."""
    data = b'{"AIGC": true}'
    with pytest.raises(UnreadableLabel):
        mark(data, ONE, layers=("metadata",), name="a.json")
    assert mark(data, ONE, layers=("metadata",), name="a.json", own_edit=True).label == ONE


def test_binary_declared_as_text_of_a_kind_is_refused() -> None:
    """A picture is no page, whatever its name says."""
    for name in ("a.html", "a.json", "a.srt", "a.vtt", "a.svg"):
        with pytest.raises(LyingFormat):
            media.sniff(specimens.EVERY["png"], name)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), key=st.sampled_from(sorted(specimens.WRITTEN)))
def test_any_damage_is_an_answer(data: st.DataObject, key: str) -> None:
    """Flipped, cut or doubled bytes: a label, or a domain error; what is written reads back as the only label."""
    whole = bytearray(metadata.write(specimens.WRITTEN[key], ONE, _form(key)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    try:
        written = metadata.write(bytes(whole), TWO, _form(key))
    except SealmarkError:
        metadata.remains(bytes(whole), _form(key))
        return
    assert _labels(written, key) == [(TWO, True)]
