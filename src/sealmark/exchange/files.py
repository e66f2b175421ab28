"""What the workers do with submitted files: look into them, mark them, pass them on; never more in memory than needed.

Everything here runs in a process of its own, from file to file, in a folder that goes with the exchange.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from sealmark.marks.keys import KnownKeys, SigningKeys
from sealmark.marks.label import Label
from sealmark.marks.marker import Made, Options, mark_file
from sealmark.marks.propagator import Propagated, propagate_file
from sealmark.media import Format, opened, sniff
from sealmark.media.errors import TooLarge
from sealmark.media.text.text import decode

# Formats whose whole content is text that a reader sees as it stands: who reviewed the text saw all of it.
WHOLLY_TEXT = frozenset(("text", "markdown", "srt", "vtt", "json"))


@dataclass(frozen=True, slots=True)
class Submitted:
    """A file that came in: where it lies, what its sender calls it, its size in bytes and its SHA-256.

    `fields` is what was said beside it.
    """

    path: Path
    name: str | None
    media_type: str | None
    size: int
    digest: str
    fields: dict[str, str]

    @property
    def target(self) -> Path:
        """Where the edited file goes, beside it."""
        return self.path.with_name("edited")


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file is, and its text where it is one."""

    format: Format
    text: str | None

    @property
    def wholly_text(self) -> bool:
        """Whether there is nothing in it but text."""
        return self.format.name in WHOLLY_TEXT


@dataclass(frozen=True, slots=True)
class Edited:
    """A file that was written: its size in bytes, its SHA-256, and its text where its medium is text."""

    path: Path
    size: int
    digest: str
    text: str | None


def examine(submitted: Submitted, most_text: int) -> Examined:
    """What the file is; raises errors of `media`, and `TooLarge` for a text of more than `most_text` bytes."""
    with opened(submitted.path) as (data, _):
        form = sniff(data, submitted.name, submitted.media_type)
        if not form.textual:
            return Examined(form, None)
        if len(data) > most_text:
            raise TooLarge(limit=most_text)
        return Examined(form, decode(bytes(data)))


def mark(submitted: Submitted, label: Label, options: Options) -> tuple[Made, Edited]:
    """Mark the file as our own; raises errors of `media` and of `marks`."""
    with _at_home(submitted.path.parent):
        made = mark_file(
            submitted.path,
            submitted.target,
            label,
            layers=options.layers,
            explicit=options.explicit,
            keys=options.keys,
            name=submitted.name,
            media_type=submitted.media_type,
            own_edit=options.own_edit,
            fresh=options.fresh,
            limits=options.limits,
        )
    return made, _edited(submitted.target, made.format)


def propagate(
    submitted: Submitted, by: str, number: str, *, declared: bool, known: KnownKeys, keys: SigningKeys
) -> tuple[Propagated, Edited | None]:
    """Write the propagator's fields; raises errors of `media` and of `marks`."""
    with _at_home(submitted.path.parent):
        done = propagate_file(
            submitted.path,
            submitted.target,
            by,
            number,
            declared=declared,
            name=submitted.name,
            media_type=submitted.media_type,
            known=known,
            keys=keys,
        )
    return done, _edited(submitted.target, done.verdict.format) if done.written else None


@contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    """Temporary files lie in the exchange's folder: what a killed process leaves behind goes with it."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _edited(path: Path, form: Format) -> Edited:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    text = decode(path.read_bytes()) if form.medium == "text" else None
    return Edited(path, path.stat().st_size, digest, text)
