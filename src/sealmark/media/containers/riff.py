"""RIFF: a form of chunks, the container of WebP and WAV (Multimedia Programming Interface 1.0, chapter 2)."""

from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.limits import MOST_PARTS

# A writer that could not seek back leaves this size; the last chunk then runs to the end of the file.
OPEN = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its four-character kind and its body without padding."""

    kind: bytes
    body: bytes

    def encoded(self) -> bytes:
        """Kind, length, body, and a zero byte after an odd body."""
        pad = b"\x00" * (len(self.body) & 1)
        return b"".join((self.kind, len(self.body).to_bytes(4, "little"), self.body, pad))


@dataclass(frozen=True, slots=True)
class Container:
    """The kind of form (`WEBP`, `WAVE`), its chunks, and whatever bytes stand after the form."""

    form: bytes
    chunks: tuple[Chunk, ...]
    tail: bytes = b""


def is_form(data: bytes, form: bytes) -> bool:
    """Whether the bytes begin as a RIFF form of this kind."""
    return data[:4] == b"RIFF" and data[8:12] == form


def parse(data: bytes, form: bytes, name: str) -> Container:
    """Split a RIFF form into chunks; raises `Damaged` where sizes lie or bytes are missing."""
    container, damage = remains(data, form, name)
    if damage is not None:
        raise damage
    return container


def remains(data: bytes, form: bytes, name: str) -> tuple[Container, Damaged | None]:
    """The chunks that stand whole, also of a damaged form, and the first thing that is wrong with it."""
    if not is_form(data, form):
        return Container(form, ()), Damaged(format=name, **why("RIFF 文件头", "RIFF header"))
    declared = int.from_bytes(data[4:8], "little")
    end = len(data) if declared == OPEN else 8 + declared
    # A form whose last pad byte was forgotten is one byte short, and common.
    lies = not 12 <= end <= len(data) + 1
    container, damage = _walked(data, form, name, len(data) if lies else end)
    if damage is not None and not lies:  # the form's size is no better than the chunk's that leaves it
        container, _ = _walked(data, form, name, len(data))
    return container, Damaged(format=name, **why("RIFF 长度", "RIFF size")) if lies else damage


def _walked(data: bytes, form: bytes, name: str, end: int) -> tuple[Container, Damaged | None]:
    """The chunks that stand whole before an end, and what stopped the walk before it."""
    chunks: list[Chunk] = []
    damage, at = None, 12
    try:
        while at < min(end, len(data)):
            chunk, at = _chunk(data, at, end, name)
            chunks.append(chunk)
            if len(chunks) > MOST_PARTS:
                raise Damaged(format=name, **why("块太多", "too many chunks"))
    except Damaged as error:
        damage = error
    return Container(form, tuple(chunks), data[end:]), damage


def _chunk(data: bytes, at: int, end: int, name: str) -> tuple[Chunk, int]:
    """The chunk at `at`, and where the next begins."""
    if at + 8 > min(end, len(data)):
        raise Damaged(format=name, **why("块头", "chunk header"))
    kind = data[at : at + 4]
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    if length == OPEN and int.from_bytes(data[4:8], "little") == OPEN:
        length = len(data) - at - 8
    stop = at + 8 + length
    if stop > min(end, len(data)):
        raise Damaged(format=name, **why("块长度", "chunk size"))
    return Chunk(kind, data[at + 8 : stop]), stop + (length & 1)


def build(container: Container) -> bytes:
    """The bytes of the form, with sizes that are true."""
    body = b"".join(chunk.encoded() for chunk in container.chunks)
    head = b"".join((b"RIFF", (len(body) + 4).to_bytes(4, "little"), container.form))
    return b"".join((head, body, container.tail))
