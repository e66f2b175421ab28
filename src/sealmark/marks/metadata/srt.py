r"""SRT: a first cue of no length whose text is one override tag, for which there is no rule (labels.md 3.4).

The format has no comments: a line before the first cue makes ffmpeg and others refuse the file. So the label is what
players read and do not show: cue 0, from nothing to nothing, with the text `{\AIGC {…}`. Players take `{\…}` up to
the first closing brace for a tag of theirs, and skip one that they do not know; within the label's values braces are
therefore written as JSON escapes. All other cues keep their numbers and every byte.
"""

import re

from sealmark.errors import why
from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, Remains, found, gathered, whole
from sealmark.media.errors import Damaged
from sealmark.media.text import srt

_PLACE = r"SRT {\AIGC}"
_BOM = b"\xef\xbb\xbf"
_TAG = re.compile(rb"\{\\AIGC[ \t]++([^}\r\n]*+(?:\}|(?=[\r\n])|\Z))")
_OURS = re.compile(
    rb"0" + srt.END + rb"00:00:00,000 --> 00:00:00,000" + srt.END + rb"\{\\AIGC [^}\r\n]*+\}" + srt.END + b"{2}"
)


def remains(data: bytes) -> Remains:
    """Every label in subtitles, whole or not."""
    places = _TAG.finditer(data)
    return gathered(places, lambda match: [_read(match, _start(data))], srt.damage(data))


def _start(data: bytes) -> int:
    return len(_BOM) if data.startswith(_BOM) else 0


def _read(match: re.Match[bytes], start: int) -> Found:
    if not match.group(1).endswith(b"}"):
        raise Damaged(format="SRT", **why("标识没有结束", "the label does not end"))
    ours = _OURS.match(match.string, start)
    main = ours is not None and ours.start() < match.start() < ours.end()
    return found(match.group(1).decode("utf-8", "replace"), _PLACE, main=main)


def write(data: bytes, label: Label) -> bytes:
    """The subtitles with this label as their one label; every other byte stays as it is."""
    damage = srt.damage(data)
    if damage is not None:
        raise damage
    start, end = _start(data), srt.line_end(data)
    ours = _OURS.match(data, start)
    rest = _TAG.sub(b"", data[ours.end() if ours else start :])
    cue = end.join((b"0", b"00:00:00,000 --> 00:00:00,000", b"{\\AIGC " + _escaped(label), b"", b""))
    return data[:start] + cue + rest


def _escaped(label: Label) -> bytes:
    inside = label.inner()[1:-1].replace("{", "\\u007b").replace("}", "\\u007d").replace("-->", "--\\u003e")
    return b"{" + inside.encode() + b"}"


CARRIER = whole("srt", remains, write)
