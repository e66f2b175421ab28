"""WebVTT: a header line, and blocks between empty lines: cues, styles, regions, and comments (W3C WebVTT 1, 4.1)."""

import re

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.format import Format
from sealmark.media.text.srt import coding_damage

_SIGNATURE = re.compile(rb"(?:\xef\xbb\xbf)?WEBVTT(?=[ \t\r\n]|\Z)")
# The header goes to the first empty line, or to a line of times, which no header holds (6.1).
_HEADER = re.compile(
    rb"(?:\xef\xbb\xbf)?WEBVTT(?:[^\r\n]*+(?:\r\n|\n|\r)(?![\r\n]|\Z)(?![^\r\n]*-->))*[^\r\n]*+(?:\r\n|\n|\r)?"
)


def is_vtt(data: bytes) -> bool:
    """Whether the bytes begin as WebVTT does."""
    return _SIGNATURE.match(data) is not None


FORMAT = Format("vtt", "document", ("text/vtt",), ("vtt",), is_vtt, textual=True)


def header_end(data: bytes) -> int:
    """Behind the header and the end of its last line."""
    match = _HEADER.match(data)
    return match.end() if match else 0


def damage(data: bytes) -> Damaged | None:
    """What is wrong with subtitles, if anything is; they have no end that could be missing."""
    if not is_vtt(data):
        return Damaged(format="WebVTT", **why("文件头", "header"))
    return coding_damage(data, "WebVTT")
