"""Independent readers find the label of a scene where it belongs, and all else as it was; others' labels are read."""

import importlib
import json
import struct
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import metadata
from sealmark.marks.errors import DamagedMetadata, NoRoom
from sealmark.marks.label import Label
from sealmark.marks.marker import mark
from sealmark.media import pieces
from sealmark.media.errors import Damaged
from sealmark.media.scene import glb
from tests.media import scenes

from ..test_label import LABELS

# The peer libraries are untyped.
PEER: Any = importlib.import_module("pygltflib")
SDF: Any = importlib.import_module("pxr.Sdf")
USD: Any = importlib.import_module("pxr.Usd")

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1="""quoted "words" & <tags> \\ it's 题""")
LONG = Label.first("001191000000REHEAR5ALG1DEMO", "C3", reserved_code1="solid Facet " + 'vertex "\\ 题' * 700)
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"


def _keys(*names: str) -> list[str]:
    return [key for key in scenes.EVERY if scenes.FORMAT_OF[key] in names]


def _only(data: bytes, label: Label) -> bool:
    return [(place.label, place.main) for place in metadata.read(data)] == [(label, True)]


def _json(data: bytes) -> Any:
    return json.loads(glb.parse(data).json if data.startswith(b"glTF") else data)


@pytest.mark.filterwarnings("ignore:Ignoring chunk")
@pytest.mark.parametrize("key", _keys("gltf", "glb"))
def test_gltf_reader_finds_packet_and_extras(key: str) -> None:
    """pygltflib reads the property of the asset's own packet in the guide's namespace; the extras say the same."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a.{scenes.FORMAT_OF[key]}")
        path.write_bytes(metadata.write(scenes.EVERY[key], TWO))
        scene = PEER.GLTF2().load(str(path))
    index = scene.asset.extensions["KHR_xmp_json_ld"]["packet"]
    packet = scene.extensions["KHR_xmp_json_ld"]["packets"][index]
    assert packet["@context"]["TC260"] == NAMESPACE
    assert json.loads(packet["TC260:AIGC"]) == scene.asset.extras["AIGC"] == TWO.as_dict()
    assert scene.extensionsUsed.count("KHR_xmp_json_ld") == 1


def _without_label(scene: Any) -> Any:
    """The scene without what a label adds to it."""
    for packet in scene["extensions"]["KHR_xmp_json_ld"]["packets"]:
        packet.pop("TC260:AIGC", None)
        packet["@context"].pop("TC260", None)
    scene["asset"]["extras"].pop("AIGC")
    return scene


@pytest.mark.parametrize("key", ["gltf by hand", "glb by hand"])
def test_every_other_value_of_a_gltf_stays(key: str) -> None:
    """Packets, extras and extensions of others are equal; the text keeps its spellings, the chunks their bytes."""
    source = scenes.EVERY[key]
    marked = metadata.write(source, TWO)
    assert _without_label(_json(marked)) == _json(source)
    if key.startswith("gltf"):
        assert marked.startswith(source[: source.index(b'"http://purl', source.index(b'"of a node"'))])
        assert marked.count(b"\r\n") == source.count(b"\r\n")
    else:
        assert marked.endswith(source[glb.parse(source).json_end :])


@pytest.mark.parametrize("form", ["XMP with another prefix", "full name", "object", "value object"])
def test_ways_to_write_the_property(form: str) -> None:
    """Another prefix of the same namespace, the name as a whole, an object instead of a string: all read, one stays."""
    values: dict[str, Any] = {
        "XMP with another prefix": {"q:AIGC": ONE.wrapped()},
        "full name": {f"{NAMESPACE}AIGC": ONE.inner()},
        "object": {"q:AIGC": ONE.as_dict()},
        "value object": {"q:AIGC": {"@value": ONE.inner()}},
    }
    packet = {"@context": {"q": NAMESPACE}, "q:other": 1.0} | values[form]
    data = json.dumps(
        {
            "extensions": {"KHR_xmp_json_ld": {"packets": [packet]}},
            "asset": {"version": "2.0", "extensions": {"KHR_xmp_json_ld": {"packet": 0}}},
        }
    ).encode()
    assert _only(data, ONE)
    written = metadata.write(data, TWO)
    assert _only(written, TWO)
    assert "TC260" not in _json(written)["extensions"]["KHR_xmp_json_ld"]["packets"][0]["@context"]


def test_labels_in_other_places_of_a_gltf_are_read_and_go() -> None:
    """A node's packet, a strange namespace, extras alone: read, not the main channel, and none is left beside ours."""
    packets = [
        {"@context": {"TC260": NAMESPACE}, "TC260:AIGC": ONE.inner(), "TC260:kept": True},
        {"@context": {"TC260": "urn:another"}, "TC260:AIGC": ONE.inner(), "AIGC": "no label"},
    ]
    scene = {
        "asset": {
            "version": "2.0",
            "extras": {"AIGC": ONE.inner(), "a": 1},
            "extensions": {"KHR_xmp_json_ld": {"packet": 1}},
        },
        "nodes": [{"extensions": {"KHR_xmp_json_ld": {"packet": 0}}}],
        "extensions": {"KHR_xmp_json_ld": {"packets": packets}},
    }
    data = json.dumps(scene).encode()
    found = [(place.label, place.main) for place in metadata.read(data)]
    assert found == [(ONE, False), (ONE, False), (None, False), (ONE, False)]
    written = metadata.write(data, TWO)
    assert _only(written, TWO)
    left = _json(written)["extensions"]["KHR_xmp_json_ld"]["packets"]
    assert left[0] == {"@context": {"TC260": NAMESPACE}, "TC260:kept": True}
    assert left[1] == {"@context": {"TC260": "urn:another", "TC260_": NAMESPACE}, "TC260_:AIGC": TWO.inner()}


