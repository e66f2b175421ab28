"""The label in a file's metadata (Art. 16; Measures Art. 5; GB 45438 6.1 and Annex E).

Every format is one small module with a `CARRIER`; another one is a module and a line here.
"""

from sealmark.marks.errors import NoMetadataPlace
from sealmark.marks.label import Label
from sealmark.marks.metadata import (
    avi,
    epub,
    flac,
    flv,
    gif,
    glb,
    gltf,
    heif,
    html,
    isobmff,
    jpeg,
    json,
    markdown,
    mkv,
    mp3,
    obj,
    odf,
    ofd,
    ogg,
    ooxml,
    opus,
    pdf,
    ply,
    png,
    srt,
    stl,
    svg,
    tiff,
    usda,
    usdc,
    usdz,
    vtt,
    wav,
    webm,
    webp,
)
from sealmark.marks.metadata.found import Carrier, Found, Remains
from sealmark.media import Format, sniff
from sealmark.media.pieces import Buffer, Pieces, joined

__all__ = ["CARRIERS", "Carrier", "Found", "Remains", "carries", "edit", "read", "remains", "write"]

_ALL: tuple[Carrier, ...] = (
    *(one.CARRIER for one in (png, jpeg, webp, gif, tiff)),
    *(one.CARRIER for one in (wav, flac, mp3, ogg, opus)),
    *(one.CARRIER for one in (mkv, webm, flv, avi)),
    *(one.CARRIER for one in (gltf, glb, usda, usdc, usdz, ply, obj, stl)),
    *(one.CARRIER for one in (pdf, svg, html, vtt, srt, json, markdown, epub, ofd)),
    *isobmff.CARRIERS,
    *heif.CARRIERS,
    *ooxml.CARRIERS,
    *odf.CARRIERS,
)
CARRIERS = {carrier.name: carrier for carrier in _ALL}


def carries(form: Format) -> bool:
    """Whether a format has a place for the label."""
    return form.name in CARRIERS


def read(data: Buffer, form: Format | None = None) -> list[Found]:
    """Every AIGC field in an item, main channel and alternatives, in file order.

    Raises `media.damaged` for a malformed container, `marks.damaged_metadata` for a place that cannot be
    read safely, `media.metadata_over_limit`, and `marks.no_metadata_place`.
    """
    left = remains(data, form or sniff(data))
    if left.damages:
        raise left.damages[0]
    return list(left.places)


def remains(data: Buffer, form: Format) -> Remains:
    """What `read` reads, also of an item that is damaged, with what is wrong instead of an error."""
    return _carrier(form).remains(data)


def edit(data: Buffer, label: Label, form: Format | None = None) -> Pieces:
    """The item with this label as its only one (GB 45438 6.1 c); every other piece of metadata stays.

    Whose label may be written on whose item is the marker's to decide. Raises as `read` does, and `marks.no_room`.
    """
    return _carrier(form or sniff(data)).edit(data, label)


def write(data: bytes, label: Label, form: Format | None = None) -> bytes:
    """As `edit`, in memory."""
    return joined(data, edit(data, label, form))


def _carrier(form: Format) -> Carrier:
    try:
        return CARRIERS[form.name]
    except KeyError:
        raise NoMetadataPlace(format=form.name) from None
