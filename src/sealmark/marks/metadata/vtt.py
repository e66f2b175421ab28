"""WebVTT: a comment block `NOTE AIGC {…}` right behind the header, for which there is no rule (labels.md 3.4).

Comments are the standard's own (W3C WebVTT 1, 4.1: blocks that begin with NOTE), and no player shows them. No comment
may hold the arrow of a line of times, so that is written as a JSON escape.
"""

import re

from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, Remains, found, gathered, whole
from sealmark.media.text import vtt
from sealmark.media.text.srt import END, line_end

_PLACE = "WebVTT NOTE AIGC"
_NOTE = re.compile(
    END + END + rb"(NOTE[ \t]++AIGC(?![\w-])[ \t:]*+((?:[^\r\n]++|" + END + rb"(?![\r\n]|\Z))*)(?:" + END + rb"){0,2})"
)
_BLANK = re.compile(END)


def remains(data: bytes) -> Remains:
    """Every label in subtitles, whole or not."""
    return gathered(_notes(data), lambda match: [_read(match)], vtt.damage(data))


def _notes(data: bytes) -> list[re.Match[bytes]]:
    """The comments that begin with the name; each begins with the empty line before it."""
    notes, at = [], 0
    while match := _NOTE.search(data, at):
        notes.append(match)
        at = match.end(2)
    return notes


def _read(match: re.Match[bytes]) -> Found:
    return found(match.group(2).decode("utf-8", "replace").strip(), _PLACE, main=True)


def write(data: bytes, label: Label) -> bytes:
    """The subtitles with this label as their one label; every other byte stays as it is."""
    damage = vtt.damage(data)
    if damage is not None:
        raise damage
    end, bare = line_end(data), _without(data)
    at = vtt.header_end(bare)
    blank = _BLANK.match(bare, at)
    before = bare[: blank.end()] if blank else bare[:at] + end * (1 if bare[:at].endswith((b"\r", b"\n")) else 2)
    note = b"NOTE AIGC " + label.inner().replace("-->", "--\\u003e").encode()
    return b"".join((before, note, end, end, bare[blank.end() if blank else at :]))


def _without(data: bytes) -> bytes:
    for match in reversed(_notes(data)):
        data = data[: match.start(1)] + data[match.end(1) :]
    return data


CARRIER = whole("vtt", remains, write)
