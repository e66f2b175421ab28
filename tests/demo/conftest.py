"""One demo upstream for all tests of this room, as the process that it is."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from openai import OpenAI


def start_upstream(*arguments: str) -> "subprocess.Popen[str]":
    """Start the demo upstream with these arguments, both of its streams as pipes."""
    command = [sys.executable, "-m", "sealmark.demo.upstream", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy())


def address_of(process: "subprocess.Popen[str]") -> str:
    """The address in the one line that the upstream prints when it is ready."""
    assert process.stdout is not None
    word, address = process.stdout.readline().split()
    assert word == "ready"
    return str(address)


@pytest.fixture(scope="session")
def upstream() -> Iterator[str]:
    """The address of a running demo upstream."""
    with start_upstream("--port", "0") as process:
        yield address_of(process)
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="session")
def client(upstream: str) -> Iterator[OpenAI]:
    """The official SDK, with nothing changed but the address."""
    with OpenAI(base_url=f"{upstream}/v1", api_key="none", max_retries=0, timeout=60) as made:
        yield made
