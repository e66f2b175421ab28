"""The journey, end to end: the real language model, the real gateway, processes of their own, nothing left behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest

import sealmark
from sealmark.cli.deployment import LocalLedger, local_ledger
from sealmark.demo import generation, processes
from sealmark.demo.deployment import running
from sealmark.demo.errors import FolderForeign, PartEnded, PartNotStarted, PortTaken
from sealmark.demo.evidence import EXPECTED
from sealmark.demo.journey import STEPS
from sealmark.demo.people import invented_resident_id
from sealmark.ledger import audit, check
from sealmark.people.identity import normal
from sealmark.settings import Settings

PATIENCE = 240  # seconds for a whole journey on a busy machine


@dataclass(frozen=True)
class Walked:
    """A journey that was walked: its folder, its lines, the pages seen while it was up, and how it ended."""

    folder: Path
    lines: list[dict[str, Any]]
    pages: dict[str, int]
    code: int

    @property
    def facts(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.lines[-1]["facts"]
        return found


def environment(**more: str) -> dict[str, str]:
    """Ours, in English, with no settings of another deployment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEALMARK_", "LC_"))}
    return {**kept, "LANG": "C.UTF-8", **more}


def start(folder: Path, *arguments: str, **more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "sealmark.cli", "demo", "--port", "0", "--out", str(folder), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**more))


def listens(address: str) -> bool:
    """Whether anybody answers there."""
    host, _, port = address.removeprefix("http://").partition(":")
    with suppress(ConnectionRefusedError), socket.create_connection((host, int(port)), timeout=5):
        return True
    return False


def upstream_of(folder: Path) -> str:
    """The address of the demo upstream, as the gateway was told it."""
    found = re.search(r"http://127\.0\.0\.1:\d+", (folder / "services.toml").read_text("utf-8"))
    assert found is not None
    return found[0]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """One whole journey that stays up, is looked at, and is ended by Ctrl-C."""
    folder = tmp_path_factory.mktemp("journey") / "out"
    process = start(folder, "--json")
    assert process.stdout is not None
    lines = [json.loads(process.stdout.readline() or '{"ended": true}') for _ in range(len(STEPS) + 1)]
    pages = {}
    if "address" in lines[-1]:
        opener = build_opener(ProxyHandler({}))
        for path in ("/", "/verify", "/receipts"):
            pages[path] = opener.open(lines[-1]["address"] + path, timeout=30).status
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert "facts" in lines[-1], err
    return Walked(folder, lines, pages, process.returncode)


@pytest.fixture(scope="module")
def ledger(walked: Walked) -> Iterator[LocalLedger]:
    """The ledger that the journey left, read as an inspector would."""
    with local_ledger(Settings(mode="rehearsal", data_dir=walked.folder / "data")) as found:
        yield found


@pytest.mark.slow
def test_every_step_ends_as_it_must(walked: Walked) -> None:
    """All steps, in their order, each with its articles; the first answer comes within a minute."""
    assert [line["step"] for line in walked.lines[:-1]] == [step.name for step in STEPS]
    assert all(line["articles"] for line in walked.lines[:-1])
    facts = walked.facts
    assert facts["refused"]["refusals"] == {"admission.agreement_required": 403, "admission.identity_required": 403}
    assert facts["identity"]["verified"] is True
    assert facts["publish"] == {
        "allowed": "allowed",
        "refused": "admission.identity_required_to_publish",
        "article": 9,
    }
    assert facts["ledger"]["sound"] is True
    for medium in ("image", "speech"):  # no reviewer sees them yet: recorded as it is, released in rehearsal only
        assert "unreviewed" in facts[medium]["reviews"]


@pytest.mark.slow
def test_the_model_really_answers(walked: Walked) -> None:
    """The streamed text begins with its mark and goes on with the model's own words, and is what was saved."""
    text = walked.facts["chat"]["text"]
    assert text.startswith("[AI生成 · AI-generated]\n\n")
    assert len(text.split()) > 8
    assert (walked.folder / "chat.txt").read_text("utf-8") == text
    sidecar = json.loads((walked.folder / "chat.txt.aigc.json").read_text("utf-8"))
    assert sidecar["AIGC"]["ProduceID"] == walked.facts["chat"]["produce_id"]


