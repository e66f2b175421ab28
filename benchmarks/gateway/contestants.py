"""The servers that are compared: the upstream itself, Sealmark, LiteLLM's proxy without its content filter and with."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gateway.process import ROOT, Server, free_port, program, python
from benchmarks.gateway.terms import write_library
from benchmarks.gateway.texts import ECHO, PACED, PARROT, WORD
from sealmark.house import House
from sealmark.settings import Settings

PEER_VERSION = "1.106.2"
PEER = ROOT / ".peers" / "litellm"
PEER_KEY = "sk-benchmark"
MODELS = (ECHO, PACED, PARROT)
DIRECT, SEALMARK, PLAIN, FILTERED = "direct call", "Sealmark", "LiteLLM, no filter", "LiteLLM + filter"

SERVICE = """
[[service]]
id = "{model}"
model = "{model}"
operation = "chat"
zh = "测试"
en = "benchmark"
technology = 1
marking_class = "17(1)"
upstream_url = "{url}"
upstream_model = "{model}"
"""
AGREEMENT = """
[agreement]
version = "benchmark"
zh = "演练协议"
en = "rehearsal agreement"
"""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running server, the key that it takes, and whether it must let no listed word through."""

    name: str
    server: Server
    key: str
    filters: bool

    @property
    def url(self) -> str:
        """Its chat endpoint."""
        return f"{self.server.origin}/v1/chat/completions"


def direct(folder: Path) -> Contestant:
    """The upstream itself."""
    port = free_port()
    server = Server(DIRECT, python("benchmarks.gateway.echo", str(port)), port, folder / "upstream.log")
    return Contestant(DIRECT, server, "none", filters=False)


def sealmark(folder: Path, upstream: Server) -> tuple[Contestant, Settings]:
    """Sealmark with its whole pipeline and 100,000 terms, in rehearsal mode; and where its ledger lies."""
    seed, library = folder / "seed.toml", folder / "library.toml"
    services = [SERVICE.format(model=model, url=f"{upstream.origin}/v1") for model in MODELS]
    seed.write_text("\n".join([*services, AGREEMENT]), "utf-8")
    write_library(library)
    settings = Settings(mode="rehearsal", data_dir=folder / "data", seed_file=seed, port=free_port())
    key = _prepared(settings)
    server = Server(
        SEALMARK,
        program("sealmark", "serve"),
        settings.port,
        folder / "sealmark.log",
        SEALMARK_MODE="rehearsal",
        SEALMARK_DATA_DIR=str(settings.data_dir),
        SEALMARK_LIBRARY_FILE=str(library),
        SEALMARK_PORT=str(settings.port),
    )
    return Contestant(SEALMARK, server, key, filters=True), settings


def _prepared(settings: Settings) -> str:
    """Seed the deployment, and make an application whose calls need not name an end user; returns its key."""
    house = House.build(settings)
    house.start()
    try:
        application = house.people.create_application("benchmark")
        house.workplace.rehearse(application.id)
        return house.people.issue_key(application.id)
    finally:
        house.stop()


def litellm(folder: Path, upstream: Server, *, filters: bool) -> Contestant:
    """LiteLLM's proxy as its documentation sets it up for production: one worker, errors logged only, no database."""
    name, port = (FILTERED if filters else PLAIN), free_port()
    config = folder / f"litellm-{filters}.json"  # JSON is YAML
    config.write_text(json.dumps(_peer_settings(upstream, filters=filters), ensure_ascii=False), "utf-8")
    server = Server(
        name,
        [str(PEER / "bin" / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)],
        port,
        folder / f"litellm-{filters}.log",
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        LITELLM_MODE="PRODUCTION",
        LITELLM_LOG="ERROR",
    )
    return Contestant(name, server, PEER_KEY, filters=filters)


def _peer_settings(upstream: Server, *, filters: bool) -> dict[str, Any]:
    """The proxy's configuration; the filter sees input and output, and knows two words where Sealmark knows 100,000."""
    models = [
        {
            "model_name": model,
            "litellm_params": {"model": f"openai/{model}", "api_base": f"{upstream.origin}/v1", "api_key": "none"},
        }
        for model in MODELS
    ]
    words = [{"keyword": word, "action": "BLOCK"} for word in (WORD, "zorbifig")]
    guardrail = {
        "guardrail": "litellm_content_filter",
        "mode": ["pre_call", "post_call"],
        "default_on": True,
        "blocked_words": words,
    }
    return {
        "model_list": models,
        "general_settings": {"master_key": PEER_KEY},
        "litellm_settings": {"telemetry": False},
        "guardrails": [{"guardrail_name": "words", "litellm_params": guardrail}] if filters else [],
    }


def install_peer() -> None:
    """Bring the peer into an environment of its own, once."""
    stamp = PEER / f".installed-{PEER_VERSION}"
    if stamp.exists():
        return
    uv = str(Path(sys.executable).with_name("uv"))
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(PEER)])
    _run([uv, "pip", "install", "--quiet", "--python", str(PEER / "bin" / "python"), f"litellm[proxy]=={PEER_VERSION}"])
    stamp.touch()


def _run(command: list[str]) -> None:
    """A command that must succeed; raises `SystemExit` with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the peer could not be installed: {' '.join(command)}\n{done.stderr[-2000:]}")


def stop_all(servers: Iterable[Server], stop: Callable[[Server], None] = Server.stop) -> None:
    """Stop every server, also when one of them does not end as it should."""
    failed: list[Exception] = []
    for server in servers:
        try:
            stop(server)
        except Exception as error:
            failed.append(error)
    if failed:
        raise failed[0]
