"""Pictures: a wording in a corner, of moving ones on every frame (GB 45438 5.2; Art. 17(3))."""

from collections.abc import Iterable
from dataclasses import replace

from PIL.Image import Image

from sealmark.marks import note
from sealmark.marks.explicit import image as drawing
from sealmark.marks.explicit import seeing
from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.finding import LayerFinding, Whereabouts
from sealmark.marks.note import Note
from sealmark.marks.surfaces.surface import UNPERCEIVED, Asked, Shown, Surface
from sealmark.media import Format, Limits, pixels
from sealmark.media.errors import MovingImage, NotEncodable
from sealmark.media.pieces import Buffer
from sealmark.media.pixels import Motion, Picture, moving


def _mark(data: Buffer, _form: Format, asked: Asked) -> Shown:
    whole = bytes(data)
    if pixels.is_moving(whole):
        return _mark_moving(moving.decode(whole, asked.limits), asked)
    came = pixels.decode(whole, asked.limits)
    picture = came.freshened() if asked.fresh else came
    drawn = _drawn(picture, asked.explicit)
    if drawn is came and not came.unhidden:
        return data, ()
    return pixels.encode(drawn), losses([picture])


def _mark_moving(came: Motion, asked: Asked) -> Shown:
    motion = came.freshened() if asked.fresh else came
    frames = tuple(_drawn(frame, asked.explicit) for frame in motion.frames)
    spared = all(drawn is frame and not frame.unhidden for drawn, frame in zip(frames, came.frames, strict=True))
    if spared:
        return came.source, ()
    return moving.encode(replace(motion, frames=frames)), losses(frames)


def _drawn(picture: Picture, chosen: ExplicitOptions) -> Picture:
    """The picture with its mark; the same one where a mark of ours stands there already."""
    shown = picture.rgb()
    if seeing.borne(shown, chosen.wording):
        return picture
    return picture.painted(drawing.draw(shown, wording=chosen.wording, corner=chosen.corner))


def _plain(data: Buffer, _form: Format, asked: Asked) -> Shown:
    whole = bytes(data)
    if asked.fresh and pixels.is_moving(whole):
        motion = moving.decode(whole, asked.limits).freshened()
        return moving.encode(motion), losses(motion.frames)
    if asked.fresh:
        picture = pixels.decode(whole, asked.limits).freshened()
        return pixels.encode(picture), losses([picture])
    return _unhidden(whole, asked.limits) if asked.own else (data, ())


def _unhidden(data: bytes, limits: Limits) -> Shown:
    """The very bytes, unless a picture is hidden in them: what no reviewer and no reader sees does not leave."""
    if not pixels.is_see_through(data):
        return data, ()
    picture = pixels.decode(data, limits)
    return (pixels.encode(picture), losses([picture])) if picture.unhidden else (data, ())


def losses(pictures: Iterable[Picture]) -> tuple[Note, ...]:
    """What marking cost, of all pictures together."""
    every = list(pictures)
    said = ((any(one.shallower for one in every), note.SHALLOWER), (any(one.unhidden for one in every), note.UNHIDDEN))
    return tuple(loss for holds, loss in said if holds)


def _find(data: Buffer, _form: Format, limits: Limits) -> LayerFinding:
    whole = bytes(data)
    try:
        if pixels.is_moving(whole):
            return sighted(moving.decode(whole, limits, most=1).first.rgb())
        return sighted(pixels.decode(whole, limits).rgb())
    except (MovingImage, NotEncodable):
        return UNPERCEIVED


def sighted(shown: Image) -> LayerFinding:
    """What is seen of marks on a picture; of several the first."""
    sights = seeing.find(shown)
    if not sights:
        zh = "四角没有看到本平台样式的显式标识；他人样式的标识尚不能识别。"
        en = "No corner bears a visible mark as we draw it; another's is not recognised."
        return LayerFinding("none", zh, en)
    words = "、".join(dict.fromkeys(sight.wording for sight in sights))
    zh, en = f"图片上有“{words}”字样的显式标识。", f"The picture bears a visible mark that reads {words}."
    where = Whereabouts(tuple(sight.box for sight in sights), shown.width / shown.height)
    return LayerFinding("found", zh, en, ", ".join(dict.fromkeys(sight.corner for sight in sights)), where=where)


SURFACE = Surface(_mark, _plain, _find)
