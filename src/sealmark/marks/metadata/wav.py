"""WAV: RIFF chunk `AIGC` with the JSON as it is (guide 202510A)."""

from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, Remains, found, gathered, whole
from sealmark.media.audio import wav
from sealmark.media.containers.riff import Chunk, Container

KIND = b"AIGC"


def remains(data: bytes) -> Remains:
    """Every label in a WAV, whole or not."""
    container, damage = wav.remains(data)
    return gathered((chunk for chunk in container.chunks if chunk.kind == KIND), _read, damage, container.tail)


def _read(chunk: Chunk) -> list[Found]:
    return [found(_text(chunk), "WAV RIFF AIGC", main=True)]


def write(data: bytes, label: Label) -> bytes:
    """The WAV with this label as its one label; every other chunk stays bit for bit.

    The chunk stands before the samples: metadata belongs to the head of a file (Measures Art. 5), and a
    listener who stops early has read it.
    """
    container = wav.parse(data)
    chunks = list(container.chunks)
    at = next(index for index, chunk in enumerate(chunks) if chunk.kind in {KIND, b"data"})
    kept = [chunk for chunk in chunks[at:] if chunk.kind != KIND]
    new = Chunk(KIND, label.inner().encode())
    return wav.build(Container(container.form, (*chunks[:at], new, *kept), container.tail))


def _text(chunk: Chunk) -> str:
    return chunk.body.rstrip(b"\x00").decode("utf-8", "replace")


CARRIER = whole("wav", remains, write)
