"""The explicit mark on each format: what is seen or heard (Art. 17; Measures Art. 4; GB 45438 chapter 5).

As `metadata` is for the label in a file, so is this for the mark on it: every medium, or format that differs from its
medium, is one small module with a `SURFACE`; another one is a module and a line here. A surface is imported when
it is first needed, so that marking a text loads no codec.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from sealmark.marks.surfaces.surface import UNPERCEIVED, Asked, Shown, Surface
from sealmark.media import Format

__all__ = ["UNPERCEIVED", "Asked", "Shown", "Surface", "of"]

# The module of a format's name, and of whole media; a name goes before its medium, and None says that there is none.
_FORMATS: Mapping[str, str | None] = {
    "tiff": "tiff",
    "heif": None,  # of HEVC, which no library of ours encodes
    "svg": "svg",
    "html": "html",
    "epub": "epub",
    "srt": "subtitles",
    "vtt": "subtitles",
    "json": None,
    **dict.fromkeys(("docx", "dotx", "docm", "dotm"), "word"),
    **dict.fromkeys(("xlsx", "xltx", "xlsm", "xltm"), "sheet"),
    **dict.fromkeys(("pptx", "potx", "ppsx", "pptm", "potm", "ppsm"), "slides"),
    "pdf": "pdf",
    **dict.fromkeys(("odt", "ott", "ods", "ots", "odp", "otp", "odg", "otg"), "opendocument"),
    "ofd": "ofd",
    **{"gltf": "gltf", "glb": "gltf"},
    **{"usda": "usd", "usdc": "usd", "usdz": "usd"},
    # A board in STL would be printed with the thing. OBJ has its colours in another file, and PLY may be a cloud of
    # points or of splats: neither can be sure of letters that stand out, and so none is claimed.
    **{"obj": None, "ply": None, "stl": None},
}
_MEDIA: Mapping[str, str] = {"text": "text", "image": "image", "audio": "audio", "video": "video"}


def of(form: Format) -> Surface | None:
    """How a format bears its explicit mark; None where that is not built."""
    module = _FORMATS.get(form.name, _MEDIA.get(form.medium))
    return cast(Surface, import_module(f"{__name__}.{module}").SURFACE) if module else None
