"""Making an input that breaks a law as small as it can be, so that it can be kept and read."""

import sys
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.targets import judged, target


def reduced(form: str, path: Path) -> int:
    """Write the smallest input found that breaks the same law beside the file, as `NAME.least`; 1 if none breaks."""
    data = path.read_bytes()
    broken = _broken(form, data)
    if broken is None:
        print("it breaks no law", file=sys.stderr)
        return 1
    smallest = least(data, lambda shorter: _broken(form, shorter) == broken)
    path.with_name(f"{path.name}.least").write_bytes(smallest)
    print(f"{len(data)} → {len(smallest)} bytes: {broken}")
    return 0


def least(data: bytes, breaks: Callable[[bytes], bool]) -> bytes:
    """Leave out ever smaller pieces as long as the same law is broken (delta debugging, Zeller 2002)."""
    size = len(data) // 2
    while size:
        at = 0
        while at < len(data):
            shorter = data[:at] + data[at + size :]
            if breaks(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data


def _broken(form: str, data: bytes) -> str | None:
    for shown in (False, True):
        try:
            judged(target(form, shown=shown), data)
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:40]
    return None
