"""GLB: the label where glTF has it, in the JSON chunk; every other chunk stays where it is pointed at."""

from dataclasses import replace

from sealmark.marks.label import Label
from sealmark.marks.metadata import gltf
from sealmark.marks.metadata.found import Carrier, Remains
from sealmark.media.pieces import Buffer, Pieces
from sealmark.media.scene import glb

# Of what stands behind the end of a file, only so much is handed on.
_LONGEST_TAIL = 1 << 20


def remains(data: Buffer) -> Remains:
    """Every label in a GLB, whole or not."""
    container, damage = glb.remains(data)
    left = gltf.remains(container.json)
    if damage is not None:
        return replace(left, damages=(damage, *left.damages))
    return replace(left, tail=data[container.end : container.end + _LONGEST_TAIL])


def edit(data: Buffer, label: Label) -> Pieces:
    """The GLB with this label as its one label; buffers stay bit for bit."""
    container = glb.parse(data)
    return glb.build(data, container, gltf.write(container.json, label))


CARRIER = Carrier("glb", remains, edit)