@pytest.mark.slow
def test_what_review_blocks_stays_inside(walked: Walked) -> None:
    """The prompt is refused; of the answer only what stood before the term is released (Art. 10)."""
    facts = walked.facts
    assert (facts["blocked_prompt"]["code"], facts["blocked_prompt"]["article"]) == ("review.input_blocked", 10)
    assert (facts["blocked_answer"]["code"], facts["blocked_answer"]["article"]) == ("review.output_blocked", 10)
    released = facts["blocked_answer"]["released"].lower()
    assert released.endswith("you joined them: ")
    assert not any(half in released for halves in generation._HALVES for half in halves)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_the_artefacts_verify(walked: Walked, ledger: LocalLedger, name: str) -> None:
    """Each artefact has its tier by its own label and is known to the ledger, unchanged, under its own number."""
    verdict = sealmark.verify(walked.folder / name, registry=ledger.items)
    assert verdict.tier == EXPECTED[name] == walked.facts["verify"][name]["verdict"]
    assert verdict.known is not None
    step = {"painting.png": "image", "speech.wav": "speech", "chat.txt": "chat"}[name]
    assert (verdict.known.unchanged, verdict.known.produce_id) == (True, walked.facts[step]["produce_id"])


@pytest.mark.slow
def test_the_alteration_is_found(walked: Walked, ledger: LocalLedger) -> None:
    """One changed value of the label: altered after release, whatever the file now says (Art. 18)."""
    verdict = sealmark.verify(walked.folder / "painting-altered.png", registry=ledger.items)
    assert verdict.tier == "suspected"
    assert verdict.known is not None
    assert verdict.known.altered
    assert set(walked.facts["alter"]["warnings"]) == {
        "marks.altered_after_release",
        "marks.label_differs",
        "marks.credential_invalid",
    }


@pytest.mark.slow
def test_the_receipts_hold_offline(walked: Walked) -> None:
    """Every saved receipt checks by the saved key; the forged one does not."""
    receipts = walked.folder / "receipts"
    vkey = (receipts / "ledger.vkey").read_text("utf-8")
    names = {"chat", "painting", "speech", "blocked-prompt", "blocked-answer"}
    assert set(walked.facts["receipts"]["holding"]) == names
    for name in names:
        checked = check((receipts / f"{name}.json").read_text("utf-8"), vkey)
        assert str(checked.record["exchange"]).startswith("ex-")
    assert walked.facts["receipts"]["forged"] == "ledger.proof_invalid"


@pytest.mark.slow
def test_the_ledger_is_sound_after_the_end(walked: Walked, ledger: LocalLedger) -> None:
    """The whole log, shutdown included, agrees with its checkpoints, and goes on from what the journey audited."""
    report = audit(ledger.store, [ledger.verifier])
    assert report.sound
    assert report.records >= walked.facts["ledger"]["records"] >= len(STEPS)


@pytest.mark.slow
def test_no_person_stands_in_ledger_tiles_or_log(walked: Walked) -> None:
    """No identity number, reference, prompt, answer, key or address in the ledger, the export or any log line."""
    facts = walked.facts
    secrets = [
        facts["identity"]["number"],
        *facts["register"]["end_users"],
        facts["register"]["api_key"],
        generation.PROMPT,
        generation.PICTURE,
        generation.SPOKEN["en"],
        generation.BLOCKED_TERM,
        facts["chat"]["text"].partition("\n\n")[2][:40],
        "127.0.0.1",
    ]
    kept = [*walked.folder.glob("data/ledger*"), *walked.folder.glob("ledger/**/*"), *walked.folder.glob("logs/*")]
    files = [path for path in kept if path.is_file()]
    assert any(path.name == "ledger-rehearsal.db" and path.stat().st_size > 40_000 for path in files)
    assert any(path.parent.name == "ledger" for path in files)
    for path in files:
        held = path.read_bytes()
        assert not [one for one in secrets if one.encode() in held], path.name


@pytest.mark.slow
def test_identity_lies_only_encrypted_in_the_workplace(walked: Walked) -> None:
    """The workplace's database finds a number and a reference again without holding them (Art. 9; design, 6)."""
    held = b"".join(path.read_bytes() for path in walked.folder.glob("data/sealmark.db*"))
    assert len(held) > 40_000
    for secret in (walked.facts["identity"]["number"], *walked.facts["register"]["end_users"]):
        assert secret.encode() not in held


@pytest.mark.slow
def test_it_stays_up_until_ctrl_c_and_leaves_nothing(walked: Walked) -> None:
    """The pages answer while it is up; after Ctrl-C the exit code is 0 and both processes are gone."""
    assert walked.pages == {"/": 200, "/verify": 200, "/receipts": 200}
    assert walked.code == 0
    assert not listens(walked.lines[-1]["address"])
    assert not listens(upstream_of(walked.folder))


