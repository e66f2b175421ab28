"""Pictures and sounds written into a text in base64: shown by many clients, reviewed and marked by nobody (Art. 16)."""

import re

from sealmark.exchange.errors import InlineMedium

SHOWN = 256  # letters of base64; less than that is an example in a text, and no picture
_WINDOW = 1400  # characters: more than the longest match has
_STEP = 64
_LETTER = r"[\w+/=%\\-]"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+/=%\\- \t\r\n"
_RUN = re.compile(rf"(?<![\w+/=%\\\s-])[\w+/=%\\\s-]{{{SHOWN},}}+", re.ASCII)
_ROWS = rf"(?:\s{{0,2}}{_LETTER}{{16}}){{16}}"
# How a PNG, GIF, RIFF (WebP, WAV), ID3, Ogg, FLAC, Matroska or MP4 (AVIF, HEIC) begins in base64; a JPEG or a bare
# MP3 begins with so little that its letters must stand in rows, as no sentence does.
_BEGINNING = re.compile(
    r"(?:iVBORw0KGgo|R0lGOD[dl]h|UklGR|SUQz[AB]|T2dnUw|ZkxhQw|GkXfo|AAAA[\w+/]{2}Z0eXB)"
    rf"(?:\s{{0,4}}{_LETTER}){{{SHOWN}}}|(?:/9j/|//[s-v][A-Za-z0-9]){_ROWS}",
    re.ASCII,
)
_DECLARED = re.compile(rf"data:\s?(?:image|audio|video)[^,\s]{{0,200}},{_ROWS}", re.ASCII | re.IGNORECASE)


def require_none(text: str) -> None:
    """Refuse a text with a picture or sound in it; raises `InlineMedium`."""
    runs = list(_RUN.finditer(text))
    if runs and (any(_BEGINNING.search(text, *run.span()) for run in runs) or _DECLARED.search(text)):
        raise InlineMedium


class InlineWatch:
    """The same for a text that comes in pieces: of a file little more than `SHOWN` letters have left by then.

    It looks only where letters of base64 and white space have gone on for so long, which hardly any text does.
    """

    __slots__ = ("_due", "_run", "_seen")

    def __init__(self) -> None:
        self._seen = ""
        self._run = 0
        self._due = SHOWN

    def feed(self, text: str) -> None:
        """The next piece; raises `InlineMedium`."""
        lead = len(text) - len(text.lstrip(_LETTERS))
        run, goes_on = self._run + lead, lead == len(text)
        if len(text) >= SHOWN or (run >= SHOWN and (run >= self._due or not goes_on)):
            require_none(self._seen + text)
            self._due = run + _STEP
        if goes_on:
            self._run = run
        else:
            self._run, self._due = len(text) - len(text.rstrip(_LETTERS)), SHOWN
        self._seen = (self._seen + text)[-_WINDOW:]

    def finish(self) -> None:
        """The text is over; raises `InlineMedium`."""
        if self._run >= SHOWN:
            require_none(self._seen)
