"""The containers of scenes: positions in JSON, packed tables, aligned files; every lie in them is a domain error."""

import importlib
import io
import json
import struct
import time
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.scene import crate, glb, gltf, lz4, obj, ply, stl, usda, usdc, usdz
from sealmark.media.text import json_spans
from sealmark.media.text.json_spans import Member
from tests.media import scenes

# The peer library is untyped.
SDF: Any = importlib.import_module("pxr.Sdf")
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=25)

GLB, CRATE, USDZ = scenes.EVERY["glb of a library"], scenes.EVERY["usdc"], scenes.EVERY["usdz of a library"]


def _refuse(_constant: str) -> None:
    raise ValueError


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _checks(text: bytes) -> bool:
    try:
        json_spans.check(text)
    except Damaged:
        return False
    return True


@given(VALUES, st.sampled_from([None, 0, 3]))
@settings(max_examples=80, deadline=None)
def test_spans_of_members_and_elements_are_their_json(value: object, indent: int | None) -> None:
    """What stands at a span reads as the value that an independent reader finds there."""
    data = json.dumps(value, indent=indent).encode()
    whole = json_spans.check(data)
    members = {one.key: one.value for one in json_spans.members(data, whole)}
    assert members.keys() == (value.keys() if isinstance(value, dict) else set())
    for key, span in members.items():
        assert isinstance(value, dict)
        assert json.loads(data[span.start : span.end]) == value[key]
    elements = [json.loads(data[one.start : one.end]) for one in json_spans.elements(data, whole)]
    assert elements == (value if isinstance(value, list) else [])


@given(st.text(alphabet='[]{},:"1e.-0 \\ntrue', max_size=14))
@settings(max_examples=300)
def test_json_is_checked_as_others_check_it(text: str) -> None:
    """What is JSON for Python's reader is JSON here, and nothing else is."""
    assert _checks(text.encode()) == _is_json(text.encode())


@given(st.dictionaries(st.text(max_size=3), _LEAVES, max_size=6), st.data())
@settings(deadline=None)
def test_members_are_taken_out_with_one_comma(value: dict[str, object], data: st.DataObject) -> None:
    """Whichever members go, what is left is the object of the others."""
    text = json.dumps(value).encode()
    whole = json_spans.check(text)
    gone: list[Member] = [one for one in json_spans.members(text, whole) if data.draw(st.booleans())]
    edits = json_spans.omitted(text, whole, {one.start for one in gone})
    kept = {key: one for key, one in value.items() if key not in {member.key for member in gone}}
    assert json.loads(json_spans.edited(text, edits)) == kept


@given(st.binary(max_size=600), st.data())
@settings(deadline=None)
def test_blocks_are_read_and_lengthened(content: bytes, data: st.DataObject) -> None:
    """A block reads back, and so does one that was cut anywhere and lengthened."""
    block = lz4.read(lz4.stored(content), len(content))
    assert block.content == content
    keep, new = data.draw(st.integers(0, len(content))), data.draw(st.binary(max_size=400))
    assert lz4.read(lz4.replaced(block, keep, new), 2000).content == content[:keep] + new


def test_copies_of_a_block_are_undone() -> None:
    """A copy from before, one that runs into itself, and a long one (LZ4 block format)."""
    block = (
        bytes.fromhex("40") + b"abcd" + b"\x04\x00" + b"\x1f" + b"x" + b"\x01\x00" + b"\xff\x05" + b"\x50" + b"12345"
    )
    assert lz4.read(block, 1000).content == b"abcdabcd" + b"x" + b"x" * (15 + 255 + 5 + 4) + b"12345"


@pytest.mark.parametrize("data", [b"", b"\x10", b"\x00\x00\x00", b"\x1f1\x02\x00\x00", b"\xf0" + b"\xff" * 100])
def test_broken_blocks_are_refused(data: bytes) -> None:
    """A block that breaks off, or copies from before its beginning."""
    with pytest.raises(lz4.BrokenError):
        lz4.read(data, 1000)


def test_block_that_unfolds_without_end_is_stopped() -> None:
    """A few bytes may announce a copy of millions: no more is made than is allowed."""
    with pytest.raises(lz4.BrokenError):
        lz4.read(b"\x1fx\x01\x00" + b"\xff" * 100_000 + b"\x00\x50abcde", 1 << 20)


@given(st.lists(st.integers(0, (1 << 32) - 1) | st.integers(0, 400), max_size=60))
def test_lists_of_integers_read_back(values: list[int]) -> None:
    """Differences of one, two and four bytes, also across the ends of 32 bits."""
    array = np.array(values, np.uint32)
    assert crate.integers(crate.listed(array), len(values)).tolist() == values


def test_files_of_an_archive_stay_at_multiples_of_64() -> None:
    """USDZ 1.3: whatever the layer grows by, and whoever made the archive; other readers open it."""
    for data in (USDZ, scenes.EVERY["usdz of another maker"], scenes.usdz_of_python(is_streamed=True)):
        archive = usdz.parse(data)
        source = data[archive.layer.start : archive.layer.stop]
        for more in (0, 1, 63, 64, 1000):
            layer = source + b"\n" * more
            new = b"".join(
                piece if isinstance(piece, bytes) else data[piece.start : piece.stop]
                for piece in usdz.build(data, archive, (layer,))
            )
            assert {one.start % 64 for one in usdz.parse(new).files} == {0}
            with zipfile.ZipFile(io.BytesIO(new)) as opened:
                assert opened.testzip() is None
                assert opened.read(opened.namelist()[0]) == layer


