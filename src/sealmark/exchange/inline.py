"""Pictures and sounds in a text, as `data:` URLs: shown by many clients, reviewed and marked by nobody (Art. 16)."""

import re
from collections.abc import Sequence

from sealmark.exchange.errors import InlineMedium

SHOWN = 256  # characters of base64; less than that is an example in a text, and no picture
_HEAD = 320  # characters before them that may belong to the same address
_SIGN = "base64,"
_ADDRESS = re.compile(
    r"data:(image|audio|video)\\?/[\w.+-]{1,64}(;[\w.=+-]{1,64}){0,3};base64,"
    rf"[\w+/%=\r\n\\-]{{{SHOWN}}}",
    re.ASCII | re.IGNORECASE,
)


def require_none(text: str) -> None:
    """Refuse a text with a picture or sound in it; raises `InlineMedium`."""
    if _SIGN in text.lower() and _ADDRESS.search(text):
        raise InlineMedium


class InlineWatch:
    """The same for a text that comes in pieces: less than `SHOWN` characters of a file have left by then."""

    __slots__ = ("_seen", "_wary")

    def __init__(self) -> None:
        self._seen = ""  # what was seen last, as long as there is reason to be wary
        self._wary = 0  # for how many characters more

    def feed(self, text: str, before: Sequence[str]) -> None:
        """The next piece, after all pieces `before`, none of them empty; raises `InlineMedium`."""
        if _SIGN[-1] in text and _SIGN in ("".join(before[-len(_SIGN) :]) + text).lower():
            self._seen = self._seen or "".join(before)[-_HEAD:]
            self._wary = len(text) + SHOWN
        if self._wary > 0:
            self._wary -= len(text)
            self._seen += text
            require_none(self._seen)
            self._seen = self._seen[-(SHOWN + _HEAD) :] if self._wary > 0 else ""
