"""The label board in glTF: any viewer's opening screen shows it, and nothing else of the file changes."""

import base64
import importlib
import io
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from sealmark.errors import SealmarkError
from sealmark.marks import surfaces
from sealmark.marks.explicit.errors import WordingTooLong
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.explicit.wording import table
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media import STANDARD, by_name, sniff
from sealmark.media.errors import Damaged
from sealmark.media.scene import glb
from tests.media import scenes
from tests.media.solids import (
    FIGURE,
    PERSPECTIVE,
    SOLIDS,
    Surface,
    blob,
    framed,
    render,
    solid_glb,
    solids,
    text_height,
)

PEER: Any = importlib.import_module("pygltflib")
GLTFS = [key for key in scenes.EVERY if scenes.FORMAT_OF[key] in {"gltf", "glb"}]
NAME = "AIGC label board"
# Turned to look down on a figure from the right.
LOOKING = {"translation": [1.2, 2.0, 3.6], "rotation": [-0.12, 0.16, 0.02, 0.98]}


def _mark(data: bytes, **chosen: Any) -> bytes:
    form = sniff(data)
    surface = surfaces.of(form)
    assert surface is not None
    asked = surfaces.Asked(ExplicitOptions(**chosen), STANDARD, fresh=False, own=True)
    return bytes(surface.mark(data, form, asked)[0])


def _find(data: bytes) -> Any:
    form = sniff(data)
    surface = surfaces.of(form)
    assert surface is not None
    return surface.find(data, form, STANDARD)


def _scene(data: bytes) -> dict[str, Any]:
    return dict(json.loads(glb.parse(data).json if data[:4] == b"glTF" else data))


def _boards(scene: dict[str, Any]) -> list[int]:
    return [number for number, node in enumerate(scene["nodes"]) if node.get("name", "").startswith(NAME)]


def _packed(scene: dict[str, Any], chunk: bytes) -> bytes:
    return scenes.glb(json.dumps(scene).encode(), (b"BIN\x00", chunk))


def _chunk(data: bytes) -> bytes:
    start, stop = glb.parse(data).binary or (0, 0)
    return data[start:stop]


class _Peer:
    """A scene as pygltflib reads it."""

    def __init__(self, data: bytes) -> None:
        self.file = PEER.GLTF2.load_from_bytes(data) if data[:4] == b"glTF" else PEER.GLTF2.gltf_from_json(data)

    def _bytes(self, view: Any) -> bytes:
        buffer = self.file.buffers[view.buffer]
        whole = self.file.binary_blob() if buffer.uri is None else base64.b64decode(buffer.uri.partition(",")[2])
        start = view.byteOffset or 0
        return bytes(whole[start : start + view.byteLength])

    def _values(self, number: int) -> NDArray[Any]:
        accessor = self.file.accessors[number]
        kind = {5126: "<f4", 5123: "<u2"}[accessor.componentType]
        width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[accessor.type]
        raw = self._bytes(self.file.bufferViews[accessor.bufferView])[accessor.byteOffset or 0 :]
        return np.frombuffer(raw, kind, accessor.count * width).reshape(-1, width)

    def placed(self, number: int, outer: NDArray[np.float64]) -> Iterator[tuple[Any, NDArray[np.float64]]]:
        node = self.file.nodes[number]
        matrix = np.eye(4)
        matrix[:3, :3] = _turned(node.rotation or [0, 0, 0, 1]) * (node.scale or [1, 1, 1])
        matrix[:3, 3] = node.translation or [0, 0, 0]
        yield node, outer @ matrix
        for child in node.children or []:
            yield from self.placed(child, outer @ matrix)

    def nodes(self) -> list[tuple[Any, NDArray[np.float64]]]:
        roots = self.file.scenes[self.file.scene or 0].nodes
        return [one for root in roots for one in self.placed(root, np.eye(4))]

    def surfaces(self, but: int | None = None) -> list[Surface]:
        return [
            self._surface(primitive, matrix)
            for node, matrix in self.nodes()
            if node.mesh is not None and node is not (None if but is None else self.file.nodes[but])
            for primitive in self.file.meshes[node.mesh].primitives
        ]

    def _surface(self, primitive: Any, matrix: NDArray[np.float64]) -> Surface:
        points = self._values(primitive.attributes.POSITION) @ matrix[:3, :3].T + matrix[:3, 3]
        order = self._values(primitive.indices).reshape(-1, 3)
        look = self.file.materials[primitive.material].pbrMetallicRoughness
        if look.baseColorTexture is None:
            return Surface(points[order], np.array(look.baseColorFactor[:3]))
        image = self.file.images[self.file.textures[look.baseColorTexture.index].source]
        picture = Image.open(io.BytesIO(self._bytes(self.file.bufferViews[image.bufferView])))
        return Surface(points[order], np.asarray(picture), self._values(primitive.attributes.TEXCOORD_0)[order])


