"""SubRip subtitles in UTF-8: cues of a number, a line of times, and text, with an empty line behind each."""

import re

from sealmark.errors import why
from sealmark.media.errors import Damaged, NotUtf8
from sealmark.media.format import Format
from sealmark.media.text import text

END = rb"(?:\r\n|\n|\r)"
_CUE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+\d{1,9}[ \t]*+" + END + rb"[ \t]*+\d{1,3}:\d\d:\d\d[,.]\d{1,3}[ \t]*+-->[ \t]*+\d"
)
_END = re.compile(END)


def is_srt(data: bytes) -> bool:
    """Whether the bytes begin with a numbered cue."""
    return _CUE.match(data) is not None


FORMAT = Format("srt", "document", ("application/x-subrip", "text/srt"), ("srt",), is_srt, textual=True)


def line_end(data: bytes) -> bytes:
    """How the first line ends."""
    match = _END.search(data)
    return match.group() if match else b"\n"


def damage(data: bytes) -> Damaged | None:
    """What is wrong with subtitles, if anything is; they have no end that could be missing."""
    if not is_srt(data):
        return Damaged(format="SRT", **why("开头不是字幕", "it does not begin with a cue"))
    return coding_damage(data, "SRT")


def coding_damage(data: bytes, name: str) -> Damaged | None:
    """Whether the text is not UTF-8, or its last character is cut."""
    try:
        text.decode(data)
    except NotUtf8:
        if text.is_text(text.uncut(data)):
            return Damaged(format=name, **why("最后一个字符不完整", "the last character is cut"))
        return Damaged(format=name, **why("不是 UTF-8", "not UTF-8"))
    return None
