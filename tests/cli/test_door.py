"""The one door: help, errors, exit codes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from sealmark.cli import card, narration, terminal, verify
from tests.cli.conftest import Call


def test_help_names_every_command(call: Call) -> None:
    """A newcomer sees what there is, where to begin, and what the exit codes mean."""
    shown = call("--help")
    assert shown.code == 0
    for name in ("demo", "serve", "mark", "verify", "review", "ledger", "applications", "keys", "end-users"):
        assert f" {name} " in shown.out
    assert "New here? Run sealmark demo" in shown.out
    assert "Exit codes: 0 yes, 1 no, 2 unusable input" in shown.out


@pytest.mark.parametrize(
    "command",
    [
        *("demo", "serve", "mark", "verify", "review"),
        *("ledger verify", "ledger prove", "ledger check", "ledger export"),
        *("applications create", "applications list", "applications disable"),
        *("keys issue", "keys list", "keys revoke"),
        *("end-users list", "end-users show", "end-users sanction", "end-users lift"),
    ],
)
def test_every_command_takes_json_and_explains_itself(call: Call, command: str) -> None:
    """Each command has `--json` and a help that begins with what it does."""
    shown = call(*command.split(), "--help")
    assert shown.code == 0
    assert "--json" in shown.out


COMMANDS = [
    "",
    "demo",
    "serve",
    "mark",
    "verify",
    "review",
    "ledger",
    "ledger check",
    "keys",
    "keys issue",
    "end-users",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_chinese_help_is_chinese(command: str) -> None:
    """Headings, usage line and remarks stand in Chinese; no heading of the parser's own is left in English."""
    environment = {**os.environ, "LANG": "zh_CN.UTF-8", "COLUMNS": "60"}
    asked = [sys.executable, "-m", "sealmark.cli", *command.split(), "--help"]
    shown = subprocess.run(asked, capture_output=True, env=environment, text=True, check=True, timeout=60).stdout
    assert shown.startswith("用法：sealmark")
    assert "选项\n" in shown
    assert "显示本说明。" in shown
    for word in ("Usage", "Options", "Arguments", "Commands", "OPTIONS", "ARGS", "required", "default", "Show this"):
        assert word not in shown
    assert all(cell_len(line) <= 60 for line in shown.splitlines() if " " in line.strip())
    assert "…" not in shown.replace("FILE…", "").replace("FILE|-", "")  # nothing is cut


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        ("verfy", "没有命令 verfy；相近的有 verify", "No such command 'verfy'. Did you mean 'verify'?"),
        ("keys nope", "没有命令 nope", "No such command 'nope'"),
        ("demo --nope", "没有选项 --nope；相近的有 --once", "No such option: --nope"),
        ("--nope", "没有选项 --nope", "No such option: --nope"),
        ("demo --port x", "--port 的值不可用：须为整数", "Input should be a valid integer"),
        ("demo --port 99999", "--port 的值不可用：不能大于 65535", "less than or equal to 65535"),
        ("demo --port -1", "--port 的值不可用：不能小于 0", "greater than or equal to 0"),
        ("demo --once=3", "选项 --once 不带值", "does not take a value"),
        ("mark", "缺少参数 FILE…", "Missing argument 'FILE…'"),
        ("mark a", "缺少选项 '-o' / '--out'", "Missing option '-o' / '--out'"),
        ("mark a -o", "选项 -o 须带一个值", "Option '-o' requires an argument"),
        ("keys issue a b", "多出的参数：b", "Got unexpected extra argument(s) (b)"),
    ],
)
def test_a_refusal_of_the_parser_speaks_too(
    call: Call, monkeypatch: pytest.MonkeyPatch, given: str, zh: str, en: str
) -> None:
    """What the parser cannot understand is said in the reader's language, in one line, with where to look."""
    assert en in call(*given.split()).err
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    ended = call(*given.split())
    assert (ended.code, ended.out) == (2, "")
    assert f"命令的写法不对：{zh}。用 sealmark" in ended.err