def test_extras_that_say_something_else_are_a_second_label() -> None:
    """One label in two serialisations is one; two that differ are two, and a contradiction."""
    data = metadata.write(scenes.EVERY["gltf least"], ONE)
    changed = data.replace(b'"AIGC":{"Label":"1"', b'"AIGC":{"Label":"3"')
    assert len(metadata.read(data)) == 1
    assert [(place.place, place.main) for place in metadata.read(changed)] == [
        ("glTF asset.extras.AIGC", False),
        ("glTF KHR_xmp_json_ld packets[0] TC260:AIGC", True),
    ][::-1]
    assert _only(metadata.write(changed, TWO), TWO)


@pytest.mark.parametrize("extras", ["null", "7", '"words"', "[1.50]"])
def test_extras_that_are_no_object_stay(extras: str) -> None:
    """What an application put there is not ours to change."""
    data = f'{{"asset":{{"version":"2.0","extras":{extras}}}}}'.encode()
    written = metadata.write(data, ONE)
    assert _only(written, ONE)
    assert f'"extras":{extras}'.encode() in written


@pytest.mark.parametrize(
    "more",
    [
        '"extensions":7',
        '"extensions":{"KHR_xmp_json_ld":[]}',
        '"extensions":{"KHR_xmp_json_ld":{"packets":{}}}',
        '"extensions":{},"extensions":{}',
        '"extensionsUsed":"all"',
        '"extensions":{"KHR_xmp_json_ld":{"packets":[5]}}',
    ],
)
def test_gltf_of_wrong_types_is_not_guessed_at(more: str) -> None:
    """Where a key stands twice, or holds what it may not hold, nothing is written."""
    reference = '"extensions":{"KHR_xmp_json_ld":{"packet":0}}'
    data = f'{{"asset":{{"version":"2.0",{reference}}},{more}}}'.encode()
    assert metadata.read(data) == []
    with pytest.raises((DamagedMetadata, Damaged)):
        metadata.write(data, ONE)


@pytest.mark.parametrize("packet", ["7", "-1", '"0"', "1e9", "99999999999999999999"])
def test_reference_to_no_packet_is_replaced(packet: str) -> None:
    """An asset that points nowhere is pointed to the packet with its label."""
    data = f'{{"asset":{{"version":"2.0","extensions":{{"KHR_xmp_json_ld":{{"packet":{packet}}}}}}}}}'.encode()
    assert _only(metadata.write(data, ONE), ONE)


