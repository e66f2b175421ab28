"""The label board in USD: any viewer's opening screen shows it, as USD's own library reads it; all else stays."""

import importlib
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.errors import SealmarkError
from sealmark.marks import surfaces
from sealmark.marks.explicit.errors import UnmeasuredScene
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.explicit.wording import table
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media import STANDARD, by_name, sniff
from sealmark.media.scene import usd_scene, usda_scene, usdc_scene
from tests.media import scenes, specimens
from tests.media.solids import FACES, FIGURE, SOLIDS, Solid, Surface, corners, framed, text_height

# The peer library is untyped.
SDF: Any = importlib.import_module("pxr.Sdf")
USD: Any = importlib.import_module("pxr.Usd")
GEOM: Any = importlib.import_module("pxr.UsdGeom")
SHADE: Any = importlib.import_module("pxr.UsdShade")
VALIDATION: Any = importlib.import_module("pxr.UsdValidation")

NAME = "AIGC_label_board"
TURN = np.array(((1, 0, 0), (0, 0, 1), (0, -1, 0)))  # from z up to y up


def _tuples(rows: Iterable[Iterable[float]]) -> str:
    return ", ".join(f"({', '.join(repr(float(one)) for one in row)})" for row in rows)


def _layer(parts: Sequence[Solid], up: str = "Y", outer: str = "") -> str:
    """A layer of boxes, in a root that has these properties."""
    meshes = []
    for number, (centre, size, colour) in enumerate(parts):
        points = corners(centre, size) @ (TURN if up == "Z" else np.eye(3))
        meshes.append(f"""    def Mesh "part{number}"
    {{
        float3[] extent = [{_tuples((points.min(axis=0), points.max(axis=0)))}]
        int[] faceVertexCounts = [4, 4, 4, 4, 4, 4]
        int[] faceVertexIndices = [{", ".join(str(one) for face in FACES for one in face)}]
        point3f[] points = [{_tuples(points)}]
        color3f[] primvars:displayColor = [{_tuples((colour,))}]
        uniform token subdivisionScheme = "none"
    }}
""")
    head = f'#usda 1.0\n(\n    defaultPrim = "World"\n    upAxis = "{up}"\n)\n'
    return f'{head}\ndef Xform "World"\n{{\n{outer}\n{"".join(meshes)}}}\n'


def _usdz(text: str, *, is_text: bool = False) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        layer, picture = Path(folder, "a.usda" if is_text else "a.usdc"), Path(folder, "b.png")
        layer.write_bytes(text.encode() if is_text else scenes.usdc(text))
        picture.write_bytes(specimens.png())
        writer = SDF.ZipFileWriter.CreateNew(str(Path(folder, "a.usdz")))
        writer.AddFile(str(layer), layer.name)
        writer.AddFile(str(picture), "textures/b.png")
        writer.Save()
        return Path(folder, "a.usdz").read_bytes()


MAKERS: dict[str, Any] = {
    "usda": str.encode,
    "usdc": scenes.usdc,
    "usdz": _usdz,
    "usdz of text": lambda text: _usdz(text, is_text=True),
}


def _mark(data: bytes, **chosen: Any) -> bytes:
    form = sniff(data)
    surface = surfaces.of(form)
    assert surface is not None
    return bytes(
        surface.mark(data, form, surfaces.Asked(ExplicitOptions(**chosen), STANDARD, fresh=False, own=True))[0]
    )


def _find(data: bytes) -> Any:
    form = sniff(data)
    surface = surfaces.of(form)
    assert surface is not None
    return surface.find(data, form, STANDARD)


class _Peer:
    """A stage as USD's own library opens it."""

    def __init__(self, data: bytes) -> None:
        folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder)
        path = Path(folder, f"a.{sniff(data).extension}")
        path.write_bytes(data)
        self.path = str(path)
        self.stage = USD.Stage.Open(self.path)
        self.is_turned = GEOM.GetStageUpAxis(self.stage) == "Z"

    def surfaces(self) -> list[Surface]:
        cache = GEOM.XformCache(USD.TimeCode.EarliestTime())
        return [self._surface(prim, cache) for prim in self.stage.Traverse() if prim.IsA(GEOM.Mesh)]

    def _surface(self, prim: Any, cache: Any) -> Surface:
        mesh = GEOM.Mesh(prim)
        matrix = np.array(cache.GetLocalToWorldTransform(prim))
        points = np.array(mesh.GetPointsAttr().Get()) @ matrix[:3, :3] + matrix[3, :3]
        points = points @ TURN.T if self.is_turned else points
        faces = np.array(mesh.GetFaceVertexIndicesAttr().Get()).reshape(-1, 4)
        assert list(mesh.GetFaceVertexCountsAttr().Get()) == [4] * len(faces)
        colour = np.array(mesh.GetDisplayColorAttr().Get()[0])
        order = np.concatenate((faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]))
        shown = np.where(colour <= 0.0031308, colour * 12.92, 1.055 * colour ** (1 / 2.4) - 0.055)
        return Surface(points[order], np.clip(shown, 0, 1))

    def board(self) -> Any:
        (found,) = [prim for prim in self.stage.Traverse() if prim.GetName().startswith(NAME)]
        return found