def test_a_misspelled_command_is_one_red_line(call: Call) -> None:
    """What cannot be understood is said in one line with a code and where to look; exit code 2."""
    ended = call("verfy")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("✗ [cli.usage] ")
    assert "See: sealmark --help" in ended.err


def test_without_arguments_the_help_is_shown(call: Call) -> None:
    """Nothing typed is no fault: the help, and no red line."""
    ended = call()
    assert "Usage: sealmark" in ended.out
    assert "✗" not in ended.err


def test_errors_speak_the_readers_language(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same error in Chinese and in English, the code the same."""
    assert "The file does not exist" in call("verify", "nothing.png").err
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    ended = call("verify", "nothing.png")
    assert "[media.unreadable_source]" in ended.err
    assert "请检查路径" in ended.err


def test_json_carries_the_error_too(call: Call) -> None:
    """A program finds code, message and what to do on standard output, one JSON object a line."""
    ended = call("verify", "nothing.png", "also-nothing.png", "--json")
    assert ended.code == 2
    assert [line["error"]["code"] for line in ended.lines] == ["media.unreadable_source"] * 2
    assert set(ended.lines[0]["error"]) == {"code", "article", "message", "next"}


def test_a_fault_of_ours_shows_no_traceback(call: Call, monkeypatch: pytest.MonkeyPatch, picture: Path) -> None:
    """Of what nobody foresaw, kind and place are told, never the text: it might hold what was given."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret prompt")

    monkeypatch.setattr(verify, "verdict_of", broken)
    ended = call("verify", picture)
    assert ended.code == 2
    assert "[internal]" in ended.err
    assert "RuntimeError" in ended.err
    assert "Traceback" not in ended.err
    assert "secret" not in ended.err + ended.out


def test_bad_settings_are_an_answer(call: Call, monkeypatch: pytest.MonkeyPatch, picture: Path) -> None:
    """A setting out of range is one line that names it."""
    monkeypatch.setenv("SEALMARK_PORT", "many")
    ended = call("mark", picture, "-o", "out")
    assert ended.code == 2
    assert "[settings.invalid] The settings cannot be used: port must be a whole number." in ended.err


def test_a_reader_who_leaves_is_no_error(picture: Path) -> None:
    """`sealmark … | head -0` ends quietly."""
    command = [sys.executable, "-m", "sealmark.cli", "verify", *[str(picture)] * 20, "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as out:
        ended = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert "Traceback" not in ended.stderr
    assert "Exception" not in ended.stderr


def test_a_terminal_that_lacks_characters_shows_question_marks(picture: Path) -> None:
    """An ASCII terminal gets question marks instead of a failure."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LANG": "zh_CN.UTF-8"}
    command = [sys.executable, "-m", "sealmark.cli", "verify", str(picture)]
    ended = subprocess.run(command, capture_output=True, env=environment, check=False, timeout=60)
    assert ended.returncode == 1
    assert b"?" in ended.stdout
    assert b"Traceback" not in ended.stderr
    whole = subprocess.run([*command, "--json"], capture_output=True, env=environment, check=False, timeout=60)
    assert json.loads(whole.stdout)["verdict"] == "none"


def test_every_style_is_one_of_the_tokens() -> None:
    """Rich drops a style that it does not know without a word: each name that the commands use is in the theme."""
    console = terminal.out()
    used: set[str] = {style for _, style in (*card.TIERS.values(), *narration._TONES.values()) if style}
    used |= {state[1] for state in card._STATES.values()}
    for module in Path(terminal.__file__).parent.glob("*.py"):
        used |= set(re.findall(r'"((?:strong|shown)\.\w+|muted|seal|holds|due|note)"', module.read_text("utf-8")))
    assert len(used) > 6
    for style in used:
        assert console.get_style(style)