def _layer(data: bytes, extension: str) -> Any:
    """The layer as USD's own library reads it: a crate, a text, or the first of an archive."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a.{extension}")
        path.write_bytes(data)
        return SDF.Layer.OpenAsAnonymous(str(path))


def _content(layer: Any) -> tuple[Any, str]:
    """The label, and the layer's text without it."""
    custom = dict(layer.customLayerData)
    label = custom.pop("AIGC", None)
    layer.customLayerData = custom
    return label, layer.ExportToString()


@pytest.mark.parametrize("key", _keys("usda", "usdc", "usdz"))
def test_usd_itself_reads_the_label_and_the_same_layer(key: str) -> None:
    """pxr reads the string in customLayerData; prims, values, samples and metadata are those of before."""
    form = scenes.FORMAT_OF[key]
    before, after = (
        _content(_layer(data, form)) for data in (scenes.EVERY[key], metadata.write(scenes.EVERY[key], TWO))
    )
    assert (before[0], after[0]) == (None, TWO.inner())
    assert before[1] == after[1]


@pytest.mark.parametrize("key", ["usda", "usdc"])
@settings(max_examples=30, deadline=None)
@given(label=LABELS)
def test_usd_itself_reads_any_label(key: str, label: Label) -> None:
    """Whatever the characters of the values."""
    assert _layer(metadata.write(scenes.EVERY[key], label), key).customLayerData["AIGC"] == label.inner()


@pytest.mark.parametrize("extension", ["usda", "usdc"])
@pytest.mark.parametrize("form", ["string", "dictionary", "wrapped"])
def test_labels_that_usd_itself_wrote_are_read_and_replaced(extension: str, form: str) -> None:
    """A string or a dictionary of strings among other entries; the others stay, also those that refer to its text."""
    source = SDF.Layer.CreateAnonymous(".usda")
    source.ImportFromString(scenes.USDA)
    values = {"string": ONE.inner(), "dictionary": ONE.as_dict(), "wrapped": ONE.wrapped()}
    source.customLayerData = {"AIGC": values[form], "A": 1, "copy": ONE.inner(), "zz": [1.5] and "last"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a.{extension}")
        source.Export(str(path))
        data = path.read_bytes()
    assert _only(data, ONE)
    written = metadata.write(data, TWO)
    assert _only(written, TWO)
    assert metadata.write(metadata.write(data, ONE), TWO) == written
    (_, before), (label, after) = _content(_layer(data, extension)), _content(_layer(written, extension))
    assert (label, after) == (TWO.inner(), before)


def test_usd_saves_a_labelled_crate_again() -> None:
    """What we wrote is a crate that USD's own library edits in place; its label is still read and replaced."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.usdc")
        path.write_bytes(metadata.write(scenes.EVERY["usdc"], ONE))
        layer = SDF.Layer.FindOrOpen(str(path))
        layer.documentation = "a word more, and more words than fit where the old tables were" * 9
        layer.Save()
        saved = path.read_bytes()
    assert _only(saved, ONE)
    written = metadata.write(saved, TWO)
    assert _only(written, TWO)
    assert _content(_layer(saved, "usdc"))[1] == _content(_layer(written, "usdc"))[1]


def test_stage_of_an_archive_opens_with_its_label() -> None:
    """A viewer that opens the archive finds the label at the root layer, and the prims."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.usdz")
        path.write_bytes(metadata.write(scenes.EVERY["usdz of a library"], ONE))
        stage = USD.Stage.Open(str(path))
        assert stage.GetRootLayer().customLayerData["AIGC"] == ONE.inner()
        assert stage.GetPrimAtPath("/根/ball").GetAttribute("radius").Get() == 0.1


@pytest.mark.parametrize(
    "custom",
    [
        "customLayerData = {}\ncustomLayerData = {}",
        "customLayerData = 7",
        "customLayerData = { string }",
        "customLayerData = { = 1 }",
    ],
)
def test_usd_text_that_is_no_layer_is_not_guessed_at(custom: str) -> None:
    """A dictionary that stands twice or is none: nothing is written."""
    with pytest.raises((DamagedMetadata, Damaged)):
        metadata.write(f"#usda 1.0\n(\n{custom}\n)\n".encode(), ONE)