def _turned(quaternion: list[float]) -> NDArray[np.float64]:
    x, y, z, w = np.array(quaternion) / np.linalg.norm(quaternion)
    cross = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    return np.asarray(np.eye(3) + 2 * w * cross + 2 * cross @ cross)


@pytest.mark.parametrize("key", SOLIDS)
def test_every_usual_viewer_shows_the_text_large_enough(key: str) -> None:
    """GB 45438 5.5: on the opening screen, whole, and of at least 5 % of the shortest side, as rendered."""
    shown = _Peer(_mark(solid_glb(SOLIDS[key]))).surfaces()
    for view in table("scene.toml")["views"]:
        picture = framed(shown, view)
        assert text_height(picture) >= 0.05 - 1 / picture.shape[0]


@pytest.mark.parametrize("corner", ["bottom_right", "top_left"])
@pytest.mark.parametrize("size", [(300, 400), (400, 300), (300, 170)])
@pytest.mark.parametrize("scale", [1, 0.01])
def test_camera_of_the_scene_shows_a_board_in_any_window(corner: str, size: tuple[int, int], scale: float) -> None:
    """Whoever opens the scene through its own camera sees a board at the edge, in wide windows and in narrow ones."""
    data = solid_glb(FIGURE, PERSPECTIVE, **LOOKING, scale=[scale] * 3)
    peer = _Peer(_mark(data, corner=corner))
    matrix = next(matrix for node, matrix in peer.nodes() if node.camera is not None)
    axes = (matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)).T
    standing = peer.file.scenes[0].nodes[-1]  # which may be seen as well, at another edge
    picture = render(peer.surfaces(but=standing), matrix[:3, 3], axes, np.tan(0.35), *size)
    assert text_height(picture) * size[0] / min(size) >= 0.05
    plate = np.flatnonzero((picture < 60).all(axis=2).max(axis=1))
    assert (plate.mean() > size[0] / 2) == corner.startswith("bottom")
    assert _find(_mark(data, corner=corner)).place == "scenes[0] camera, scenes[0]"


def test_board_of_a_flat_camera_and_of_one_within_the_scene() -> None:
    """An orthographic camera, and one that stands within what it shows, have boards that are found."""
    flat = {"type": "orthographic", "orthographic": {"xmag": 2, "ymag": 1.5, "znear": 0.1, "zfar": 50}}
    for camera, at in ((flat, [0, 1, 9]), (PERSPECTIVE, [0, 1, 0])):
        assert "camera" in str(_find(_mark(solid_glb(FIGURE, camera, translation=at))).place)


@pytest.mark.parametrize("key", GLTFS)
def test_what_was_there_keeps_its_number_and_value(key: str) -> None:
    """Elements come behind those that are there: a number means what it meant, and buffers keep their bytes."""
    data = scenes.EVERY[key]
    marked = _mark(data)
    old, new = _scene(data), _scene(marked)
    for name, rows in old.items():
        if name in {"nodes", "meshes", "materials", "textures", "images", "accessors", "bufferViews", "extensionsUsed"}:
            assert new[name][: len(rows)] == rows
        elif name not in {"buffers", "scenes"}:
            assert new[name] == rows
    for before, after in zip(old.get("scenes", []), new["scenes"], strict=False):
        assert after["nodes"][: len(before["nodes"])] == before["nodes"]
    for before, after in zip(old.get("buffers", []), new["buffers"], strict=False):
        assert {**after, "byteLength": 0} == {**before, "byteLength": 0}
    if key.startswith("glb"):
        assert _chunk(marked).startswith(_chunk(data))
    assert PEER.GLTF2.gltf_from_json(json.dumps(new)).asset.version == "2.0"


@pytest.mark.parametrize("key", GLTFS)
def test_marking_twice_adds_no_second_board(key: str) -> None:
    """The board that is there is seen and left alone, whatever wording is asked for then."""
    once = mark(scenes.EVERY[key])
    assert mark(once.data, once.label).data == once.data
    assert _mark(once.data, wording="人工智能生成") == once.data
    assert verify(once.data).layers["explicit"].state == "found"


