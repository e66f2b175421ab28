"""Beside the file: the label of a format without metadata, `NAME.aigc.json` (labels.md 3.4, TXT).

It goes wherever somebody copies it, and says nothing of the text's bytes: what was released is the ledger's to know.
"""

from pathlib import Path

from sealmark.marks.metadata.found import Found, found

_LONGEST = 1 << 18  # bytes


def beside(path: Path) -> Path:
    """Where the label of the file at a path is kept."""
    return path.with_name(path.name + ".aigc.json")


def places(path: Path) -> tuple[Found, ...]:
    """The label beside a file, if there is one that can be read; this never raises."""
    kept = beside(path)
    try:
        with kept.open("rb") as file:
            raw = file.read(_LONGEST).decode("utf-8", "replace")
    except OSError:
        return ()
    return (found(raw, f"sidecar {kept.name}", main=True),)
