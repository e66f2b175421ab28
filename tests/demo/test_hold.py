"""One demo at a time in a folder."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from sealmark.demo import deployment as module
from sealmark.demo.deployment import running
from sealmark.demo.errors import AlreadyRunning, FolderBusy, FolderUnusable
from sealmark.demo.hold import MARK, held, refuse_held
from sealmark.storage.ledger import LedgerStore

ADDRESS = "http://127.0.0.1:8040"


def test_a_second_one_learns_where_the_first_answers(tmp_path: Path) -> None:
    """The refusal names folder, address and process, and how to go on, in both languages; nothing is changed."""
    folder = tmp_path / "out"
    with held(folder, ADDRESS):
        seconds: tuple[Callable[[Path], None], ...] = (refuse_held, lambda one: held(one, "another").__enter__())
        for second in seconds:
            with pytest.raises(AlreadyRunning) as caught:
                second(folder)
            for text in (caught.value.text("zh"), caught.value.text("en")):
                assert ADDRESS in text
                assert str(folder) in text
                assert "--out" in text
        assert json.loads((folder / MARK).read_text("utf-8"))["address"] == ADDRESS
    with held(folder, ADDRESS):
        pass


def test_at_the_same_moment_the_folder_is_not_called_foreign(tmp_path: Path) -> None:
    """A folder in which another demo has only just begun is that demo's, whatever port is asked for."""
    with held(tmp_path, ADDRESS), socket.create_server(("127.0.0.1", 0)) as taken:
        for port in (None, 0, taken.getsockname()[1]):
            with pytest.raises(AlreadyRunning), running(tmp_path, port):
                pass


def test_a_ledger_that_a_server_writes_is_left_alone(tmp_path: Path) -> None:
    """Where no demo runs but something writes the ledger, that is said, and the ledger stays."""
    (tmp_path / "data").mkdir()
    ledger = tmp_path / "data" / module._LEDGER
    store = LedgerStore.create(ledger, "sealmark/rehearsal/test")
    with pytest.raises(FolderBusy), running(tmp_path, 0):
        pass
    assert ledger.exists()
    store.close()


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    """Where a file stands in the way, that is an answer."""
    (tmp_path / "file").write_text("mine", "utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(FolderUnusable), running(folder, 0):
            pass
    assert (tmp_path / "file").read_text("utf-8") == "mine"


def test_the_usual_port_moves_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no port asked for, a taken 8040 becomes another one; a port that is asked for never does."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(module, "PORT", taken.getsockname()[1])
        assert module._chosen(None) != module.PORT
    assert module._chosen(None) == module.PORT
