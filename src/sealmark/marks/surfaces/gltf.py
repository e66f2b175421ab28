"""glTF and GLB: a label board in every scene, and before its camera (GB 45438 5.5; Art. 17(5))."""

from sealmark.marks.explicit import gltf_board
from sealmark.marks.explicit.board import board
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits, pieces
from sealmark.media.pieces import Buffer
from sealmark.media.scene import glb, gltf_scene
from sealmark.media.scene.glb import Container
from sealmark.media.scene.gltf_scene import Document

_NAME = gltf_board.NAME.encode()


def _mark(data: Buffer, form: Format, asked: Asked) -> Shown:
    container, document = _read(data, form)
    made = board(asked.explicit.wording)
    new = gltf_board.added(document, made, asked.explicit.corner)
    if new is None:
        return data, ()
    text, grown = new
    return (pieces.joined(data, glb.build(data, container, text, grown)) if container else text), ()


def _read(data: Buffer, form: Format) -> tuple[Container | None, Document]:
    if form is not glb.FORMAT:
        return None, gltf_scene.read(data, None, bytes(data))
    container = glb.parse(data)
    return container, gltf_scene.read(data, container.binary, container.json)


def _find(data: Buffer, form: Format, _limits: Limits) -> LayerFinding:
    # Only a file with the name in it is read: a look at any other costs nothing.
    text = glb.remains(data)[0].json if form is glb.FORMAT else bytes(data)
    seen = gltf_board.find(_read(data, form)[1]) if _NAME in text else []
    if not seen:
        zh = "场景中没有看到本平台样式的标识牌；他人样式的标识尚不能识别。"
        en = "The scene shows no label board as we set it up; another's is not recognised."
        return LayerFinding("none", zh, en)
    words = "、".join(dict.fromkeys(one.wording for one in seen))
    where = (f"scenes[{one.scene}]{' camera' if one.through_camera else ''}" for one in seen)
    zh, en = f"场景中立有“{words}”字样的标识牌。", f"A label board in the scene reads {words}."
    return LayerFinding("found", zh, en, ", ".join(dict.fromkeys(where)))


SURFACE = Surface(_mark, find=_find)
