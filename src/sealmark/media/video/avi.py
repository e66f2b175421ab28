"""AVI: RIFF forms with headers, a list `movi` and indexes into it (OpenDML AVI File Format Extensions 1.02)."""

from dataclasses import dataclass, field

from sealmark.errors import why
from sealmark.media.containers.riff import OPEN, is_form
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS
from sealmark.media.pieces import Buffer

NAME = "AVI"
RIFF, LIST, MOVI = b"RIFF", b"LIST", b"movi"
# OpenDML 3: the first form, and those behind it in a file of more than a gigabyte.
_FORMS = frozenset((b"AVI ", b"AVIX"))
_HEAD = 8
_DEEPEST = 6
# Bytes behind the last form that are looked at.
_LONGEST_TAIL = 1 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk stands, or a list of the kind `form`: its first byte, body and end, without its padding.

    `path` names the lists around it, from the form inwards, and `parents` says where they start. `padded_stop` is
    behind the byte that pads an odd chunk, where the list around it has one.
    """

    kind: bytes
    form: bytes
    start: int
    body: int
    stop: int
    padded_stop: int
    path: tuple[bytes, ...]
    parents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Container:
    """Every chunk of a file outside `movi`, in file order, and the bytes behind the last form."""

    chunks: tuple[Chunk, ...]
    tail: bytes = b""


def is_avi(head: bytes) -> bool:
    """Whether the bytes begin as an AVI file does."""
    return is_form(head, b"AVI ")


FORMAT = Format("avi", "video", ("video/x-msvideo", "video/avi", "video/vnd.avi"), ("avi",), is_avi, mapped=True)


def parse(data: Buffer) -> Container:
    """Where everything stands; raises `Damaged` for truncation and sizes that lie."""
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Container, Damaged | None]:
    """The chunks that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    walk, damage = _Walk(data), None
    try:
        walk.file()
    except Damaged as error:
        damage = error
    tail = b"" if damage else data[walk.at : walk.at + _LONGEST_TAIL]
    return Container(tuple(walk.chunks), tail), damage


@dataclass(slots=True)
class _Walk:
    """One pass over the heads of chunks."""

    data: Buffer
    at: int = 0
    chunks: list[Chunk] = field(default_factory=list)

    def file(self) -> None:
        """Every form of the file."""
        if not is_avi(self.data[:12]):
            raise Damaged(format=NAME, **why("RIFF 文件头", "RIFF header"))
        while self.data[self.at : self.at + 4] == RIFF and self.data[self.at + 8 : self.at + 12] in _FORMS:
            # A form whose last pad byte was forgotten is one byte short, and common.
            self.at = self._chunk(self.at, _Around(len(self.data), forgiven=1))
        if not any(chunk.form == MOVI for chunk in self.chunks):
            raise Damaged(format=NAME, **why("缺少 movi 列表", "no movi"))

    def _list(self, at: int, around: "_Around") -> None:
        # Behind the last chunk of an inner list, a few bytes are often left over.
        spare = _HEAD - 1 if len(around.path) > 1 else 0
        while at + spare < around.stop:
            at = self._chunk(at, around)

    def _chunk(self, at: int, around: "_Around") -> int:
        """Keep where the chunk at `at` stands, walk what is in it, and say where the next begins."""
        head = self.data[at : at + 12]
        if len(head) < _HEAD or len(self.chunks) > MOST_PARTS or len(around.path) > _DEEPEST:
            raise Damaged(format=NAME, **why("块头或块的数量", "chunk header, or number of chunks"))
        kind, size = head[:4], int.from_bytes(head[4:8], "little")
        form = head[8:12] if kind in {RIFF, LIST} else b""
        # A writer that cannot seek back leaves the sizes of a form and of movi open; they run to the file's end.
        is_open = size in {0, OPEN} and (kind == RIFF or (around.is_open and form == MOVI))
        end = around.stop if is_open else at + _HEAD + size
        stop, body = min(end, around.stop), at + _HEAD + len(form)
        padded = min(stop + (stop - at & 1), around.stop)
        self.chunks.append(Chunk(kind, form, at, body, stop, padded, around.path, around.parents))
        if form and form != MOVI:
            self._list(body, _Around(stop, (*around.path, form), (*around.parents, at), is_open=is_open))
        if end > around.stop + around.forgiven or end < body:
            raise Damaged(format=NAME, **why("块长度", "chunk size"))
        return end + (end - at & 1)


@dataclass(frozen=True, slots=True)
class _Around:
    """What a chunk stands in: where that ends, its path, and whether its size is open."""

    stop: int
    path: tuple[bytes, ...] = ()
    parents: tuple[int, ...] = ()
    forgiven: int = 0
    is_open: bool = False
