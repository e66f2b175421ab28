"""The cues of subtitles, as SubRip and WebVTT both write them: a line of times with what stands around it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sealmark.media.text.srt import END

_TIME = rb"(?:\d{1,3}:)?\d\d:\d\d[,.]\d{1,3}"
_CUE = re.compile(
    rb"(?:\A(?:\xef\xbb\xbf)?|(?<=[\r\n]))(?:(?P<name>[^\r\n]++)"
    + END
    + rb")?[ \t]*+(?P<begin>"
    + _TIME
    + rb")[ \t]*+-->"
    rb"[ \t]*+(?P<stop>" + _TIME + rb")[^\r\n]*+(?:" + END + rb"|\Z)"
)
_GAP = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")  # no end of a line is two of them


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue: where it begins, the span of the line above its times (empty where there is none), its times, its text.

    `begin` and `stop` are in milliseconds.
    """

    start: int
    name: tuple[int, int]
    begin: int
    stop: int
    text: bytes


def cues(data: bytes, at: int = 0) -> Iterator[Cue]:
    """The cues behind a place, in the order of the file."""
    matches = _CUE.finditer(data, at)
    match = next(matches, None)
    while match is not None:
        behind = next(matches, None)
        yield _cue(data, match, behind.start() if behind else len(data))
        match = behind


def _cue(data: bytes, match: re.Match[bytes], until: int) -> Cue:
    """The cue of a line of times; its text goes to the first empty line, or until the next cue."""
    gap = _GAP.search(data, _line_end(data, match.end()), until)
    named = match.start("name") >= 0 and bool(match["name"].strip())
    span = match.span("name") if named else (match.start("begin"), match.start("begin"))
    text = data[match.end() : max(match.end(), gap.start()) if gap else until]
    return Cue(span[0], span, _milliseconds(match["begin"]), _milliseconds(match["stop"]), text)


def _line_end(data: bytes, at: int) -> int:
    """Where the end of the line before `at` begins."""
    return at - 2 if data.endswith(b"\r\n", 0, at) else at - 1 if data.endswith((b"\r", b"\n"), 0, at) else at


def _milliseconds(time: bytes) -> int:
    whole, _, part = time.replace(b",", b".").partition(b".")
    seconds = 0
    for field in whole.split(b":"):
        seconds = seconds * 60 + int(field)
    return seconds * 1000 + int(part.ljust(3, b"0"))


def written(milliseconds: int, point: str) -> str:
    """A time with hours, as both formats take it."""
    seconds, part = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{part:03}"
