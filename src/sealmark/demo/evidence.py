"""The journey's evidence: verdicts, an alteration that is found, receipts and the ledger, all by the command line."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from sealmark.demo.deployment import environment_without_settings, program, short
from sealmark.demo.traveller import Facts, Traveller, require
from sealmark.media.image import png

ARTEFACTS = ("painting.png", "speech.wav", "chat.txt")
# Picture and sound carry their label; a text has no place for one, so its label lies beside it.
EXPECTED = dict.fromkeys(ARTEFACTS, "is")
ALTERED = "painting-altered.png"
_PATIENCE = 120  # seconds
_TIER = re.compile(rb"(Label&quot;:&quot;)1")  # as it stands in the picture's XMP


def verify(traveller: Traveller) -> Facts:
    """Each artefact: its tier by its own label, and that the ledger released these very bytes (Art. 16)."""
    verdicts = _verify(traveller, [traveller.file(name) for name in ARTEFACTS])
    found = {}
    for name, verdict in zip(ARTEFACTS, verdicts, strict=True):
        require(
            verdict["verdict"] == EXPECTED[name],
            f"{name} 的结论是 {verdict['verdict']}",
            f"{name}: {verdict['verdict']}",
        )
        require(
            bool(verdict["known"] and verdict["known"]["unchanged"]),
            f"账本不认识 {name}",
            f"{name} is not known to the ledger",
        )
        require(
            verdict["known"]["produce_id"] == traveller.numbers[name],
            f"{name} 的编号与当时不同",
            f"{name} has another number",
        )
        shown = traveller.say("属于；由此处交付，未被改动", "is AI-generated; released here, unchanged")
        traveller.narrator.row(name, name, shown, "good")
        found[name] = {"verdict": verdict["verdict"], "unchanged": True}
    by_hand = f"{program()} verify {short(traveller.file(ARTEFACTS[0]))} --data-dir {short(traveller.deployment.data)}"
    traveller.narrator.row("命令", "by hand", by_hand, "muted")
    return found


def alter(traveller: Traveller) -> Facts:
    """A copy of the picture says `Label` 3, suspected, instead of 1: the ledger knows better (Art. 18)."""
    original = traveller.file("painting.png").read_bytes()
    traveller.file(ALTERED).write_bytes(with_other_tier(original))
    traveller.narrator.row("改动", "in a copy", '"Label":"1" → "Label":"3"')
    (verdict,) = _verify(traveller, [traveller.file(ALTERED)])
    warnings = [one["code"] for one in verdict["warnings"]]
    require(bool(verdict["known"] and verdict["known"]["altered"]), "没有发现改动", "the alteration was not found")
    require("marks.label_differs" in warnings, "没有发现标识不同", "the label's difference was not found")
    for one in verdict["warnings"]:
        traveller.narrator.row("发现", "found", one[traveller.language], "due")
    return {"verdict": verdict["verdict"], "altered": True, "warnings": warnings}


def with_other_tier(picture: bytes) -> bytes:
    """A PNG whose label claims another tier, every checksum right: as whoever tampers would write it."""
    container = png.parse(picture)
    changed = [png.Chunk(one.kind, _TIER.sub(rb"\g<1>3", one.body)) for one in container.chunks]
    return png.build(png.Container(tuple(changed), container.tail))


def receipts(traveller: Traveller) -> Facts:
    """Each exchange's receipt holds by the public key alone; one altered letter, and it does not (Art. 10, 16)."""
    vkey = traveller.application.get("/api/ledger")["vkey"]
    folder = traveller.file("receipts")
    folder.mkdir(exist_ok=True)
    (folder / "ledger.vkey").write_text(vkey + "\n", "utf-8")
    checked = {}
    for name, code in traveller.receipts.items():
        path = folder / f"{name}.json"
        path.write_text(traveller.application.text(f"/api/receipts/{code}"), "utf-8")
        checked[name] = _check(path, folder / "ledger.vkey")
        require(checked[name]["holds"], f"{name} 的凭证不成立", f"the receipt of {name} does not hold")
    forged = folder / "forged.json"
    forged.write_text(_forged((folder / "blocked-prompt.json").read_text("utf-8")), "utf-8")
    answer = _check(forged, folder / "ledger.vkey")
    require(not answer["holds"], "改动过的凭证竟然成立", "an altered receipt holds")
    tell = traveller.narrator.row
    tell("成立", "hold", ", ".join(checked), "good")
    tell("伪造", "a forged copy", f"{answer['error']['code']}: {answer['error']['message']}", "refused")
    by_hand = f"{program()} ledger check {short(folder / 'chat.json')} --vkey {short(folder / 'ledger.vkey')}"
    tell("命令", "by hand", by_hand, "muted")
    return {"holding": list(checked), "forged": answer["error"]["code"]}


def ledger(traveller: Traveller) -> Facts:
    """Every record, tile and checkpoint agrees; the log is exported for anyone to keep (Art. 10, 16)."""
    code, (report,) = _command("ledger", "verify", "--data-dir", str(traveller.deployment.data))
    require(code == 0 and report["sound"], "账本不完好", "the ledger is not sound")
    _, (exported,) = _command(
        "ledger", "export", str(traveller.file("ledger")), "--data-dir", str(traveller.deployment.data)
    )
    en = f"{report['records']} records agree with {report['checkpoints']} signed checkpoints"
    zh = f"{report['records']} 条记录与 {report['checkpoints']} 个签名检查点一致"
    tell = traveller.narrator.row
    tell("完好", "sound", traveller.say(zh, en), "good")
    tell("根", "root", f"{report['root'][:32]}…", "muted")
    tell("命令", "by hand", f"{program()} ledger verify --data-dir {short(traveller.deployment.data)}", "muted")
    return {"records": report["records"], "root": report["root"], "sound": True, "exported": exported["files"]}


def _forged(receipt: str) -> str:
    """The receipt with one word of its record changed."""
    return receipt.replace("review.input_blocked", "review.input_allowed", 1)


def _check(receipt: Path, vkey: Path) -> dict[str, Any]:
    code, (answer,) = _command("ledger", "check", str(receipt), "--vkey", str(vkey))
    require((code == 0) == answer["holds"], f"退出码为 {code}", f"exit code {code}")
    return answer


def _verify(traveller: Traveller, paths: list[Path]) -> list[dict[str, Any]]:
    _, verdicts = _command("verify", *map(str, paths), "--data-dir", str(traveller.deployment.data))
    return verdicts


def _command(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Run `sealmark …  --json`, as anybody would: its exit code and its lines."""
    command = [sys.executable, "-m", "sealmark.cli", *arguments, "--json"]
    environment = environment_without_settings()
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False, env=environment)  # noqa: S603 - our own command
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]
