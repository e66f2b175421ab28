"""`sealmark review`."""

from pathlib import Path

import pytest

from sealmark.review import seed_library
from tests.cli.conftest import Call

TERM = seed_library().entries[0][0].term


def test_an_allowed_text(call: Call, tmp_path: Path) -> None:
    """Nothing found: allowed, exit code 0, and the summary names the library's version."""
    (tmp_path / "text.txt").write_text("墨与纸。", "utf-8")
    ended = call("review", "text.txt")
    assert (ended.code, ended.out) == (0, f"text.txt: allowed, 0 findings, library {seed_library().version}.\n")


def test_spans_stand_in_the_original(call: Call) -> None:
    """A disguised term is found, and its span counts characters of the original text."""
    disguised = "-".join(TERM)
    text = f"你好 {disguised} 再见"
    ended = call("review", "-", "--json", given=text.encode())
    (line,) = ended.lines
    assert (ended.code, line["decision"]) == (1, "refuse")
    (finding,) = line["findings"]
    assert text[finding["start"] : finding["end"]] == disguised
    assert set(finding) == {"entry", "risk", "severity", "kind", "clause", "start", "end"}
    assert line["reviews"][0]["coverage"] == {"fields": 1, "characters": len(text)}


def test_another_library(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings' library is the one that reviews."""
    entry = 'id = "one"\nterm = "mumblefig"\nrisk = "A1.1"\nseverity = "note"\nkind = "undesirable"\nclause = "-"\n'
    (tmp_path / "library.toml").write_text(f'version = "mine-1"\n[[entry]]\n{entry}', "utf-8")
    monkeypatch.setenv("SEALMARK_LIBRARY_FILE", str(tmp_path / "library.toml"))
    assert call("review", "-", given=TERM.encode()).code == 0
    noted = call("review", "-", given=b"a mumblefig")
    assert noted.code == 0
    assert "noted 2–11  A1.1" in noted.out
    assert noted.out.endswith("allowed, 1 finding, library mine-1.\n")


@pytest.mark.parametrize("given", [b"", b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n\0"])
def test_what_is_no_text(call: Call, given: bytes) -> None:
    """Nothing, or bytes that are no UTF-8, cannot be reviewed: exit code 2, and never allowed."""
    ended = call("review", "-", given=given)
    assert ended.code == 2
    assert "allowed" not in ended.out
