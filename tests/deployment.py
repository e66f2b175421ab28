"""A whole deployment for tests: a real server on a real socket, its own folder, its own keys."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
import uvicorn

from sealmark.house import House
from sealmark.settings import Settings
from sealmark.web.app import Application
from sealmark.web.protocol import BoundedProtocol

SERVICE = """
[[service]]
id = "{operation}"
model = "{model}"
operation = "{operation}"
zh = "测试"
en = "test"
technology = 1
marking_class = "{marking}"
reason = "{reason}"
flags = {flags}
assessment = "{assessment}"
upstream_url = "{url}"
upstream_model = "upstream-model"
explicit = {{ {explicit} }}
"""
ELSEWHERE = """
[[service]]
id = "studio"
model = "test-item"
operation = "item"
zh = "别处生成"
en = "made elsewhere"
technology = 5
explicit = {{ {explicit} }}
"""
AGREEMENT = """
[agreement]
version = "2026-11"
zh = "演练协议"
en = "rehearsal agreement"
"""
LABELLING_AGREEMENT = """
[labelling_agreement]
version = "L1"
zh = "使用者自行标识并承担责任"
en = "the user labels, and is liable"
"""
RESIDENT = "11010519491231002X"  # the example of GB 11643
CHAT, IMAGE, SPEECH, ITEM = "test-chat", "test-image", "test-speech", "test-item"


class Deployment:
    """A running deployment: `house` inside, `url` outside, an application with a key that works at once."""

    def __init__(self, folder: Path, upstream_url: str, **given: Any) -> None:
        self.folder = folder
        seed = folder / "seed.toml"
        if not seed.exists():
            seed.write_text(seed_text(upstream_url), "utf-8")
        self.settings = Settings(mode="rehearsal", data_dir=folder / "data", seed_file=seed, **given)
        self.application = Application(self.settings)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            self.application,
            http=BoundedProtocol,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        wait_for(lambda: self._server.started or not self._thread.is_alive())
        assert self._server.started

    @property
    def house(self) -> House:
        assert self.application.house is not None
        return self.application.house

    def new_key(self, *, ready: bool = True, shows_label: bool = False) -> str:
        """A new application's key; `ready`: its calls need not name an end user."""
        row = self.house.people.create_application("test", shows_label=shows_label)
        if ready:
            self.house.workplace.rehearse(row.id)
        return self.house.people.issue_key(row.id)

    def client(self, key: str = "", language: str = "en") -> httpx2.Client:
        headers = {"Accept-Language": language} | ({"Authorization": f"Bearer {key}"} if key else {})
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def records(self, *kinds: str) -> list[dict[str, Any]]:
        """The ledger's records, of these kinds or all."""
        rows = self.house.store.records(0, self.house.sequencer.size)
        found = [orjson.loads(row.record) for row in rows]
        return [record for record in found if not kinds or record["kind"] in kinds]

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()
        assert not self._thread.is_alive()


@contextmanager
def deployed(folder: Path, upstream_url: str, **given: Any) -> Iterator[Deployment]:
    """A deployment for the length of a block."""
    folder.mkdir(parents=True, exist_ok=True)
    running = Deployment(folder, upstream_url, **given)
    try:
        yield running
    finally:
        running.stop()


def seed_text(
    url: str, *, flags: str = "[]", assessment: str = "", explicit: str = "", switches: str = "", reason: str = ""
) -> str:
    """A seed file with one service for each operation; with a reason, they are `other` (Art. 17, second paragraph)."""
    services = [
        SERVICE.format(
            operation=operation,
            model=f"test-{operation}",
            url=url,
            marking="other" if reason else "17(1)",
            reason=reason,
            flags=flags,
            assessment=assessment,
            explicit=explicit,
        )
        for operation in ("chat", "image", "speech")
    ]
    elsewhere = ELSEWHERE.format(explicit=explicit)
    return "\n".join([*services, elsewhere, AGREEMENT, LABELLING_AGREEMENT, switches])


def ask(text: str, **more: Any) -> dict[str, Any]:
    """A chat request."""
    return {"model": CHAT, "messages": [{"role": "user", "content": text}], **more}


def events(body: bytes) -> list[Any]:
    """The events of a stream: parsed, `[DONE]` as a string."""
    found = [line[6:] for line in body.decode().split("\n\n") if line.startswith("data: ")]
    return [one if one == "[DONE]" else json.loads(one) for one in found]


def streamed_text(found: list[Any]) -> str:
    """The text that a stream's events show."""
    pieces = [one for one in found if isinstance(one, dict) and "choices" in one]
    return "".join(choice["delta"].get("content") or "" for one in pieces for choice in one["choices"])


def wait_for(condition: Any, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "not within its time"
        time.sleep(0.01)
