"""Subtitles: a first cue from the very beginning (GB 45438 5.1 and, since they are seen on a video, 5.4; Art. 17(1)).

It lasts from 0 on for at least two seconds, or until the first cue where that begins a little later; where speech
begins at once, both are shown, each on lines of its own. In SubRip the numbers behind it go up where they must.
"""

import html
import re
from collections.abc import Iterator
from itertools import takewhile

from sealmark.marks.explicit import text as visible
from sealmark.marks.explicit.wording import table
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits
from sealmark.media.pieces import Buffer
from sealmark.media.text import cue, srt, vtt
from sealmark.media.text.cue import Cue

_SHORTEST = 2000  # milliseconds; GB 45438 5.4: at least 2 seconds at normal speed
_TAG = re.compile(rb"<[^<>\r\n]*+>|\{\\[^{}\r\n]*+\}")
_NUMBER = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*+(\d{1,9})[ \t]*+")


def _mark(data: Buffer, form: Format, asked: Asked) -> Shown:
    whole = bytes(data)
    damage = vtt.damage(whole) if form is vtt.FORMAT else srt.damage(whole)
    if damage is not None:
        raise damage
    cues = list(_cues(whole, form))
    unseen = list(takewhile(lambda one: not _is_seen(one), cues))
    behind = cues[len(unseen) :]
    if behind and _is_ours(behind[0]):
        return data, ()
    words = visible.opening(asked.explicit.language).strip()
    until = _until(behind)
    at = behind[0].start if behind else len(whole)
    if form is vtt.FORMAT:
        # At the top of the picture, where no line of speech stands.
        lines = [f"{cue.written(0, '.')} --> {cue.written(until, '.')} line:0", words]
        return _inserted(whole, at, lines, b""), ()
    number, rest = _renumbered(whole, behind, at, len(unseen))
    lines = [str(number), f"{cue.written(0, ',')} --> {cue.written(until, ',')}", words]
    return _inserted(whole, at, lines, rest), ()


def _cues(data: bytes, form: Format) -> Iterator[Cue]:
    return cue.cues(data, vtt.header_end(data) if form is vtt.FORMAT else 0)


def _is_seen(one: Cue) -> bool:
    """Whether a cue shows anything: the one that carries a label in SubRip does not."""
    return one.stop > one.begin and bool(_bare(one))


def _bare(one: Cue) -> str:
    return html.unescape(_TAG.sub(b"", one.text).decode("utf-8", "replace")).strip()


def _is_ours(one: Cue) -> bool:
    languages = table("wordings.toml")["written"].values()
    return one.begin == 0 and one.stop >= _SHORTEST and _bare(one) in {words["opening"].strip() for words in languages}


def _until(cues: list[Cue]) -> int:
    """When the mark ends, in milliseconds."""
    longest = int(table("video.toml")["opening_seconds"] * 1000)
    first = min((one.begin for one in cues), default=longest)
    return first if _SHORTEST <= first < longest else longest


def _renumbered(data: bytes, cues: list[Cue], at: int, before: int) -> tuple[int, bytes]:
    """The number of a new first cue, and what stands behind it, with higher numbers where there is none below."""
    first = _number(data, cues[0]) if cues else before + 1
    shift = max(0, 2 - first) if cues else 0
    if not cues or not shift:
        return max(1, first - 1) if cues else first, data[at:]
    parts = []
    for one in cues:
        start, stop = one.name
        match = _NUMBER.fullmatch(data, start, stop)
        if match:
            parts += [data[at : match.start(1)], str(int(match.group(1)) + shift).encode()]
            at = match.end(1)
    return first + shift - 1, b"".join((*parts, data[at:]))


def _number(data: bytes, one: Cue) -> int:
    match = _NUMBER.fullmatch(data, *one.name)
    return int(match.group(1)) if match else 2


def _inserted(data: bytes, at: int, lines: list[str], rest: bytes) -> bytes:
    """A cue of these lines at a place, with the empty lines that part it from others."""
    end, before = srt.line_end(data), data[:at]
    gap = 0 if _is_parted(before, end) else 1 if before.endswith((b"\r", b"\n")) else 2
    new = end.join(line.encode() for line in lines) + end
    behind = rest or data[at:]
    return b"".join((before, end * gap, new, end if behind else b"", behind))


def _is_parted(before: bytes, end: bytes) -> bool:
    return not before.strip(b"\xef\xbb\xbf \t\r\n") or before.endswith(end + end)


def _find(data: Buffer, form: Format, _limits: Limits) -> LayerFinding:
    seen = [one for one in _cues(bytes(data), form) if _is_seen(one)]
    text = "\n\n".join(_bare(one) for one in (seen if len(seen) < 3 else (seen[0], seen[-1])))
    traces = visible.find(text)
    if not traces:
        zh, en = "第一条和最后一条字幕不是显式标识。", "Neither the first nor the last cue is a visible mark."
        return LayerFinding("none", zh, en)
    where = ", ".join(trace.place for trace in traces)
    zh, en = "字幕带有可见的生成合成标识。", "The subtitles bear a visible mark of generation."
    return LayerFinding("found", zh, en, where)


SURFACE = Surface(_mark, find=_find)
