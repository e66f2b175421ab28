"""Scenes for tests, made when they are needed, by several makers, with other metadata to keep."""

import base64
import importlib
import io
import json
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from . import specimens

# The peer libraries are untyped.
PEER: Any = importlib.import_module("pygltflib")
SDF: Any = importlib.import_module("pxr.Sdf")

POINTS = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
INDICES = struct.pack("<3H", 0, 1, 2)
BUFFER = POINTS + INDICES + b"\x00\x00"


def gltf_by_hand() -> bytes:
    """A triangle whose numbers are spelled in ways of their own, with packets and extras of others."""
    uri = "data:application/octet-stream;base64," + base64.b64encode(BUFFER).decode()
    return (
        '{\r\n  "scenes": [{"nodes": [0]}],'
        '\r\n  "nodes": [{"mesh": 0, "scale": [1.0, 1e0, 100E-2], "name": "\\u4e09角"}],'
        '\r\n  "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],\r\n'
        f'  "buffers": [{{"uri": "{uri}", "byteLength": {len(BUFFER)}}}],\r\n'
        '  "bufferViews": [{"buffer": 0, "byteLength": 36}, {"buffer": 0, "byteOffset": 36, "byteLength": 6}],\r\n'
        '  "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0.0, -0.0, 0],'
        ' "max": [1.000, 1e-0, 1E-7]}, {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"}],\r\n'
        '  "extensionsUsed": ["KHR_materials_unlit", "KHR_xmp_json_ld"],\r\n'
        '  "extensions": {"KHR_xmp_json_ld": {"packets": [{"@context": {"dc": "http://purl.org/dc/elements/1.1/"},'
        ' "dc:title": "of a node"}, {"@context": {"dc": "http://purl.org/dc/elements/1.1/"},'
        ' "dc:title": "of all"}]}},\r\n'
        '  "asset": {"version": "2.0", "extras": {"author": "someone", "n": 1.50}, "generator": "by hand",'
        ' "extensions": {"KHR_xmp_json_ld": {"packet": 1}}}\r\n}\r\n'
    ).encode()


def gltf_least() -> bytes:
    """The smallest glTF there is."""
    return b'{"asset":{"version":"2.0"}}'


def _scene() -> Any:
    scene = PEER.GLTF2(
        scene=0,
        scenes=[PEER.Scene(nodes=[0])],
        nodes=[PEER.Node(mesh=0)],
        meshes=[PEER.Mesh(primitives=[PEER.Primitive(attributes=PEER.Attributes(POSITION=0), indices=1)])],
        accessors=[
            PEER.Accessor(bufferView=0, componentType=5126, count=3, type="VEC3", min=[0, 0, 0], max=[1, 1, 0]),
            PEER.Accessor(bufferView=1, componentType=5123, count=3, type="SCALAR"),
        ],
        bufferViews=[
            PEER.BufferView(buffer=0, byteOffset=0, byteLength=36),
            PEER.BufferView(buffer=0, byteOffset=36, byteLength=6),
        ],
        buffers=[PEER.Buffer(byteLength=len(BUFFER))],
    )
    scene.set_binary_blob(BUFFER)
    return scene


def gltf_of_a_library() -> bytes:
    """A triangle as pygltflib writes it, its buffer in a data URI."""
    scene = _scene()
    scene.convert_buffers(PEER.BufferFormat.DATAURI)
    return str(scene.to_json()).encode()


def glb_of_a_library() -> bytes:
    """A triangle as pygltflib writes it in one file."""
    return b"".join(_scene().save_to_bytes())


def glb(text: bytes, *others: tuple[bytes, bytes]) -> bytes:
    """A GLB of a JSON text and other chunks."""
    chunks = ((b"JSON", text + b" " * (-len(text) % 4)), *others)
    body = b"".join(struct.pack("<I4s", len(content), kind) + content for kind, content in chunks)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def glb_by_hand() -> bytes:
    """A GLB with a buffer and a chunk of a kind that no reader knows."""
    scene = json.loads(gltf_by_hand())
    del scene["buffers"][0]["uri"]
    return glb(json.dumps(scene, indent=1).encode(), (b"BIN\x00", BUFFER), (b"XtrA", b"kept"))


OBJ = """# a comment that stays
mtllib box.mtl
o 盒子
v 0.0 0.0 0.0
v 1.000 0.0 -1e-3
v 0 1 0
# a comment among vertices
vn 0 0 1
usemtl red
f 1//1 2//1 3//1
"""
FACET = """  facet normal 0 0 1
    outer loop
      vertex 0 0 0
      vertex 1 0 0
      vertex 0 1 0
    endloop
  endfacet
"""


def ply(form: str = "ascii", ending: str = "\n") -> bytes:
    """A triangle, its header with comments of others."""
    words = "element vertex 3\nproperty float x\nproperty float y\nproperty float z\nelement face 1\n"
    head = (
        f"ply\nformat {form} 1.0\ncomment made by hand\nobj_info kept\n{words}property list uchar int vertex_indices\n"
    )
    text = b"0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
    order = ">" if form == "binary_big_endian" else "<"
    binary = struct.pack(f"{order}9fB3i", 0, 0, 0, 1, 0, 0, 0, 1, 0, 3, 0, 1, 2)
    body = text.replace(b"\n", ending.encode()) if form == "ascii" else binary
    return (head + "end_header\n").replace("\n", ending).encode() + body


