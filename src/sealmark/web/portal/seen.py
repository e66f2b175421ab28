"""What a visitor has been shown, signed, so that the same verdict can be shown again in the other language.

The item itself is never kept; a browser cannot send a file twice by itself.
"""

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Any

import orjson

KEY_BYTES = 32
LARGEST = 1024 * 1024  # bytes of the signed text


@dataclass(frozen=True, slots=True)
class Seen:
    """One verdict and the item it was about.

    `verdict` is `Verdict.as_dict()`; `size` in bytes, `sha256` in hexadecimal, `at` an ISO 8601 moment in UTC.
    """

    verdict: dict[str, Any]
    name: str | None
    size: int
    sha256: str
    at: str
    declared: bool


class Signer:
    """Signs what was shown with a key that lives as long as this process."""

    def __init__(self) -> None:
        self._key = os.urandom(KEY_BYTES)

    def write(self, seen: Seen) -> str:
        """The text for a hidden field."""
        payload = orjson.dumps(asdict(seen))
        return urlsafe_b64encode(self._code(payload) + payload).decode()

    def read(self, text: str) -> Seen | None:
        """What was shown; None for anything that we did not sign."""
        try:
            whole = urlsafe_b64decode(text.encode("ascii"))
        except ValueError:
            return None
        code, payload = whole[:KEY_BYTES], whole[KEY_BYTES:]
        if not hmac.compare_digest(code, self._code(payload)):
            return None
        return Seen(**orjson.loads(payload))

    def _code(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, "sha256")
