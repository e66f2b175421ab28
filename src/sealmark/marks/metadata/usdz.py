"""USDZ: the label of its first layer, which is the scene; pictures and further layers in it stay as they are."""

from dataclasses import replace
from typing import cast

from sealmark.marks.label import Label
from sealmark.marks.metadata import usda, usdc
from sealmark.marks.metadata.found import Carrier, Remains
from sealmark.media.errors import Damaged
from sealmark.media.pieces import Buffer, Pieces
from sealmark.media.scene import usdz
from sealmark.media.scene.usdc import MAGIC
from sealmark.media.scene.usdz import Archive, Window


def remains(data: Buffer) -> Remains:
    """Every label of the first layer; of a damaged archive, whose directory stands at its end, nothing can be read."""
    try:
        archive = usdz.parse(data)
    except Damaged as error:
        return Remains((), (error,))
    layer, carrier = _layer(data, archive)
    left = carrier.remains(layer)
    places = tuple(replace(place, place=f"USDZ {place.place}") for place in left.places)
    return replace(left, places=places)


def edit(data: Buffer, label: Label) -> Pieces:
    """The archive with this label as its one label; every other file stays bit for bit."""
    archive = usdz.parse(data)
    usdz.check_layer(data, archive)
    layer, carrier = _layer(data, archive)
    return usdz.build(data, archive, carrier.edit(layer, label))


def _layer(data: Buffer, archive: Archive) -> tuple[Buffer, Carrier]:
    """The first layer as a file of its own, and what reads it."""
    window = Window(data, archive.layer.start, archive.layer.stop)
    # A window is sliced and measured as bytes and maps are, and nothing else is done with it.
    return cast(Buffer, window), usdc.CARRIER if window[:8] == MAGIC else usda.CARRIER


CARRIER = Carrier("usdz", remains, edit)