@pytest.mark.parametrize("up", ["Y", "Z"])
@pytest.mark.parametrize("key", ["usda", "usdc", "usdz"])
def test_every_usual_viewer_shows_the_text_large_enough(key: str, up: str) -> None:
    """GB 45438 5.5: on the opening screen, whole, and of at least 5 % of the shortest side, as rendered."""
    for parts in (SOLIDS["figure"], SOLIDS["terrain"]) if key == "usda" else (SOLIDS["cube"],):
        shown = _Peer(_mark(MAKERS[key](_layer(parts, up)))).surfaces()
        for view in table("scene.toml")["views"]:
            picture = framed(shown, view)
            assert text_height(picture) >= 0.05 - 1 / picture.shape[0]


@pytest.mark.parametrize("key", MAKERS)
def test_board_is_one_prim_in_the_default_prim_and_glows(key: str) -> None:
    """It hangs where the layer is referred to; its colour needs no light, and no picture."""
    peer = _Peer(_mark(MAKERS[key](_layer(FIGURE))))
    board = peer.board()
    assert str(board.GetPath()) == f"/World/{NAME}"
    assert board.GetAttribute("explicitMark:wording").Get() == "AI生成"
    for part, least in (("Text", 0.9), ("Plate", 0.0)):
        material, _ = SHADE.MaterialBindingAPI(board.GetChild(part)).ComputeBoundMaterial()
        shader = material.ComputeSurfaceSource()[0]
        assert shader.GetIdAttr().Get() == "UsdPreviewSurface"
        assert min(shader.GetInput("emissiveColor").Get()) >= least


@pytest.mark.parametrize("key", MAKERS)
def test_everything_else_of_the_layer_stays(key: str) -> None:
    """Without the board the layer is what it was, as USD's own library writes it; other files of a package too."""
    data = MAKERS[key](_layer(FIGURE).replace("upAxis", 'customLayerData = {\n string a = "b"\n }\n    upAxis'))
    old, new = _Peer(data), _Peer(_mark(data))
    del new.stage.GetRootLayer().GetPrimAtPath("/World").nameChildren[NAME]
    assert new.stage.GetRootLayer().ExportToString() == old.stage.GetRootLayer().ExportToString()
    if key == "usda":
        start, stop = _mark(data).split(b'    def Xform "AIGC')[0], _mark(data)
        assert data.startswith(start.rstrip(b"\n"))
        assert stop.endswith(data[len(start.rstrip(b"\n")) :])
    if key.startswith("usdz"):
        assert specimens.png() in _mark(data)


@pytest.mark.parametrize("key", MAKERS)
def test_marked_layer_is_as_valid_as_it_was(key: str) -> None:
    """The validators of USD's makers find nothing new to complain of."""

    def complaints(data: bytes) -> list[str]:
        peer = _Peer(data)
        found = VALIDATION.ValidationContext(VALIDATION.ValidationRegistry().GetOrLoadAllValidators())
        return sorted(one.GetMessage().replace(peer.path, "") for one in found.Validate(peer.stage))

    data = MAKERS[key](_layer(FIGURE))
    assert complaints(_mark(data)) == complaints(data)


@pytest.mark.parametrize("key", MAKERS)
def test_marking_twice_adds_no_second_board(key: str) -> None:
    """The board that is there is seen and left alone, whatever wording is asked for then, also once it is labelled."""
    once = mark(MAKERS[key](_layer(FIGURE)))
    assert mark(once.data, once.label).data == once.data
    assert _mark(once.data, wording="人工智能生成") == once.data
    verdict = verify(once.data)
    assert verdict.layers["explicit"].state == "found"
    assert verdict.layers["metadata"].state == "found"


