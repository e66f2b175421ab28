"""`sealmark ledger`, beside the running server."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.deployment import Deployment, ask
from tests.upstream import ScriptedUpstream


@pytest.fixture
def data(deployment: Deployment) -> Path:
    """The deployment's data folder."""
    return deployment.settings.data_dir


@pytest.fixture
def vkey(deployment: Deployment) -> str:
    """The ledger's public key."""
    return deployment.house.signer.vkey


@pytest.fixture
def code(deployment: Deployment, upstream: ScriptedUpstream, key: str) -> str:
    """The receipt's code of one chat."""
    upstream.says("Ink on paper, and a red seal.")
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask("a question about ink"))
    return answer.headers["x-sealmark-receipt"]


@pytest.fixture
def receipt(call: Call, data: Path, code: str, tmp_path: Path) -> Path:
    """The receipt of that chat, as `prove` printed it."""
    path = tmp_path / "receipt.json"
    path.write_text(call("ledger", "prove", code, "--data-dir", data).out, "utf-8")
    return path


def test_a_sound_ledger(call: Call, data: Path, code: str, vkey: str) -> None:
    """The audit reads beside the writer, by the master key or by the public key alone."""
    ended = call("ledger", "verify", "--data-dir", data, "--json")
    (line,) = ended.lines
    assert (ended.code, line["sound"], line["vkey"]) == (0, True, vkey)
    assert line["records"] == line["size"] > 0
    shown = call("ledger", "verify", "--data-dir", data, "--vkey", vkey)
    assert shown.code == 0
    assert shown.out.startswith("The ledger is sound: ")


def test_a_strange_key_finds_every_checkpoint_unsigned(call: Call, data: Path, code: str) -> None:
    """The wrong public key: not sound, exit code 1."""
    from sealmark.ledger import Signer

    ended = call("ledger", "verify", "--data-dir", data, "--vkey", Signer.generate("another/log").vkey, "--json")
    assert ended.code == 1
    assert {one["kind"] for one in ended.lines[0]["findings"]} == {"checkpoint_unsigned"}


def test_what_was_seen_before_must_go_on(
    call: Call, data: Path, deployment: Deployment, code: str, tmp_path: Path
) -> None:
    """A checkpoint kept from before is continued; one of another history is a fork."""
    from sealmark.ledger import Checkpoint, parse_note

    note = deployment.house.sequencer.checkpoint()
    (tmp_path / "seen").write_text(note, "utf-8")
    assert call("ledger", "verify", "--data-dir", data, "--since", "seen").code == 0
    seen = parse_note(note)[0]
    forked = deployment.house.signer.sign(Checkpoint(seen.origin, seen.size, bytes(32)))
    (tmp_path / "forked").write_text(forked, "utf-8")
    ended = call("ledger", "verify", "--data-dir", data, "--since", "forked", "--json")
    assert (ended.code, [one["kind"] for one in ended.lines[0]["findings"]]) == (1, ["forked"])
    (tmp_path / "unsigned").write_text(note.replace("—", "-"), "utf-8")
    assert call("ledger", "verify", "--data-dir", data, "--since", "unsigned").code == 2


def test_a_receipt_holds_offline(call: Call, receipt: Path, vkey: str, tmp_path: Path) -> None:
    """With the public key, written out or in a file, and nothing else."""
    ended = call("ledger", "check", receipt, "--vkey", vkey)
    assert ended.code == 0
    assert "The receipt holds: record " in ended.out
    (tmp_path / "key").write_text(vkey + "\n", "utf-8")
    (line,) = call("ledger", "check", receipt, "--vkey", "key", "--json").lines
    assert (line["holds"], line["record"]["kind"]) == (True, "exchange.answer.closed")
    assert "items.0.digest" in line["opened"]
    assert call("ledger", "check", "-", "--vkey", vkey, given=receipt.read_bytes()).code == 0


def test_an_altered_receipt_does_not(call: Call, receipt: Path, vkey: str) -> None:
    """A changed record is a no (1); what is no receipt is unusable (2)."""
    text = receipt.read_text("utf-8")
    receipt.write_text(text.replace("released", "refused!", 1), "utf-8")
    ended = call("ledger", "check", receipt, "--vkey", vkey, "--json")
    assert (ended.code, ended.lines[0]["holds"]) == (1, False)
    assert "[ledger.proof_invalid]" in ended.err
    receipt.write_text("{}", "utf-8")
    assert call("ledger", "check", receipt, "--vkey", vkey).code == 2
    assert call("ledger", "check", receipt, "--vkey", "no key").code == 2


def test_prove_by_index_and_unknown(call: Call, data: Path, receipt: Path, vkey: str) -> None:
    """A record's index serves too; an unknown code or index is said, with exit code 2."""
    ended = call("ledger", "prove", "0", "--data-dir", data, "--json")
    assert ended.lines[0]["vkey"] == vkey
    assert json.loads(ended.lines[0]["receipt"])["type"] == "sealmark-receipt@v1"
    assert "[items.unknown_receipt]" in call("ledger", "prove", "nosuchcode", "--data-dir", data).err
    assert "[ledger." in call("ledger", "prove", "999999", "--data-dir", data).err


def test_the_export_holds_no_record(call: Call, data: Path, code: str, tmp_path: Path) -> None:
    """Tiles, digests and the checkpoint leave; records and what was said do not."""
    ended = call("ledger", "export", "log", "--data-dir", data, "--json")
    written = [path for path in (tmp_path / "log").rglob("*") if path.is_file()]
    assert ended.lines == [{"folder": "log", "files": len(written)}]
    assert (tmp_path / "log" / "checkpoint").exists()
    everything = b"".join(path.read_bytes() for path in written)
    assert b"exchange" not in everything
    assert b"ink" not in everything


def test_no_ledger_is_an_answer(call: Call, tmp_path: Path) -> None:
    """Where there is no ledger nothing is made up, and none is created."""
    for command in (("verify",), ("prove", "0"), ("export", "log")):
        ended = call("ledger", *command, "--data-dir", tmp_path / "nowhere")
        assert ended.code == 2
    assert not (tmp_path / "nowhere").exists()