@pytest.mark.slow
def test_once_and_again_in_chinese(walked: Walked) -> None:
    """`--once` ends by itself; a second run in the folder begins afresh; the last line can be quoted."""
    process = start(walked.folder.with_name("chinese"), "--once", LANG="zh_CN.UTF-8")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert f"{len(STEPS)} 步全部符合规定" in out.splitlines()[-1]
    assert "服务协议" in out
    assert "http://127.0.0.1" not in out  # nobody answers there any more


@pytest.mark.slow
def test_two_in_one_folder_and_what_ctrl_c_says(tmp_path: Path) -> None:
    """Of two started at the same moment one runs, and the other says where; Ctrl-C says what is left, and where."""
    both = [start(tmp_path / "out"), start(tmp_path / "out")]
    deadline = time.monotonic() + 60
    while all(process.poll() is None for process in both):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    refused, up = sorted(both, key=lambda process: process.poll() is None)
    _, err = refused.communicate()
    assert refused.returncode == 2
    address = json.loads((tmp_path / "out" / "demo.json").read_text("utf-8"))["address"]
    assert err.startswith("✗ [demo.already_running] ")
    assert address in err
    assert up.stdout is not None
    said: list[str] = []
    while not said or "Ctrl-C" not in said[-1]:
        said.append(up.stdout.readline())
        assert said[-1], up.communicate()[1]
    assert any(address in line for line in said)
    up.send_signal(signal.SIGINT)
    out, _ = up.communicate(timeout=PATIENCE)
    assert up.returncode == 0
    assert f"{address} answers no more" in out
    assert f"demo --out {tmp_path / 'out'}" in out


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_it_nothing_is_left(tmp_path: Path, number: signal.Signals) -> None:
    """Ended while its parts come up, even without a chance to tidy, it takes them along."""
    process = start(tmp_path / "out")
    log, deadline = tmp_path / "out" / "logs" / "gateway.log", time.monotonic() + 60
    while not log.exists() or not listens(upstream_of(tmp_path / "out")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in (128 + number, -number)
    while listens(upstream_of(tmp_path / "out")):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    """A folder that no demo wrote keeps everything that is in it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(FolderForeign), running(tmp_path, 0):
        pass
    assert (tmp_path / "data" / "thesis.txt").read_text("utf-8") == "mine"


def test_a_port_that_was_asked_for_and_is_taken(tmp_path: Path) -> None:
    """A named port is that port or an error; nothing is written."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken), running(tmp_path / "out", port):
            pass
    assert not (tmp_path / "out").exists()


def test_a_part_that_does_not_come_up(tmp_path: Path) -> None:
    """What it said last is told, with where its log lies."""
    part = processes.start("gateway", ["sealmark.no_such_module"], environment(), tmp_path / "log")
    with pytest.raises(PartNotStarted) as caught:
        part.first_line(time.monotonic() + 30)
    assert "no_such_module" in caught.value.text("en")
    part.stop()


def test_a_part_that_ends_by_itself(tmp_path: Path) -> None:
    """While the demo is up, a part that ends is noticed."""
    part = processes.start("upstream", ["this"], environment(), tmp_path / "log")
    part.process.wait(30)
    with pytest.raises(PartEnded):
        part.still_runs()
    part.stop()


def test_a_part_that_will_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who ignores the kind signal gets the other one, its children too."""
    monkeypatch.setattr(processes, "_STOPPED_WITHIN", 0.3)
    (tmp_path / "stubborn.py").write_text(
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        "if child: print(child, flush=True)\n"
        "while True: time.sleep(1)\n",
        "utf-8",
    )
    part = processes.start("gateway", ["stubborn"], environment(PYTHONPATH=str(tmp_path)), tmp_path / "log")
    child = int(part.first_line(time.monotonic() + 30))
    part.stop()
    assert part.process.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}/stat").exists() and " Z " not in Path(f"/proc/{child}/stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_invented_number_is_well_formed_and_nobodys() -> None:
    """It passes every check of form, and names a district that does not exist."""
    for _ in range(200):
        number = invented_resident_id()
        assert normal("resident_id", number)[1] == number
        assert number.startswith("000000")
        assert not number.endswith("0000")  # what the sandbox would refuse
