import socket
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.demo.conftest import address_of, start_upstream

MODEL = "smollm2-135m-instruct"
STORY: list[Any] = [{"role": "user", "content": "Tell me a very long story."}]


def test_the_process_ends_cleanly_in_the_midst_of_a_stream() -> None:
    """SIGTERM while a stream runs: the client is told of the break, status 0, nothing on standard error."""
    with (
        start_upstream("--port", "0") as process,
        OpenAI(base_url=f"{address_of(process)}/v1", api_key="none", max_retries=0) as client,
        client.chat.completions.create(model=MODEL, messages=STORY, max_tokens=3000, stream=True) as stream,
    ):
        next(iter(stream))
        process.terminate()
        with pytest.raises(openai.APIError) as caught:
            list(stream)
        _, complaints = process.communicate(timeout=15)
    assert caught.value.code == "demo.engine_failed"
    assert (process.returncode, complaints) == (0, "")


def test_a_taken_port_is_said_in_one_line() -> None:
    """No traceback for a port that is not to be had, or is none."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port in (str(taken.getsockname()[1]), "99999"):
            with start_upstream("--port", port) as process:
                _, complaints = process.communicate(timeout=15)
            assert process.returncode == 1
            assert complaints.count("\n") == 1
            assert port in complaints