ROOTS: dict[str, str] = {
    "no default prim": _layer(FIGURE).replace('defaultPrim = "World"', ""),
    "a default prim that is a shape": '#usda 1.0\n(\n    defaultPrim = "ball"\n)\n\ndef Sphere "ball"\n{\n}\n',
    "an instance": _layer(FIGURE).replace('def Xform "World"', 'def Xform "World" (\n    instanceable = true\n)'),
    "flat": _layer(FIGURE, outer='float3 xformOp:scale = (1, 0, 1)\nuniform token[] xformOpOrder = ["xformOp:scale"]'),
    "nothing at all": '#usda 1.0\n(\n    upAxis = "Z"\n)\n',
}


@pytest.mark.parametrize("key", ["usda", "usdc"])
@pytest.mark.parametrize("root", ROOTS)
def test_board_stands_at_the_root_where_no_prim_can_hold_it(root: str, key: str) -> None:
    """Prims that are shapes, instances, or without extent hold no board that can be seen."""
    marked = _mark(MAKERS[key](ROOTS[root]))
    assert str(_Peer(marked).board().GetPath()) == f"/{NAME}"
    assert _find(marked).state == "found"


@pytest.mark.parametrize("key", ["usda", "usdc"])
def test_name_that_is_taken_gets_a_number(key: str) -> None:
    """Another's prim of the same name stays, is no mark, and is not replaced."""
    taken = f'    def Xform "{NAME}"\n    {{\n        custom token explicitMark:wording = "AI生成"\n    }}'
    data = MAKERS[key](_layer(FIGURE, outer=taken))
    assert _find(data).state == "none"
    marked = _mark(data)
    assert _find(marked).state == "found"
    assert _Peer(marked).stage.GetPrimAtPath(f"/World/{NAME}_1")


ANGLES = st.floats(-180, 180)
MATRIX = ((1, 0, 0, 0), (0, 2, 0, 0), (0, 0, 1, 0), (5, 6, 7.5, 1))
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("double3"), st.just("translate"), st.tuples(*[st.floats(-9, 9)] * 3)),
        st.tuples(
            st.just("float3"), st.sampled_from(["rotateXYZ", "rotateZYX"]), st.tuples(*[st.floats(-180, 180)] * 3)
        ),
        st.tuples(st.just("float"), st.sampled_from(["rotateX", "rotateZ"]), st.floats(-180, 180)),
        st.tuples(st.just("float3"), st.just("scale"), st.tuples(*[st.sampled_from([0.01, 0.5, 1.0, 3.0])] * 3)),
        st.tuples(st.just("quatf"), st.just("orient"), st.just((0.5, 0.5, -0.5, 0.5))),
        st.tuples(
            st.just("matrix4d"),
            st.just("transform"),
            st.just(((1, 0, 0, 0), (0, 2, 0, 0), (0, 0, 1, 0), (5, 6, 7.5, 1))),
        ),
    ),
    max_size=4,
    unique_by=lambda one: one[1],
)


def _said(value: Any) -> str:
    return f"({', '.join(map(_said, value))})" if isinstance(value, tuple) else repr(value)


@pytest.mark.parametrize("key", ["usda", "usdc"])
@settings(max_examples=15, deadline=None)
@given(outer=OPERATIONS, is_sampled=st.booleans())
def test_scene_is_measured_as_the_library_measures_it(key: str, outer: Any, is_sampled: bool) -> None:
    """The box around a scene under any operations is that of USD's own library, at the time at which it opens."""
    lines = [
        f"{kind} xformOp:{name}.timeSamples = {{\n0: {_said(value)},\n5: {_said(value)},\n}}"
        if is_sampled
        else f"{kind} xformOp:{name} = {_said(value)}"
        for kind, name, value in outer
    ]
    names = ", ".join(f'"xformOp:{name}"' for _, name, _ in outer)
    data = MAKERS[key](_layer(FIGURE, outer="\n".join([*lines, f"uniform token[] xformOpOrder = [{names}]"])))
    ours = usd_scene.shown(usdc_scene.read(data) if key == "usdc" else usda_scene.read(data, STANDARD.size))
    cache = GEOM.BBoxCache(USD.TimeCode.EarliestTime(), ["default"])
    peer = _Peer(data)
    theirs = [
        cache.ComputeWorldBound(prim).ComputeAlignedRange() for prim in peer.stage.Traverse() if prim.IsA(GEOM.Mesh)
    ]
    assert ours is not None
    low, high = (np.array([getattr(one, f"Get{end}")() for one in theirs]) for end in ("Min", "Max"))
    size = float(np.linalg.norm(high.max(axis=0) - low.min(axis=0))) + 10
    np.testing.assert_allclose(ours.low, low.min(axis=0), atol=1e-6 * size)
    np.testing.assert_allclose(ours.high, high.max(axis=0), atol=1e-6 * size)


