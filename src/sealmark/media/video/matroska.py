"""Matroska and WebM: a segment of elements in EBML (RFC 9559), found by their heads alone."""

from dataclasses import dataclass, field, replace

from sealmark.errors import why
from sealmark.media.containers import ebml
from sealmark.media.containers.ebml import Element
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import HEAD, Format
from sealmark.media.pieces import Buffer

# RFC 9559 5: the identifiers of the elements at the top of a file and of a segment.
EBML, SEGMENT = 0x1A45DFA3, 0x18538067
SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES = 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0x1C53BB6B
CHAPTERS, ATTACHMENTS, TAGS = 0x1043A770, 0x1941A469, 0x1254C367
_DOCTYPE = 0x4282  # RFC 8794 11.2.7
_MAGIC = b"\x1a\x45\xdf\xa3"
_FILE_LEVEL = frozenset((EBML, SEGMENT))
# What ends a cluster of unknown size (RFC 8794 6.2): an element that can only stand at or above its own level.
_ENDS_CLUSTER = _FILE_LEVEL | {SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES, CHAPTERS, ATTACHMENTS, TAGS}
# Clusters and the like of one file: a day of live stream with a cluster every second has 86,400.
MOST_ELEMENTS = 1 << 18
# Blocks that are stepped over in clusters of unknown size: about eight hours of video with sound.
MOST_BLOCKS = 1 << 21
_MOST_SEGMENTS = 64  # an honest file has one; films that were put one behind another have a few
# Bytes behind the last segment that are looked at.
_LONGEST_TAIL = 1 << 20


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment and the elements in it, with ends that are true also where their sizes are unknown."""

    head: Element
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Container:
    """The segments of a file (an honest one has one), and where the bytes begin that belong to none."""

    segments: tuple[Segment, ...]
    stop: int
    tail: bytes = b""


def document_type(head: bytes) -> str:
    """What the EBML header at the start says the file is: `matroska`, `webm`, or nothing where there is none."""
    try:
        top = ebml.element(head, 0, len(head))
        if top.kind != EBML or top.stop > len(head):
            return ""
        kinds = {child.kind: child for child in ebml.children(head, top.body, top.stop)}
    except Damaged:
        return ""
    child = kinds.get(_DOCTYPE)
    return ebml.text(head[child.body : child.stop]) if child else "matroska"


def is_mkv(head: bytes) -> bool:
    """Whether the bytes begin as a Matroska file does."""
    return head.startswith(_MAGIC) and document_type(head[:HEAD]) == "matroska"


def is_webm(head: bytes) -> bool:
    """Whether the bytes begin as a WebM file does."""
    return head.startswith(_MAGIC) and document_type(head[:HEAD]) == "webm"


MKV = Format(
    "mkv",
    "video",
    ("video/matroska", "video/x-matroska", "audio/matroska", "audio/x-matroska"),
    ("mkv", "mka", "mk3d"),
    is_mkv,
    mapped=True,
)
WEBM = Format("webm", "video", ("video/webm", "audio/webm"), ("webm", "weba"), is_webm, mapped=True)


def parse(data: Buffer) -> Container:
    """Where everything stands; raises `Damaged` for truncation and sizes that lie."""
    return intact(remains(data))


def remains(data: Buffer) -> tuple[Container, Damaged | None]:
    """The elements that stand whole, also of a damaged file, and the first thing that is wrong with it.

    Tags that are cut off are among them, up to the cut.
    """
    walk, damage = _Walk(data), None
    try:
        walk.file()
    except Damaged as error:
        damage = error
    tail = b"" if damage else data[walk.at : walk.at + _LONGEST_TAIL]
    return Container(tuple(walk.segments), walk.at, tail), damage


@dataclass(slots=True)
class _Walk:
    """One pass over the heads of a file's elements, within bounds."""

    data: Buffer
    at: int = 0
    segments: list[Segment] = field(default_factory=list)
    elements: int = MOST_ELEMENTS
    blocks: int = MOST_BLOCKS

    def file(self) -> None:
        """Every segment of the file, and what stands between them."""
        if not document_type(self.data[:HEAD]):
            raise Damaged(format=ebml.NAME, **why("EBML 文件头", "EBML header"))
        while self.data[self.at : self.at + 4] in (_MAGIC, ebml.identifier(SEGMENT)):
            top = ebml.element(self.data, self.at, len(self.data))
            if top.kind == SEGMENT:
                self._segment(top)
            else:
                self._step(top, len(self.data))
        if not self.segments:
            raise Damaged(format=ebml.NAME, **why("缺少 Segment", "no Segment"))

    def _segment(self, head: Element) -> None:
        found: list[Element] = []
        if len(self.segments) == _MOST_SEGMENTS:
            raise Damaged(format=ebml.NAME, **why("Segment 太多", "too many segments"))
        stop, self.at = min(head.stop, len(self.data)), head.body
        try:
            while self.at < stop:
                child = ebml.element(self.data, self.at, stop)
                if child.kind in _FILE_LEVEL and head.is_open:
                    break
                self._element(child, stop, found)
        finally:
            self.segments.append(Segment(replace(head, stop=self.at), tuple(found)))
        if not head.is_open and head.stop > len(self.data):
            raise Damaged(format=ebml.NAME, **why("文件被截断", "the file is cut off"))

    def _element(self, child: Element, stop: int, found: list[Element]) -> None:
        """Step over an element of the segment and keep where it stands."""
        if child.kind == TAGS and child.stop > stop:
            found.append(replace(child, stop=stop))
        if child.is_open:
            child = replace(child, stop=self._open_end(child, stop))
        self._step(child, stop)
        found.append(child)

    def _step(self, child: Element, stop: int) -> None:
        self.elements -= 1
        if child.stop > stop or self.elements < 0:
            raise Damaged(format=ebml.NAME, **why("元素长度或数量", "element size or count"))
        self.at = child.stop

    def _open_end(self, cluster: Element, stop: int) -> int:
        """Where a cluster of unknown size ends; no other child of a segment may have none (RFC 9559 5.1)."""
        if cluster.kind != CLUSTER:
            raise Damaged(format=ebml.NAME, **why("元素没有长度", "an element without a size"))
        data, at, head, blocks = self.data, cluster.body, ebml.head, self.blocks
        while at < stop:
            kind, body, size = head(data, at)
            if kind in _ENDS_CLUSTER:
                break
            blocks -= 1
            if size < 0 or body + size > stop or blocks < 0:
                raise Damaged(format=ebml.NAME, **why("簇内元素长度或数量", "element size or count in a cluster"))
            at = body + size
        self.blocks = blocks
        return at
