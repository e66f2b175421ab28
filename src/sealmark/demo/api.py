"""The demo's own client of the API beside the gateway: the standard library, and nothing in between."""

import http.client
import json
from typing import Any

from sealmark.demo.errors import Refused
from sealmark.errors import Language

_PATIENCE = 60  # seconds


class Api:
    """Calls with one key, in one language."""

    def __init__(self, address: str, key: str, language: Language) -> None:
        self._place = address.removeprefix("http://")
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Accept-Language": language,
            "Content-Type": "application/json",
        }

    def post(self, path: str, **body: Any) -> Any:
        """The answer to a JSON body; None where there is none. Raises `Refused`."""
        answer = self._call("POST", path, json.dumps(body))
        return json.loads(answer) if answer else None

    def get(self, path: str) -> Any:
        """The answer as JSON. Raises `Refused`."""
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        """The answer as text, letter for letter. Raises `Refused`."""
        return self._call("GET", path, None)

    def _call(self, method: str, path: str, body: str | None) -> str:
        connection = http.client.HTTPConnection(self._place, timeout=_PATIENCE)
        try:
            connection.request(method, path, body, self._headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            problem = json.loads(text)
            raise Refused(
                status=answer.status, **{name: problem[name] for name in ("title", "detail", "code", "article")}
            )
        return text