@pytest.mark.parametrize(
    "line",
    [
        f"comment AIGC {ONE.inner()}",
        f"comment AIGC: {ONE.inner()}",
        f"obj_info AIGC={ONE.inner()}",
        f"comment \t AIGC {ONE.wrapped()} ",
        f"comment {ONE.wrapped()}",
    ],
)
def test_ways_to_comment_a_ply(line: str) -> None:
    """With a colon, an equals sign or neither, in a comment or in obj_info, without a key: read and replaced."""
    data = scenes.ply().replace(b"comment made by hand", f"{line}\ncomment made by hand".encode())
    assert [place.label for place in metadata.read(data)] == [ONE]
    written = metadata.write(data, TWO)
    assert _only(written, TWO)
    assert b"comment made by hand\nobj_info kept\n" in written


@pytest.mark.parametrize("key", _keys("ply"))
def test_ply_keeps_its_lines_short_and_its_elements(key: str) -> None:
    """RPly reads lines of less than 1,024 bytes: a long label goes on in further comments; every other line stays."""
    source = scenes.EVERY[key]
    marked = metadata.write(source, LONG)
    assert _only(marked, LONG)
    head, body = marked.split(b"end_header", 1)
    lines = head.splitlines()
    assert max(map(len, lines)) < 1024
    assert [line for line in lines if b"AIGC" not in line] == source.split(b"end_header", 1)[0].splitlines()
    assert body == source.split(b"end_header", 1)[1]
    assert marked.isascii() == source.isascii()


def test_ply_of_two_labels_keeps_one() -> None:
    """GB 45438 6.1 c): the first is replaced, all others go, with the lines that go on with them."""
    once = metadata.write(scenes.EVERY["ply text"], LONG)
    first = once.index(b"comment AIGC")
    lines = once[first : once.index(b"comment made")]
    twice = once[:first] + lines + lines + once[first + len(lines) :]
    assert [place.label for place in metadata.read(twice)] == [LONG, LONG]
    assert _only(metadata.write(twice, TWO), TWO)


@pytest.mark.parametrize("key", _keys("obj"))
def test_obj_begins_with_its_label(key: str) -> None:
    """One line of ASCII at the head, with the line end of the file; every other byte stays."""
    marked = metadata.write(scenes.EVERY[key], TWO)
    line = marked.splitlines(keepends=True)[0]
    assert json.loads(line.removeprefix(b"# AIGC: ")) == TWO.as_dict()
    assert line.isascii()
    assert line.endswith(b"\r\n") == (key == "obj CRLF")
    assert marked[len(line) :] == scenes.EVERY[key]


@pytest.mark.parametrize("key", _keys("stl"))
def test_text_stl_names_its_label_behind_the_solid(key: str) -> None:
    """The name stays first; no word that readers look for stands in the JSON; the triangles stay."""
    source = scenes.EVERY[key]
    marked = metadata.write(source, LONG)
    assert _only(marked, LONG)
    name, text = marked.splitlines()[0].split(b" AIGC ")
    assert name == source.splitlines()[0]
    assert not any(word in text.lower() for word in (b"solid", b"facet", b"vertex", b"loop", b"normal"))
    assert marked[len(name) + 6 + len(text) :] == source[len(name) :]


BINARY = {
    "nothing": b"",
    "blanks": b" " * 80,
    "a name": b"Exported by something",
    "a name that lies": b"solid something",
    "colours": b"COLOR=\x10\x20\x30\x00",
    "colours and material": b"COLOR=\x10\x20\x30\xff",
}


