"""The shapes of the OpenAI interface that we write ourselves: errors and events."""

import json
from typing import Any

import orjson

from sealmark.errors import Language, SealmarkError

TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
DONE = b"data: [DONE]\n\n"


def error_body(error: SealmarkError, language: Language, exchange: str | None = None) -> dict[str, Any]:
    """An OpenAI-shaped error: both sentences in the caller's language, stable code, article, exchange number."""
    kind = TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    return {
        "error": {
            "message": error.text(language),
            "type": kind,
            "param": error.details.get("field"),
            "code": error.code,
            "article": error.article,
            "exchange": exchange,
        }
    }


def event(body: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + orjson.dumps(body) + b"\n\n"


def ascii_json(values: Any) -> str:
    """JSON that may stand in an answer's head: ASCII only, on one line."""
    return json.dumps(values, separators=(",", ":"))


def without_surrogates(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD, as every UTF-8 writer would have to."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
