"""`python -m sealmark.demo.upstream --port N`: the demo upstream as a process of its own, on loopback only."""

import argparse
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType

import uvicorn

from sealmark.demo.upstream.app import Generators, create
from sealmark.errors import SealmarkError

_HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    """Says one line on standard output when it is ready to answer, and stops the model when it is told to end."""

    def __init__(self, config: uvicorn.Config, generators: Generators) -> None:
        super().__init__(config)
        self._generators = generators

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            print(f"ready http://{_HOST}:{sockets[0].getsockname()[1]}", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._generators.language.stop()
        super().handle_exit(sig, frame)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal; 0 after a clean end, 1 where a generator or the port is not to be had."""
    parser = argparse.ArgumentParser(prog="python -m sealmark.demo.upstream", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port on loopback; 0 lets the system choose")
    port = parser.parse_args(arguments).port
    try:
        with socket.create_server((_HOST, port)) as listener:
            return _serve(listener)
    except SealmarkError as failure:
        print(failure.text("en"), file=sys.stderr)
    except (OSError, OverflowError) as failure:
        print(f"Port {port} cannot be used: {failure}", file=sys.stderr)
    return 1


def _serve(listener: socket.socket) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn ends on them and raises them again: that shall not kill
        signal.signal(number, lambda *_: None)
    generators = Generators()
    try:
        config = uvicorn.Config(create(generators), log_level="error", access_log=False, timeout_graceful_shutdown=3)
        server = _Server(config, generators)
        server.run(sockets=[listener])
    finally:
        generators.close()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
