"""The language of the terminal: Chinese where the environment says so, else English."""

import os
from collections.abc import Mapping

from sealmark.errors import Language

_NO_LANGUAGE = ("", "C", "POSIX")


def language(environment: Mapping[str, str] = os.environ) -> Language:
    """The reader's language: the first of LC_ALL, LC_MESSAGES and LANG that names one."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        named = environment.get(name, "").partition(".")[0].partition("@")[0]
        if named not in _NO_LANGUAGE:
            return "zh" if named.lower().startswith("zh") else "en"
    return "en"


def said(zh: str, en: str) -> str:
    """The one of two sentences that the reader reads."""
    return zh if language() == "zh" else en


def flowing(zh: str, en: str) -> str:
    """The one of two longer texts, each paragraph on one line, so that it fills any width."""
    joint = said("", " ")
    paragraphs = said(zh, en).split("\n\n")
    return "\n\n".join(joint.join(map(str.strip, paragraph.splitlines())) for paragraph in paragraphs)
