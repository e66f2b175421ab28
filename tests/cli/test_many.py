"""Thousands of files: folders, several processes, a bar for whoever watches, and no file that stops another."""

import json
import operator
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from fcntl import ioctl
from functools import partial
from pathlib import Path

import pytest

import sealmark
from sealmark.cli.many import each, files_of, processes
from sealmark.errors import SealmarkError
from sealmark.media import by_name
from tests.cli.conftest import Call
from tests.deployment import ITEM, Deployment
from tests.media import specimens


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty pictures and a bad one, in a folder and in one below it, beside what does not count."""
    folder = tmp_path / "in"
    (folder / "深").mkdir(parents=True)
    for number in range(20):
        (folder / ("深" if number % 2 else ".") / f"图 {number:02}.jpg").write_bytes(specimens.jpeg())
    (folder / "bad.png").write_bytes(b"no picture")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / ".git").mkdir()
    (folder / ".git" / "a.png").write_bytes(specimens.png())
    return folder


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_is_marked_by_any_number_of_processes(call: Call, folder: Path, tmp_path: Path, jobs: int) -> None:
    """Copies lie as they lay, under the folder's name; the bad file is named and counted, and the others are done."""
    ended = call("mark", folder, "-o", "out", "--jobs", jobs)
    assert ended.code == 2
    marked = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*") if path.is_file())
    originals = sorted(path.relative_to(tmp_path) for path in folder.rglob("*.jpg"))
    assert marked == originals
    assert {sealmark.verify(tmp_path / "out" / path).tier for path in marked} == {"is"}
    assert ended.out.splitlines()[-1] == "20 of 21 files marked, written to out; not: 1 media.lying_format."
    assert ended.err.count("✗ [") == 1
    assert ended.err.count("rehearsal:") == 1
    again = call("verify", "out")
    assert (again.code, again.out.splitlines()[-1]) == (0, "20 files verified: 20 AI-generated.")


def test_json_is_a_line_a_file_in_order(call: Call, folder: Path) -> None:
    """Whichever process is done first: one object a line, in the order of the files, errors among them."""
    here = call("verify", folder, "--jobs", "1", "--json")
    there = call("verify", folder, "--jobs", "2", "--json")
    assert (there.lines, there.code) == (here.lines, here.code)
    assert [Path(line["file"]).name for line in there.lines] == [file.path.name for file in files_of([folder])]
    marked = call("mark", folder, "-o", "out", "--json")
    numbers = [line["label"]["ProduceID"] for line in marked.lines if "label" in line]
    assert len(set(numbers)) == 20
    assert [line["error"]["code"] for line in marked.lines if "error" in line] == ["media.lying_format"]


def test_the_output_is_not_marked_again(call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder for the copies may lie inside the one that is marked."""
    monkeypatch.chdir(folder)
    assert len(call("mark", ".", "-o", "out", "--json").lines) == 21
    assert len(call("mark", ".", "-o", "out", "--json").lines) == 21


def test_two_files_of_one_name_do_not_meet(call: Call, folder: Path, tmp_path: Path) -> None:
    """The second is refused, whoever marks it first, and the first stays what it was."""
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "图 00.jpg"
    twin.write_bytes(specimens.jpeg())
    ended = call("mark", folder / "图 00.jpg", twin, "-o", "out", "--json")
    assert [line.get("error", {}).get("code") for line in ended.lines] == [None, "cli.would_overwrite"]


def test_each_process_asks_the_ledger(call: Call, deployment: Deployment, key: str, tmp_path: Path) -> None:
    """Several processes find what a running deployment released, with its receipt."""
    with deployment.client(key) as client:
        for number in range(4):
            made = client.post("/api/items", files={"file": ("a.png", specimens.png())}, data={"model": ITEM})
            (tmp_path / f"{number}.png").write_bytes(made.content)
    folder = deployment.settings.data_dir
    lines = call("verify", *sorted(tmp_path.glob("*.png")), "-j", "2", "--data-dir", folder, "--json").lines
    assert [line["known"]["unchanged"] for line in lines] == [True] * 4
    assert all(line["label"]["ProduceID"] in line["receipt"]["record"] for line in lines)


def test_a_file_that_kills_its_process_stops_no_other() -> None:
    """A crash is an error of one file; results keep their order, and each end is counted."""
    good = [partial(operator.neg, number) for number in range(6)]
    calls: list[Callable[[], object]] = [partial(operator.neg, 7), partial(os._exit, 1), partial(by_name, "none")]
    calls += good
    ended: list[None] = []
    outcomes = list(each(calls, 2, lambda: ended.append(None)))
    codes = [one.code if isinstance(one, SealmarkError) else one for one in outcomes]
    assert codes == [-7, "workers.died", "media.unknown_format", *(-one for one in range(6))]
    assert len(ended) == len(calls)


def test_processes_are_started_where_they_are_worth_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few small files are done here; many, or large ones, by one process a core; whoever says how many gets them."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    files = files_of([folder])
    assert [processes(files[:count], None) for count in (1, 2, 20)] == [1, 1, 1]
    assert processes(files * 2, None) == 2
    assert processes(files * 100, None) == 4
    assert [processes(files[:count], 3) for count in (1, 2, 21)] == [1, 2, 3]
    large = folder / "bad.png"
    with large.open("r+b") as file:
        file.truncate(100 << 20)
    assert processes(files_of([large, large]), None) == 2


def test_an_empty_folder_is_said(call: Call, tmp_path: Path) -> None:
    """A folder without a file is an answer, not a success."""
    (tmp_path / "empty").mkdir()
    ended = call("verify", "empty", "--json")
    assert (ended.code, ended.lines[0]["error"]["code"]) == (2, "cli.no_files")


def in_terminal(folder: Path, *arguments: str) -> tuple[int, str]:
    """What a person sees of a command in a terminal of 100 columns."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SEALMARK", "COLUMNS"))}
    ran = subprocess.Popen(
        [sys.executable, "-m", "sealmark.cli", *arguments],
        cwd=folder,
        env=environment | {"LANG": "zh_CN.UTF-8", "TERM": "xterm-256color"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown, until = b"", time.monotonic() + 60
    while time.monotonic() < until and select.select([master], [], [], 30)[0]:
        try:
            shown += os.read(master, 1 << 16)
        except OSError:  # the other end was closed
            break
    os.close(master)
    return ran.wait(30), shown.decode()


def test_a_watched_run_shows_a_bar_a_line_a_file_and_the_summary(folder: Path, tmp_path: Path) -> None:
    """On a terminal: a bar with count, speed and time left below the lines; at the end the sentence to quote."""
    code, shown = in_terminal(tmp_path, "mark", "in", "-o", "out", "--jobs", "2")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert code == 2
    assert re.search(r"标识 [━╸╺ ]+ +\d+/21", plain)
    assert re.search(r"\d/s", plain)
    assert plain.count("✓ in/") == 20
    assert "已标识 20/21 个文件，写入 out；未成 1 media.lying_format。" in plain
    code, shown = in_terminal(tmp_path, "verify", "out")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert (code, plain.count("● 属于")) == (0, 20)
    assert "显式标识" not in plain  # so many cards nobody reads


def test_json_on_a_terminal_is_json(folder: Path, tmp_path: Path) -> None:
    """No bar is drawn between the lines, and no line is broken."""
    _, shown = in_terminal(tmp_path, "verify", "in", "--json")
    lines = [line for line in shown.splitlines() if line.startswith("{")]
    assert len(lines) == 21
    assert all(json.loads(line) for line in lines)
