"""`sealmark ledger`, beside the running server."""

import json
from collections.abc import Callable
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


def test_a_receipt_says_what_it_proves(
    call: Call, receipt: Path, vkey: str, monkeypatch: pytest.MonkeyPatch, deployment: Deployment
) -> None:
    """When, which service and outcome, every review, every item with number, marks and digest, in both languages."""
    (line,) = call("ledger", "check", receipt, "--vkey", vkey, "--json").lines
    record = line["record"]
    (item,) = line["items"]
    assert (line["at"], line["outcome"], line["reviews"]) == (record["at"], "released", record["reviews"])
    assert item["produce_id"] == record["items"][0]["label"]["ProduceID"]
    assert item["marks"] == record["items"][0]["marks"]
    assert item["digest"] == line["opened"]["items.0.digest"]
    for language, words in (
        ("en_US.UTF-8", ("outcome ", "released", "review 2 ", "passed", "item 1 ", "number ", "marks ", "metadata")),
        ("zh_CN.UTF-8", ("结果 ", "放行", "审核 2 ", "通过", "内容 1 ", "编号 ", "标识 ", "元数据")),
    ):
        monkeypatch.setenv("LANG", language)
        shown = call("ledger", "check", receipt, "--vkey", vkey).out
        for told in (*words, item["produce_id"], item["digest"], deployment.house.stages.library.version):
            assert told in shown
        names = [row[2:18].strip() for row in shown.splitlines()[:-1]]
        chinese = [name for name in names if any("\u4e00" <= character <= "\u9fff" for character in name)]
        assert set(names) - set(chinese) == ({"", "SHA-256"} if language.startswith("zh") else set(names))


def test_a_refusals_receipt_says_why(call: Call, deployment: Deployment, key: str, data: Path, vkey: str) -> None:
    """A request that review refused: refused, by which code and article, and the finding without its word."""
    rows = (entry for entries in deployment.house.stages.library.entries for entry in entries)
    term = next(entry.term for entry in rows if entry.severity == "block")
    with deployment.client(key) as client:
        answer = client.post("/v1/chat/completions", json=ask(f"about {term} please"))
    text = call("ledger", "prove", answer.headers["x-sealmark-receipt"], "--data-dir", data).out
    ended = call("ledger", "check", "-", "--vkey", vkey, given=text.encode())
    assert "refused, review.input_blocked, Article 10" in ended.out
    assert "finding " in ended.out
    assert "blocked" in ended.out
    assert term not in ended.out


def test_a_record_of_any_shape_is_shown(deployment: Deployment) -> None:
    """What a log signed is not what we would have written: it is shown all the same, and steers no terminal."""
    from sealmark.cli.receipt import in_json, in_words, plain
    from sealmark.ledger import Checked, Checkpoint

    strange = {"kind": 7, "at": None, "items": [{}, 1, {"label": [], "marks": "x"}], "reviews": {"a": 1}}
    found = Checked({**strange, "service": "\x1b[2J", "operation": "x"}, 0, Checkpoint("a", 1, bytes(32)), {"b": "c"})
    assert ("b", "c") in list(in_words(found))
    assert in_json(found)["items"][1]["marks"] == "x"
    assert "\x1b" not in "".join(plain(value) for _, value in in_words(found))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda key: "\n", "it is empty"),
        (lambda key: f'"{key}"', "it stands in quotes"),
        (lambda key: f"{key}\n{key}", "more than one line"),
        (lambda key: key[:-4], "32 bytes expected, 29 found"),
    ],
)
def test_a_spoilt_key_is_explained(
    call: Call, receipt: Path, vkey: str, tmp_path: Path, spoil: Callable[[str], str], said: str
) -> None:
    """What is wrong with the public key is said, with what it should look like, and its text is not repeated."""
    (tmp_path / "key").write_text(spoil(vkey), "utf-8")
    ended = call("ledger", "check", receipt, "--vkey", "key")
    assert ended.code == 2
    assert "[cli.key_unusable]" in ended.err
    assert said in ended.err
    assert "joined by plus signs" in ended.err
    assert vkey.split("+", 2)[2][:12] not in ended.err


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
