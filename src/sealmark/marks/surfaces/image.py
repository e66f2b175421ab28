"""Pictures: a wording in a corner (GB 45438 5.2; Art. 17(3))."""

from sealmark.marks import note
from sealmark.marks.explicit import image as drawing
from sealmark.marks.explicit import seeing
from sealmark.marks.finding import LayerFinding, Whereabouts
from sealmark.marks.note import Note
from sealmark.marks.surfaces.surface import UNPERCEIVED, Asked, Shown, Surface
from sealmark.media import Format, Limits, image
from sealmark.media.errors import MovingImage, NotEncodable
from sealmark.media.image import Picture
from sealmark.media.pieces import Buffer


def _mark(data: Buffer, _form: Format, asked: Asked) -> Shown:
    picture = image.decode(bytes(data), asked.limits)
    picture = picture.freshened() if asked.fresh else picture
    drawn = drawing.draw(picture.rgb(), wording=asked.explicit.wording, corner=asked.explicit.corner)
    return image.encode(picture.painted(drawn)), _losses(picture)


def _plain(data: Buffer, _form: Format, asked: Asked) -> Shown:
    if asked.fresh:
        picture = image.decode(bytes(data), asked.limits).freshened()
        return image.encode(picture), _losses(picture)
    return _unhidden(bytes(data), asked.limits) if asked.own else (data, ())


def _unhidden(data: bytes, limits: Limits) -> Shown:
    """The very bytes, unless a picture is hidden in them: what no reviewer and no reader sees does not leave."""
    if not image.is_see_through(data):
        return data, ()
    picture = image.decode(data, limits)
    return (image.encode(picture), _losses(picture)) if picture.unhidden else (data, ())


def _losses(picture: Picture) -> tuple[Note, ...]:
    said = ((picture.shallower, note.SHALLOWER), (picture.unhidden, note.UNHIDDEN))
    return tuple(loss for holds, loss in said if holds)


def _find(data: Buffer, _form: Format, limits: Limits) -> LayerFinding:
    try:
        picture = image.decode(bytes(data), limits).rgb()
        sights = seeing.find(picture)
    except (MovingImage, NotEncodable):
        return UNPERCEIVED
    if not sights:
        zh = "四角没有看到本平台样式的显式标识；他人样式的标识尚不能识别。"
        en = "No corner bears a visible mark as we draw it; another's is not recognised."
        return LayerFinding("none", zh, en)
    words = "、".join(dict.fromkeys(sight.wording for sight in sights))
    zh, en = f"图片上有“{words}”字样的显式标识。", f"The picture bears a visible mark that reads {words}."
    where = Whereabouts(tuple(sight.box for sight in sights), picture.width / picture.height)
    return LayerFinding("found", zh, en, ", ".join(dict.fromkeys(sight.corner for sight in sights)), where=where)


SURFACE = Surface(_mark, _plain, _find)