GPRIMS = {
    "Sphere": "double radius = 3",
    "Cube": "double size = 2.5",
    "Mesh": "point3f[] points = [(0, 0, 0), (1, 2, 3.5)]",
}


@pytest.mark.parametrize("key", ["usda", "usdc"])
@pytest.mark.parametrize("kind", GPRIMS)
def test_shape_without_an_extent_is_measured_by_its_own_numbers(kind: str, key: str) -> None:
    """Radius, size and points tell how large a shape is where no extent does."""
    data = MAKERS[key](f'#usda 1.0\n\ndef {kind} "a"\n{{\n    {GPRIMS[kind]}\n}}\n')
    shown = usd_scene.shown(usdc_scene.read(data) if key == "usdc" else usda_scene.read(data, STANDARD.size))
    assert shown is not None
    expected = {"Sphere": ([-3] * 3, [3] * 3), "Cube": ([-1.25] * 3, [1.25] * 3), "Mesh": ([0] * 3, [1, 2, 3.5])}[kind]
    assert (shown.low.tolist(), shown.high.tolist()) == expected


HIDDEN = '    def Sphere "far" ({meta}\n    )\n    {{\n        double radius = 900{lines}\n    }}\n'


@pytest.mark.parametrize("key", ["usda", "usdc"])
def test_what_is_not_shown_is_not_measured(key: str) -> None:
    """Invisible prims, guides, inactive ones, classes and overs have no part in the box."""
    hidings = [
        HIDDEN.format(meta="", lines='\n        token visibility = "invisible"'),
        HIDDEN.format(meta="", lines='\n        uniform token purpose = "guide"'),
        HIDDEN.format(meta="\n        active = false", lines=""),
        HIDDEN.format(meta="", lines="").replace("def Sphere", "class Sphere"),
        HIDDEN.format(meta="", lines="").replace("def Sphere", "over"),
    ]
    first = _Peer(_mark(MAKERS[key](_layer(FIGURE))))
    plain = first.board().GetAttribute("xformOp:transform").Get()
    for hiding in hidings:
        peer = _Peer(_mark(MAKERS[key](_layer(FIGURE, outer=hiding))))
        assert peer.board().GetAttribute("xformOp:transform").Get() == plain


VARIANTS = """    def Xform "v" (
        variants = {
            string look = "a"
        }
        prepend variantSets = "look"
    )
    {
        variantSet "look" = {
            "a" {
                def Cube "big"
                {
                    double size = 20
                }
            }
            "b" (
                kind = "component"
            ) {
            }
        }
    }
"""


@pytest.mark.parametrize("key", ["usda", "usdc"])
def test_content_of_variants_is_measured(key: str) -> None:
    """What a variant holds is shown when it is chosen; every one counts."""
    data = MAKERS[key](_layer(FIGURE, outer=VARIANTS))
    shown = usd_scene.shown(usdc_scene.read(data) if key == "usdc" else usda_scene.read(data, STANDARD.size))
    assert shown is not None
    assert shown.high.tolist() == [10, 10, 10]
    assert _find(_mark(data)).state == "found"


COMPOSED = {
    "a reference": (
        'def Xform "World"',
        'def Xform "World" (\n    prepend references = @other.usd@</A> (offset = 1)\n)',
    ),
    "a payload": ('def Xform "World"', 'def Xform "World" (\n    payload = @other.usd@\n)'),
    "an inner reference": ('def Mesh "part0"', 'def Mesh "part0" (\n        references = </World/part1>\n    )'),
    "a sublayer": ("upAxis", "subLayers = [\n        @other.usd@\n    ]\n    upAxis"),
}


@pytest.mark.parametrize("key", ["usda", "usdc"])
@pytest.mark.parametrize("case", COMPOSED)
def test_scene_that_stands_in_other_layers_is_refused(case: str, key: str) -> None:
    """Whose size nobody can tell gets no board at a guess; a hint of the extent at its root tells it."""
    text = _layer(FIGURE).replace(*COMPOSED[case])
    if case == "an inner reference":
        text = text.replace("float3[] extent", "float3[] formerExtent", 1)
    with pytest.raises(UnmeasuredScene):
        _mark(MAKERS[key](text))
    hinted = text.replace("def Mesh", "float3[] extentsHint = [(-2, -2, -2), (2, 2, 2)]\n    def Mesh", 1)
    assert _find(_mark(MAKERS[key](hinted))).state == "found"


