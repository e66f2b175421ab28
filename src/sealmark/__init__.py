"""Sealmark (深印): admit, review, mark and record what generators make.

The library's face is loaded when it is first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sealmark.marks.label import Label
    from sealmark.marks.marker import mark
    from sealmark.marks.verifier import Verdict, verify

__all__ = ["Label", "Verdict", "mark", "verify"]

_HOMES = {
    "Label": "sealmark.marks.label",
    "Verdict": "sealmark.marks.verifier",
    "mark": "sealmark.marks.marker",
    "verify": "sealmark.marks.verifier",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