def stl(header: bytes = b"", count: int = 2, attributes: int = 0) -> bytes:
    """A binary STL of some triangles."""
    rows = (struct.pack("<12fH", 0, 0, 1, 0, 0, n, 1, 0, n, 0, 1, n, attributes) for n in range(count))
    return header.ljust(80, b"\x00") + struct.pack("<I", count) + b"".join(rows)


USDA = """#usda 1.0
(
    "a comment ) of the layer"
    customLayerData = {
        double answer = 42.50
        dictionary nested = {
            string AIGC = "of something else"
        }
    }
    defaultPrim = "根"
    subLayers = [
        @a)b.usd@ (offset = 1)
    ]
)

def Xform "根"
{
    def Sphere "ball" (
        customData = {
            string note = "stays"
        }
    )
    {
        double radius = 1e-1
        double radius.timeSamples = {
            0: 1.0,
            24: 2,
        }
    }
}
"""


def usdc(text: str, *, saved_again: bool = False) -> bytes:
    """A layer as USD's own library writes it into a crate; saved again, with old tables left among the values."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "a.usdc"))
        source = SDF.Layer.CreateAnonymous(".usda")
        source.ImportFromString(text)
        source.Export(path)
        if saved_again:
            layer = SDF.Layer.FindOrOpen(path)
            layer.documentation = "a word more"
            layer.Save()
        return Path(path).read_bytes()


def usdz_of_a_library(extension: str) -> bytes:
    """A layer and a picture as USD's own library packs them."""
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder, f"a.{extension}")
        source = SDF.Layer.CreateAnonymous(".usda")
        source.ImportFromString(USDA.replace("a)b.usd", "b.png"))
        source.Export(str(layer))
        Path(folder, "b.png").write_bytes(specimens.png())
        writer = SDF.ZipFileWriter.CreateNew(str(Path(folder, "a.usdz")))
        writer.AddFile(str(layer), layer.name)
        writer.AddFile(str(Path(folder, "b.png")), "textures/b.png")
        writer.Save()
        return Path(folder, "a.usdz").read_bytes()


def usdz_of_python(*, is_streamed: bool = False) -> bytes:
    """A layer and a picture in a ZIP of another maker: not aligned, with a comment; streamed, with sizes behind."""
    out = io.BytesIO()
    with zipfile.ZipFile(_Unseekable(out) if is_streamed else out, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = b"a comment that stays"
        archive.writestr("scene.usda", USDA)
        archive.writestr("textures/b.png", specimens.png())
    return out.getvalue()


class _Unseekable(io.RawIOBase):
    """A stream that only goes forward."""

    def __init__(self, out: io.BytesIO) -> None:
        super().__init__()
        self.out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return self.out.write(data)


EVERY: dict[str, bytes] = {
    "gltf by hand": gltf_by_hand(),
    "gltf least": gltf_least(),
    "gltf of a library": gltf_of_a_library(),
    "glb by hand": glb_by_hand(),
    "glb of a library": glb_of_a_library(),
    "glb without a buffer": glb(gltf_least()),
    "usda": USDA.encode(),
    "usda CRLF": USDA.replace("\n", "\r\n").encode(),
    "usda without metadata": b'#usda 1.0\n\ndef Sphere "ball"\n{\n}\n',
    "usda of one line": b'#usda 1.0\n(defaultPrim = "a") def Cube "a" {}\n',
    "usda dictionary of one line": b"#usda 1.0\n# first (\n(customLayerData = { int a = 1; int[] b = [1, 2] })\n",
    "usdc": usdc(USDA),
    "usdc without metadata": usdc('#usda 1.0\ndef Sphere "ball"\n{\n}\n'),
    "usdc saved again": usdc(USDA, saved_again=True),
    "usdz of a library": usdz_of_a_library("usdc"),
    "usdz of a library with text": usdz_of_a_library("usda"),
    "usdz of another maker": usdz_of_python(),
    "ply text": ply(),
    "ply text CRLF": ply(ending="\r\n"),
    "ply text CR": ply(ending="\r"),
    "ply little endian": ply("binary_little_endian"),
    "ply big endian": ply("binary_big_endian", "\r\n"),
    "obj": OBJ.encode(),
    "obj CRLF": OBJ.replace("\n", "\r\n").encode("gbk"),
    "obj of points": b"v 0 0 0 1 0.5 0\nv 1 1 1 1 1 1\n",
    "stl text": f"solid box of wood\n{FACET * 3}endsolid box of wood\n".encode(),
    "stl text CRLF": f"solid\r\n{FACET}endsolid\r\n".encode(),
    "stl text of two": f"solid a\n{FACET}endsolid a\nsolid b\n{FACET}endsolid b\n".encode(),
}
FORMAT_OF = {key: key.partition(" ")[0] for key in EVERY}