def _changed(data: bytes, change: Any) -> bytes:
    """A layer that USD's own library changed and wrote again."""
    peer = _Peer(data)
    change(peer.stage, peer.board())
    peer.stage.GetRootLayer().Save()
    return Path(peer.path).read_bytes()


def _moved(*offset: float, scale: float = 1.0) -> Any:
    def change(_stage: Any, board: Any) -> None:
        attribute = board.GetAttribute("xformOp:transform")
        matrix = np.array(attribute.Get())
        matrix[:3] *= scale
        matrix[3, :3] += offset
        attribute.Set(type(attribute.Get())(matrix.tolist()))

    return change


HIDINGS: dict[str, Any] = {
    "invisible": lambda stage, board: GEOM.Imageable(board).MakeInvisible(),
    "its text invisible": lambda stage, board: GEOM.Imageable(board.GetChild("Text")).MakeInvisible(),
    "inactive": lambda stage, board: board.SetActive(False),
    "its parent invisible": lambda stage, board: GEOM.Imageable(board.GetParent()).MakeInvisible(),
    "made small": _moved(0, 0, 0, scale=0.2),
    "scaled to nothing": _moved(0, 0, 0, scale=0.0),
    "moved into the figure": _moved(-0.9, 0, 0),
    "other letters": lambda stage, board: GEOM.Mesh(board.GetChild("Text")).GetPointsAttr().Set([(0, 0, 0)] * 1672),
    "no letters": lambda stage, board: stage.RemovePrim(board.GetChild("Text").GetPath()),
    "another wording": lambda stage, board: board.GetAttribute("explicitMark:wording").Set("人工智能生成"),
}


@pytest.mark.parametrize("key", ["usda", "usdc"])
@pytest.mark.parametrize("hiding", HIDINGS)
def test_board_that_is_not_seen_is_no_mark(hiding: str, key: str) -> None:
    """A mark that was hidden (Art. 18) is not reported as one; one that the library wrote again still is."""
    marked = _mark(MAKERS[key](_layer(FIGURE)))
    assert _find(_changed(marked, lambda stage, board: board.SetDisplayName("board"))).state == "found"
    assert _find(_changed(marked, HIDINGS[hiding])).state == "none"


def test_looking_at_a_scene_without_marks_costs_nothing() -> None:
    """Verification of a file without marks: at most 10 ms of CPU; here layers of 2 MB, and of a hundred prims."""
    points = ", ".join("(0.125, 0.25, 0.5)" for _ in range(100_000))
    large = _layer(FIGURE, outer=f'    def Points "cloud"\n    {{\n        point3f[] points = [{points}]\n    }}')
    for data in (large.encode(), scenes.usdc(large), scenes.usdc(_layer(FIGURE * 30)), _usdz(large)):
        start = time.process_time()
        assert _find(data).state == "none"
        assert time.process_time() - start < 0.01


def test_large_text_is_marked_in_bounded_time() -> None:
    """A point cloud of a hundred thousand points in text, without extent, beside animated ones, is measured quickly."""
    points = ", ".join("(0.125, 0.25, 0.5)" for _ in range(100_000))
    cloud = f'    def Points "cloud"\n    {{\n        point3f[] points = [{points}]\n'
    moving = f"        vector3f[] velocities.timeSamples = {{\n0: [{points}],\n1: [{points}],\n}}\n    }}"
    data = _layer(FIGURE, outer=cloud + moving).encode()
    start = time.process_time()
    assert _find(_mark(data)).state == "found"
    assert time.process_time() - start < 3


_FLIPPED = [MAKERS[key](_layer(FIGURE, outer=VARIANTS)) for key in MAKERS]
_FLIPPED += [_mark(one) for one in _FLIPPED[:3]]


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_flipped_bytes_are_marked_or_refused(data: st.DataObject) -> None:
    """No damage to a file, marked or not, raises anything but our own errors."""
    whole = bytearray(data.draw(st.sampled_from(_FLIPPED)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, min(len(whole), 2500) - 1))
        whole[at if data.draw(st.booleans()) else len(whole) - 1 - at] = data.draw(st.integers(0, 255))
    with suppress(SealmarkError):
        if sniff(bytes(whole)) in {by_name("usda"), by_name("usdc"), by_name("usdz")}:
            with suppress(SealmarkError):
                _find(bytes(whole))
            _mark(bytes(whole))
