"""Every error says what happened and what to do, in both languages, under a code of its own."""

import errno
import importlib
import pkgutil
import re

import pytest

import sealmark
from sealmark.errors import SealmarkError, catalogue, system_reason

for _module in pkgutil.walk_packages(sealmark.__path__, "sealmark."):
    if not _module.name.endswith("__main__") and ".migrations" not in _module.name:
        importlib.import_module(_module.name)

ERRORS = [kind for kind in catalogue() if kind.__module__.startswith("sealmark.")]
LATIN = re.compile(r"[A-Za-z]{2,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_codes_are_unique() -> None:
    """A code names one error; families share a base that has a code of its own."""
    codes = [kind.code for kind in ERRORS]
    assert len(codes) == len(set(codes)), {code for code in codes if codes.count(code) > 1}


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.code)
def test_an_error_speaks_both_languages(kind: type[SealmarkError]) -> None:
    """Each sentence is written in its language; the status is one of HTTP's; the code is stable in form."""
    assert CHINESE.search(kind.zh)
    assert CHINESE.search(kind.zh_next)
    assert LATIN.search(kind.en)
    assert LATIN.search(kind.en_next)
    assert re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)*", kind.code)
    assert 400 <= kind.status <= 599
    assert kind.__doc__


def test_a_missing_detail_never_raises() -> None:
    """An error text is written even when nobody filled its placeholders."""
    for kind in ERRORS:
        error = kind()
        assert error.text("zh")
        assert str(error).startswith(f"[{kind.code}]")


def test_the_systems_reasons_are_told_in_both_languages() -> None:
    """A known refusal of the operating system in Chinese and English; an unknown one in its own words, never empty."""
    assert system_reason(OSError(errno.ENOSPC, "x")) == {"zh_reason": "磁盘已满", "en_reason": "no space is left"}
    assert system_reason(OSError(9999, "odd")) == {"zh_reason": "odd", "en_reason": "odd"}
    assert system_reason(OSError()) == {"zh_reason": "OSError", "en_reason": "OSError"}