@pytest.mark.parametrize("key", BINARY)
def test_binary_stl_has_the_label_in_its_header(key: str) -> None:
    """The seven fields in the order of Annex E, shortened; triangles, size, and what others wrote there stay."""
    source = scenes.stl(BINARY[key], attributes=7)
    marked = metadata.write(source, ONE)
    assert marked.startswith(b"AIGC=1|001191000000REHEAR5ALG1DEMO|A1")
    assert BINARY[key].strip() in marked[:80]
    assert (marked[80:], len(marked)) == (source[80:], len(source))
    assert _only(marked, ONE)
    again = Label.first("001191000000REHEAR5ALG1DEMO", "B23")
    assert metadata.write(marked, again) == metadata.write(source, again)
    assert mark(source, ONE, layers=("metadata",)).data == marked


@pytest.mark.parametrize(
    "label",
    [
        Label.parse('{"Label":"2","ContentProducer":"p","ProduceID":"7"}'),
        Label.parse('{"Label":"3"}'),
        Label.first("p", "7", reserved_code1="r"),
        ONE.propagated("q", "8"),
        Label.first("p", "7").propagated("p", "7", reserved_code2="s"),
    ],
)
def test_every_form_of_the_short_label_reads_back(label: Label) -> None:
    """Whatever is left out because it is empty or repeats the producer's fields."""
    assert _only(metadata.write(scenes.stl(), label), label)


@pytest.mark.parametrize(
    ("header", "label"),
    [
        (b"numpy-stl (4.1.1) 2026-11-23 23:32:14.586243 n.stl", ONE),
        (b"x" * 80, Label.first("p", "7")),
        (b"", TWO),
        (b"", Label.first("p|q", "7")),
        (b"", ONE.propagated("001191000000REHEAR5ALG2DEMO", "R0000000000A1", reserved_code2="x" * 20)),
    ],
)
def test_binary_stl_without_room_is_not_marked(header: bytes, label: Label) -> None:
    """Eighty bytes hold no more: nothing of others is cut, and no label is written that would not read back."""
    with pytest.raises(NoRoom):
        metadata.write(scenes.stl(header), label)


@pytest.mark.parametrize("short", [b"AIGC=x", b"AIGC=1|2", b"AIGC=9|a|b", b"AIGC=1|a|b|c|d", b"AIGC=1|a|b|c|d|e|f|g"])
def test_strange_short_label_is_an_unreadable_one(short: bytes) -> None:
    """A field that is no label is shown as such, and our own edit replaces it."""
    data = scenes.stl(short)
    assert [(place.label, place.error is not None) for place in metadata.read(data)] == [(None, True)]
    assert _only(metadata.write(data, ONE), ONE)


def test_stl_whose_last_triangles_are_cut_is_damaged() -> None:
    """A cut file never reads as a whole one, and bytes behind the end are shown."""
    data = metadata.write(scenes.stl(), ONE)
    with pytest.raises(SealmarkError):
        metadata.read(data[:-1])
    left = metadata.remains(data + b"more", media.by_name("stl"))
    assert (left.tail, left.damages) == (b"more", ())


def _large(name: str) -> bytes:
    """A scene of fifty megabytes."""
    size = 50_000_000
    row = struct.pack("<12fH", 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0)
    text = scenes.EVERY["glb of a library"]
    makers = {
        "glb": lambda: scenes.glb(glb.parse(text).json, (b"BIN\x00", bytes(size))),
        "stl": lambda: scenes.stl()[:80] + struct.pack("<I", size // 50) + row * (size // 50),
        "ply": lambda: scenes.ply("binary_little_endian") + bytes(size),
        "obj": lambda: scenes.EVERY["obj"] + b"v 0 0 0\n" * (size // 8),
        "usda": lambda: scenes.EVERY["usda"] + b'def Sphere "a"\n{\n}\n' * (size // 19),
    }
    return makers[name]()


@pytest.mark.parametrize("name", ["glb", "stl", "ply", "obj", "usda"])
def test_fifty_megabytes_cost_milliseconds(name: str) -> None:
    """Only what changes is read: at most 60 ms of CPU, and no more memory than for a small one."""
    data = _large(name)
    began = time.process_time()
    new = metadata.edit(data, ONE)
    assert time.process_time() - began < 0.06
    assert sum(len(piece) for piece in new if isinstance(piece, bytes)) < 20_000
    assert pieces.length(new) >= len(data)
