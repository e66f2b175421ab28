"""USD in text, crates and packages: a label board in the layer that opens (GB 45438 5.5; Art. 17(5))."""

from typing import cast

from sealmark.marks.explicit import usd_board
from sealmark.marks.explicit.board import board
from sealmark.marks.explicit.usd_board import Post
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits, pieces
from sealmark.media.pieces import Buffer, Pieces
from sealmark.media.scene import usd_new, usda_scene, usdc, usdc_edit, usdc_scene, usdz
from sealmark.media.scene.usd_scene import Stage
from sealmark.media.scene.usdz import Window

_NAME = usd_board.NAME.encode()


def _mark(data: Buffer, form: Format, asked: Asked) -> Shown:
    if form is not usdz.FORMAT:
        changed = _marked(data, asked)
        return (data if changed is None else pieces.joined(data, changed)), ()
    archive = usdz.parse(data)
    usdz.check_layer(data, archive)
    changed = _marked(_layer(data), asked)
    return (data if changed is None else pieces.joined(data, usdz.build(data, archive, changed))), ()


def _marked(layer: Buffer, asked: Asked) -> Pieces | None:
    """The layer with a board; None where one of ours is seen already."""
    stage = _read(layer, asked.limits)
    if usd_board.find(stage):
        return None
    post = usd_board.added(stage, board(asked.explicit.wording), asked.explicit.corner)
    return _added(layer, stage, post)


def _added(layer: Buffer, stage: Stage, post: Post) -> Pieces:
    add = usdc_edit.added if layer[:8] == usdc.MAGIC else usd_new.added
    return add(layer, stage, post.parent, post.prim)


def _read(layer: Buffer, limits: Limits) -> Stage:
    return usdc_scene.read(layer) if layer[:8] == usdc.MAGIC else usda_scene.read(layer, limits.size)


def _layer(data: Buffer) -> Buffer:
    """The first layer of a package as a file of its own; a window is sliced and measured as bytes and maps are."""
    first = usdz.parse(data).layer
    return cast(Buffer, Window(data, first.start, first.stop))


def _find(data: Buffer, form: Format, limits: Limits) -> LayerFinding:
    layer = _layer(data) if form is usdz.FORMAT else data
    words = usd_board.find(_read(layer, limits)) if _is_named(data, layer, limits) else []
    if not words:
        zh = "场景中没有看到本平台样式的标识牌；他人样式的标识尚不能识别。"
        en = "The scene shows no label board as we set it up; another's is not recognised."
        return LayerFinding("none", zh, en)
    said = "、".join(dict.fromkeys(words))
    zh, en = f"场景中立有“{said}”字样的标识牌。", f"A label board in the scene reads {said}."
    return LayerFinding("found", zh, en, f"USD {usd_board.NAME}")


def _is_named(data: Buffer, layer: Buffer, limits: Limits) -> bool:
    """Whether the name of a board stands in a file: only the layer of such a one is read."""
    return _NAME in usdc.parse(layer).texts if layer[:8] == usdc.MAGIC else data.find(_NAME, 0, limits.size) >= 0


SURFACE = Surface(_mark, find=_find)