def test_every_scene_of_a_file_has_a_board() -> None:
    """A viewer may open any of the scenes; those that share nodes have boards of their own."""
    scene = solids(FIGURE)
    scene["scenes"] += [{"nodes": [0]}, {"name": "empty"}]
    marked = _mark(_packed(scene, blob(FIGURE)))
    assert _find(marked).place == "scenes[0], scenes[1], scenes[2]"
    assert len(_boards(_scene(marked))) == 3
    assert len(_scene(marked)["meshes"]) == len(FIGURE) + 1


def test_scene_that_was_added_later_gets_the_board_that_it_lacks() -> None:
    """Only what lacks one gets one."""
    marked = _mark(solid_glb(FIGURE))
    scene = _scene(marked)
    scene["scenes"].append({"nodes": [0]})
    again = _mark(_packed(scene, _chunk(marked)))
    assert len(_boards(_scene(again))) == 2


def test_library_without_scenes_shows_the_board() -> None:
    """What has no scene gets one, which shows the board."""
    scene = solids(FIGURE)
    del scene["scenes"], scene["scene"]
    assert _find(_mark(_packed(scene, blob(FIGURE)))).state == "found"


def test_board_is_as_large_under_any_transform() -> None:
    """A scene in centimetres, under a root that turns and scales it, is measured as it is shown."""
    plain, scene = _scene(_mark(solid_glb(FIGURE))), solids(FIGURE)
    turned = {"children": [0, 1, 2], "scale": [100, 100, 100], "rotation": [0, 0.5**0.5, 0, 0.5**0.5]}
    scene["nodes"].append(turned)
    scene["scenes"][0]["nodes"] = [3]
    node = _scene(_mark(_packed(scene, blob(FIGURE))))["nodes"][-1]
    assert 90 < node["scale"][1] / plain["nodes"][-1]["scale"][1] < 110


def test_skinned_mesh_is_measured_where_its_joints_take_it() -> None:
    """A mesh in centimetres whose joints scale it to metres: its node's own transform does not count (3.7.3.3)."""
    scene = solids(FIGURE)
    inverse = np.diag((0.01, 0.01, 0.01, 1.0)).astype("<f4").tobytes()
    scene["bufferViews"].append({"buffer": 0, "byteOffset": len(blob(FIGURE)), "byteLength": 64})
    scene["accessors"].append({"bufferView": 6, "componentType": 5126, "count": 1, "type": "MAT4"})
    scene["buffers"][0]["byteLength"] += 64
    scene["skins"] = [{"joints": [3], "inverseBindMatrices": 6}]
    scene["nodes"].append({"name": "joint"})
    scene["scenes"][0]["nodes"].append(3)
    for number in range(3):
        scene["nodes"][number] |= {"skin": 0, "scale": [7, 7, 7]}
    small = _scene(_mark(_packed(scene, blob(FIGURE) + inverse)))["nodes"][-1]["scale"][1]
    plain = _scene(_mark(solid_glb(FIGURE)))["nodes"][-1]["scale"][1]
    assert small == pytest.approx(plain / 100, rel=0.01)


def test_buffers_beside_the_file_stay_where_they_are() -> None:
    """A glTF with external buffers gets what is new in a buffer of its own."""
    scene = solids(FIGURE)
    scene["buffers"][0]["uri"] = "figure.bin"
    new = json.loads(_mark(json.dumps(scene).encode()))
    assert new["buffers"][0] == scene["buffers"][0]
    assert new["buffers"][1]["uri"].startswith("data:")


HIDINGS: dict[str, Any] = {
    "scaled to nothing": lambda scene, board: board.update(scale=[0, 0, 0]),
    "made small": lambda scene, board: board.update(scale=[one / 3 for one in board["scale"]]),
    "moved far away": lambda scene, board: board.update(translation=[0, 900, 0]),
    "moved into the figure": lambda scene, board: board.update(translation=[0, 1.1, 0]),
    "turned away": lambda scene, board: board.update(rotation=[0, 0.5**0.5, 0, 0.5**0.5]),
    "upside down": lambda scene, board: board.update(rotation=[0, 0, 1, 0]),
    "taken out of the scene": lambda scene, board: scene["scenes"][0]["nodes"].pop(),
    "switched off": lambda scene, board: board.update(extensions={"KHR_node_visibility": {"visible": False}}),
    "without its mesh": lambda scene, board: board.pop("mesh"),
    "seen through": lambda scene, board: scene["materials"][-1].update(alphaMode="BLEND"),
    "with another drawing": lambda scene, board: scene["images"][-1].update(bufferView=0),
    "with an unlawful wording": lambda scene, board: board["extras"]["explicitMark"].update(wording="生成"),
    "with another wording": lambda scene, board: board["extras"]["explicitMark"].update(wording="本内容由AI生成"),
}


