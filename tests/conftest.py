"""What every room's tests share: a scripted upstream, and a deployment in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import Deployment, deployed
from tests.upstream import ScriptedUpstream


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    """An upstream that answers as it is told."""
    running = ScriptedUpstream()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, upstream: ScriptedUpstream) -> Iterator[Deployment]:
    """A deployment in front of that upstream."""
    with deployed(
        Path(tmp_path_factory.mktemp("deployment")), upstream.url, stall_timeout=1.0, answer_timeout=2.0
    ) as running:
        yield running


@pytest.fixture(scope="module")
def key(deployment: Deployment) -> str:
    """The key of an application whose calls need not name an end user."""
    return deployment.new_key()
