"""The language of the terminal."""

import pytest

from sealmark.cli.spoken import flowing, language, said


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_TW.UTF-8"}, "zh"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN@pinyin", "LANG": "en_US.UTF-8"}, "zh"),
    ],
)
def test_the_environment_chooses(environment: dict[str, str], expected: str) -> None:
    """The first variable that names a language decides; Chinese of any kind is Chinese, all else English."""
    assert language(environment) == expected


def test_a_text_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of a paragraph are joined, by a blank in English and by nothing in Chinese; paragraphs stay apart."""
    assert flowing("甲\n  乙\n\n  丙", "a\n  b\n\n  c") == "a b\n\nc"
    monkeypatch.setenv("LANG", "zh_CN")
    assert flowing("甲\n  乙\n\n  丙", "a\n  b\n\n  c") == "甲乙\n\n丙"
    assert said("甲", "a") == "甲"
