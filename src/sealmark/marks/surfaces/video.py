"""Video: the wording on its opening pictures, or on all (GB 45438 5.4; Art. 17(4))."""

from collections.abc import Mapping
from io import BytesIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

from sealmark.marks.explicit import video as painting
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format
from sealmark.media.pieces import Buffer

# FFmpeg's names of the containers.
_CONTAINERS: Mapping[str, str] = {
    "mp4": "mp4",
    "mov": "mov",
    "mkv": "matroska",
    "webm": "webm",
    "avi": "avi",
    "flv": "flv",
}


def _mark(data: Buffer, form: Format, asked: Asked) -> Shown:
    """The video coded again into a file that is gone with the map of it."""
    chosen = asked.explicit
    source = cast(BinaryIO, BytesIO(data) if isinstance(data, bytes) else data)  # a map reads like a file
    with TemporaryDirectory() as folder:
        target = Path(folder) / "video"
        painting.mark(
            source,
            target,
            _CONTAINERS[form.name],
            wording=chosen.wording,
            corner=chosen.corner,
            extent=chosen.extent,
            limits=asked.limits,
        )
        with target.open("rb") as file:
            return mmap(file.fileno(), 0, access=ACCESS_READ), ()


SURFACE = Surface(_mark)