def _zip(**changes: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", changes.get("method", zipfile.ZIP_STORED)) as archive:
        archive.writestr(changes.get("name", "a.usda"), scenes.USDA)
    return out.getvalue()


def _patched(data: bytes, at: int, new: bytes) -> bytes:
    at = at % len(data)
    return data[:at] + new + data[at + len(new) :]


LIES: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "GLB longer than its file": (glb.parse, _patched(GLB, 8, struct.pack("<I", len(GLB) + 4))),
    "GLB shorter than its JSON": (glb.parse, _patched(GLB, 8, struct.pack("<I", 24))),
    "GLB whose JSON is longer than all": (glb.parse, _patched(GLB, 12, b"\xff\xff\xff\xff")),
    "GLB without JSON": (glb.parse, _patched(GLB, 16, b"BIN\x00")),
    "glTF of version 1": (gltf.parse, b'{"asset":{"version":"1.0"}}'),
    "glTF without an asset": (gltf.parse, b"{}"),
    "glTF that nests without end": (gltf.parse, b'{"asset":{"version":"2.0"},"a":' + b"[" * 100_000),
    "PLY without an end": (ply.parse, b"ply\nformat ascii 1.0\n" + b"comment x\n" * 200_000),
    "PLY of an unknown format": (ply.parse, b"ply\nformat packed 1.0\nend_header\n"),
    "OBJ without a vertex": (obj.parse, b"# nothing\n" * 200_000),
    "STL with fewer triangles than it says": (stl.parse, _patched(scenes.stl(), 80, struct.pack("<I", 9))),
    "STL that ends after its name": (stl.parse, b"solid AIGC {"),
    "USD text that nests without end": (usda.parse, b"#usda 1.0\n" + b"(" * 100_000),
    "USD text with a wrong bracket": (usda.parse, b"#usda 1.0\n( a = [ } )\n"),
    "USD text with an open string": (usda.parse, b'#usda 1.0\n( "never closed )\n'),
    "crate of an old version": (usdc.parse, _patched(CRATE, 8, b"\x00\x03")),
    "crate of a version to come": (usdc.parse, _patched(CRATE, 8, b"\x00\x63")),
    "crate without a directory": (usdc.parse, _patched(CRATE, 16, struct.pack("<q", len(CRATE) + 9))),
    "crate with tables at negative places": (usdc.parse, _patched(CRATE, -16, struct.pack("<q", -9))),
    "crate with endless tables": (usdc.parse, _patched(CRATE, -8, struct.pack("<q", 1 << 60))),
    "USDZ that is cut": (usdz.parse, USDZ[:-1]),
    "USDZ that is compressed": (usdz.parse, _zip(method=zipfile.ZIP_DEFLATED)),
    "USDZ whose first file is no layer": (usdz.parse, _zip(name="a.png")),
    "USDZ of more files than it has": (usdz.parse, _patched(USDZ, -14, b"\xff\xff\xff\xff")),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_are_noticed_soon(lie: str) -> None:
    """Sizes that lie, versions that are not known, nesting without end: damaged, at once."""
    parse, data = LIES[lie]
    began = time.process_time()
    with pytest.raises(Damaged):
        parse(data)
    assert time.process_time() - began < 1


ENDLESS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "glTF of containers": (gltf.parse, b'{"asset":{"version":"2.0"},"a":[' + b"[[[]]]," * 3_000_000),
    "USD text of entries": (usda.parse, b"#usda 1.0\n(" + b"a = 1;\n" * 300_000 + b")"),
    "USD text of blanks": (usda.parse, b"#usda 1.0\n(" + b" " * 3_000_000 + b")"),
    "USD text of a string": (usda.parse, b'#usda 1.0\n("' + b"\\n" * 3_000_000 + b'")'),
}


@pytest.mark.parametrize("attack", ENDLESS)
def test_endless_metadata_is_refused_soon(attack: str) -> None:
    """Metadata beyond every honest one costs neither memory nor time."""
    parse, data = ENDLESS[attack]
    began = time.process_time()
    with pytest.raises(MetadataOverLimit):
        parse(data)
    assert time.process_time() - began < 3


def test_strings_of_usd_text_say_what_its_own_library_reads() -> None:
    """Both quotes, single and triple, and every escape."""
    written = (
        rb'"a \"quote\" \\ \n\t\x41\101\'"',
        rb"'it\'s \"so\"'",
        b'"""two\nlines "" here"""',
        "'题 \\\\'".encode(),
        b'""',
    )
    for one in written:
        layer = SDF.Layer.CreateAnonymous(".usda")
        layer.ImportFromString((b"#usda 1.0\n(doc = " + one + b")\n").decode())
        assert usda.string(one) == layer.documentation
        assert usda.parse(b"#usda 1.0\n(doc = " + one + b")\n").tokens[-2].end == 17 + len(one)


@pytest.mark.parametrize(
    "data",
    [
        b"solid rock is a text of its own\nand no scene\n",
        b"v is the fifth letter\nf is another one\n",
        b"# AIGC: a heading of Markdown\n\nwords\n",
        b'{"assets": {"version": "2.0"}}',
        b'{"nested": {"asset": {"version": "2.0"}}}',
        b'{"asset": {"version": "2.0"',
        b"ply is a word\n",
        bytes(4096),
        b"12, 34, 56, 78, " * 400,
        bytes(range(256)) * 20,
        np.random.default_rng(1).bytes(5000),
    ],
)
def test_what_only_looks_like_a_scene_is_none(data: bytes) -> None:
    """Formats without a signature are known by more than a word."""
    known = (gltf, glb, ply, obj, stl, usda, usdc, usdz)
    found = [one.FORMAT.name for one in known if one.FORMAT.sniff(data)]
    assert found == (["gltf"] if data.startswith(b'{"asset": ') else [])