@pytest.mark.parametrize("key", HIDINGS)
def test_board_that_is_not_seen_is_no_mark_and_another_is_set_up(key: str) -> None:
    """A mark that was hidden (Art. 18) is not reported as one, and marking again makes the scene lawful again."""
    marked = _mark(solid_glb(FIGURE))
    scene = _scene(marked)
    HIDINGS[key](scene, scene["nodes"][-1])
    hidden = _packed(scene, _chunk(marked))
    assert _find(hidden).state == "none"
    again = _mark(hidden)
    assert _find(again).state == "found"
    assert _boards(_scene(again))[: len(_boards(scene))] == _boards(scene)


def test_blank_drawing_is_no_mark() -> None:
    """A board whose picture was painted over bears no wording."""
    marked = _mark(solid_glb(FIGURE))
    scene, out = _scene(marked), io.BytesIO()
    Image.new("RGB", (512, 256), (14, 16, 20)).save(out, "PNG")
    chunk = _chunk(marked)
    scene["bufferViews"][-1] |= {"byteOffset": len(chunk), "byteLength": len(out.getvalue())}
    assert _find(_packed(scene, chunk + out.getvalue())).state == "none"


def test_scene_of_another_is_said_to_bear_none_of_ours() -> None:
    """What another names alike is not taken for ours, and nothing is claimed of marks of other kinds."""
    scene = solids(FIGURE)
    scene["nodes"][0] |= {"name": f"{NAME}: AI生成", "extras": {"explicitMark": {"wording": "AI生成"}}}
    finding = _find(_packed(scene, blob(FIGURE)))
    assert finding.state == "none"
    assert "not recognised" in finding.en


def test_wording_without_room_is_refused() -> None:
    """A line too long for a board is refused; every wording that pictures are searched for has room."""
    for wording in table("picture.toml")["found"]:
        assert _find(_mark(solid_glb(FIGURE), wording=wording)).state == "found"
    with pytest.raises(WordingTooLong):
        _mark(solid_glb(FIGURE), wording="本内容由人工智能生成")


@pytest.mark.parametrize(
    "change",
    [
        {"nodes": 5},
        {"nodes": [1, 2]},
        {"scenes": {}},
        {"meshes": "x"},
        {"buffers": [{}]},
        {"scenes": [{"nodes": {}}]},
    ],
)
def test_tables_that_are_none_are_refused(change: dict[str, Any]) -> None:
    """A scene that no reader understands is damaged, and is not marked."""
    with pytest.raises(Damaged):
        _mark(_packed({**solids(FIGURE), **change}, blob(FIGURE)))


def test_rings_and_deep_trees_end() -> None:
    """Nodes that are their own descendants, and trees deeper than any honest one, end in bounded time."""
    ring = solids(FIGURE)
    ring["nodes"][0]["children"] = [1]
    ring["nodes"][1]["children"] = [0]
    assert _find(_mark(_packed(ring, blob(FIGURE)))).state == "found"
    deep = solids(FIGURE)
    deep["nodes"] += [{"children": [number + 1]} for number in range(3, 2000)]
    deep["scenes"][0]["nodes"] = [3]
    with pytest.raises(SealmarkError):
        _mark(_packed(deep, blob(FIGURE)))


def test_looking_at_a_scene_without_marks_costs_nothing() -> None:
    """Verification of a file without marks: at most 10 ms of CPU; here a scene of 2 MB."""
    scene = solids(FIGURE)
    scene["nodes"] += [{"name": f"bone {number}", "translation": [0, 1, 0]} for number in range(3, 2000)]
    data = _packed(scene, blob(FIGURE) + bytes(2_000_000))
    start = time.process_time()
    assert _find(data).state == "none"
    assert time.process_time() - start < 0.01


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_flipped_bytes_are_marked_or_refused(data: st.DataObject) -> None:
    """No damage to a file, marked or not, raises anything but our own errors."""
    whole = bytearray(data.draw(st.sampled_from([solid_glb(FIGURE), _MARKED, *(scenes.EVERY[key] for key in GLTFS)])))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, min(len(whole), 4000) - 1))] = data.draw(st.integers(0, 255))
    with suppress(SealmarkError):
        form = sniff(bytes(whole))
        if form in {by_name("glb"), by_name("gltf")}:
            with suppress(SealmarkError):
                _find(bytes(whole))
            assert _find(_mark(bytes(whole))).state == "found"


_MARKED = _mark(solid_glb(FIGURE, PERSPECTIVE, **LOOKING))
