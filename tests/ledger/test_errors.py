"""What the ledger refuses is said whole in both languages: no English reason stands in a Chinese sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealmark.errors import SealmarkError
from sealmark.ledger import Signer, Verifier, check, errors, open_note, parse_note
from sealmark.storage import ledger as stored
from sealmark.storage import ledger_file as file

FILES = [*Path(str(errors.__file__)).parent.glob("*.py"), Path(str(stored.__file__)), Path(str(file.__file__))]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAIRS = [("zh_reason", "en_reason"), ("zh_what", "en_what"), ("zh_part", "en_part")]
VKEY = Signer("example.org/log", bytes(32)).vkey


def calls() -> Iterator[dict[str | None, ast.expr]]:
    """The keyword arguments of every call."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield {word.arg: word.value for word in node.keywords}


def test_every_reason_is_given_in_both_languages() -> None:
    """Who gives a reason in one language gives it in the other, and none is given for both."""
    given = [(call[zh], call.get(en)) for call in calls() for zh, en in PAIRS if zh in call]
    assert len(given) > 30
    for zh, en in given:
        assert en is not None
        if not isinstance(zh, ast.Name):  # a name that an operating system or a caller gives is the same in both
            assert CHINESE.search(ast.unparse(zh)), ast.unparse(zh)
            assert not CHINESE.search(ast.unparse(en)), ast.unparse(en)
    assert not {name for call in calls() for name in call} & {"reason", "what", "part"}


@pytest.mark.parametrize(
    "vkey", ["", "no key", "a+b", "a+b+c", "a+b+" + "A" * 44, VKEY[:-1], VKEY.replace("+", "++", 1)]
)
def test_a_key_that_is_none(vkey: str) -> None:
    """Every way in which a key's text can be wrong is said in the reader's language."""
    with pytest.raises(SealmarkError) as caught:
        Verifier.load(vkey)
    assert_spoken(caught.value)


@pytest.mark.parametrize("note", ["", "a\n\n", "a\n1\n\n- x y\n", "a\n01\nAA==\n\n— x AA==\n", "a\n1\nAA==\n\n— x !\n"])
def test_a_note_that_is_none(note: str) -> None:
    """So is every way in which a checkpoint can be wrong."""
    for what in (parse_note, lambda text: open_note(text, []), lambda text: check(text, VKEY)):
        with pytest.raises(SealmarkError) as caught:
            what(note)
        assert_spoken(caught.value)


def assert_spoken(error: SealmarkError) -> None:
    """Both sentences are whole, and each is in its own language."""
    assert not re.search(r"\b(?!base64|vkey|ledger|sealmark)[a-z]{3,}\b", error.happened("zh"))
    assert not CHINESE.search(error.happened("en"))
    assert "{" not in error.text("zh") + error.text("en")
