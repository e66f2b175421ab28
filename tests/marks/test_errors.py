"""What is said of an item is whole in both languages: no English reason stands in a Chinese sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sealmark
from sealmark.errors import SealmarkError
from sealmark.marks.errors import BadLabel, BadProviderCode
from sealmark.marks.label import Label
from sealmark.marks.provider_code import ProviderCode
from sealmark.marks.verifier import verify
from sealmark.media import sniff
from tests.media import specimens

ROOMS = [Path(str(sealmark.__file__)).parent / room for room in ("media", "marks")]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"\b[a-z]{3,}\b")  # of no acronym and no name of a field


def _calls() -> Iterator[ast.Call]:
    for path in (path for room in ROOMS for path in room.rglob("*.py")):
        yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def _text(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))


def test_every_reason_is_given_in_both_languages() -> None:
    """Each reason stands in Chinese and in English, and no error takes one that is in one language only."""
    given = [call for call in _calls() if isinstance(call.func, ast.Name) and call.func.id == "why"]
    assert len(given) > 40
    for call in given:
        zh, en = map(_text, call.args)
        assert CHINESE.search(zh), zh
        assert en, zh
        assert not CHINESE.search(en), en
    made = [call for call in _calls() if not (isinstance(call.func, ast.Name) and call.func.id == "replace")]
    named = {word.arg for call in made for word in call.keywords}
    assert not named & {"reason", "at", "problem"}


def _refused(what: object, *given: object) -> SealmarkError:
    with pytest.raises(SealmarkError) as caught:
        what(*given)  # type: ignore[operator]  # a function of the table below
    return caught.value


@pytest.mark.parametrize(
    ("what", "given"),
    [
        (Label.parse, ('{"Label":"1","Label":"2"}',)),
        (ProviderCode.parse, ("00",)),
        (sniff, (specimens.EVERY["png"], "a.jpg")),
        (sniff, (bytes(40), "a.jpg")),
    ],
)
def test_a_chinese_sentence_is_chinese(what: object, given: tuple[object, ...]) -> None:
    """Every placeholder is filled, and what fills it is of the sentence's language."""
    error = _refused(what, *given)
    assert "{" not in error.text("zh") + error.text("en")
    words = set(WORD.findall(error.happened("zh")))
    assert words <= {"png", "jpeg"}
    assert not CHINESE.search(error.happened("en"))


def test_the_evidence_of_an_unintelligible_label_is_whole_in_both_languages() -> None:
    """Why a field cannot be parsed is said in the reader's language."""
    shown = verify(b"---\nAIGC: AIGC\n---\nwords\n").layers["metadata"]
    assert not WORD.search(shown.zh.replace("JSON", ""))
    assert not CHINESE.search(shown.en)
    assert "JSON" in shown.zh


def test_errors_without_details_still_say_something() -> None:
    """Nobody filled the placeholders: the sentence stands all the same."""
    assert CHINESE.search(BadLabel().happened("zh"))
    assert BadProviderCode().happened("en")
