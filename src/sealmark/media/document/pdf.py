"""PDF: its objects as a reader finds them, and updates behind its end (ISO 32000-2, 7.5; ISO 32000-1 says the same).

The reader is our own and follows the file's own cross-references only. A library that repairs what it reads would
not tell where the last section stands, whether it is sound, and what of a hostile file it unfolds; here every size
is checked before anything is allocated, and a file whose references lie is read for what is left and never written.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sealmark.errors import why
from sealmark.media.document import pdf_syntax, pdf_xref
from sealmark.media.document.pdf_syntax import Allowance, Dictionary, Name, Reference, Value, damaged
from sealmark.media.document.pdf_xref import LARGEST, Packed, Plain, Section
from sealmark.media.errors import Damaged, Encrypted, MetadataOverLimit
from sealmark.media.format import Format
from sealmark.media.limits import MOST_PARTS

# ISO 32000-1 annex H, note 13: readers look for the header in the first 1,024 bytes.
_HEAD = 1024
_HEADER = re.compile(rb"%PDF-\d\.\d")
_OBJECT = re.compile(rb"\s*+(\d{1,10})\s++(\d{1,5})\s++obj")
_START = re.compile(rb"startxref\s++(\d{1,10})\s*+(?:%[^\r\n]*+\s*+)*")
_LONGEST_PAIR = 22  # two numbers of ten digits, each with a space
# Behind the end an object begins, whole or cut: an update that does not end as one.
_UNFINISHED = re.compile(rb"\d\s++obj\b|\A\d[\d\s]*+(?:ob?)?\Z")
_MOST_REFERENCES = 16  # from one object straight to another
# Trailer entries that belong to one section and not to the file (tables 15 and 17).
_OF_SECTION = frozenset(b"Size Prev Info XRefStm Type Index W Filter DecodeParms Length F FFilter FDecodeParms".split())


def is_pdf(data: bytes) -> bool:
    """Whether the bytes begin as a PDF does; behind other bytes only what also ends as one."""
    if _HEADER.match(data):
        return True
    return _HEADER.search(data, 0, _HEAD) is not None and b"startxref" in data[-_HEAD:]


FORMAT = Format("pdf", "document", ("application/pdf", "application/x-pdf"), ("pdf",), is_pdf)


@dataclass(frozen=True, slots=True)
class Container:
    """A PDF: its bytes, where its header stands, its sections with the newest first, and bytes behind its end."""

    data: bytes
    base: int
    sections: tuple[Section, ...]
    tail: bytes = b""
    streams: dict[int, tuple[bytes, tuple[int, ...]]] = field(default_factory=dict)
    allowance: Allowance = field(default_factory=Allowance)

    @property
    def trailer(self) -> Dictionary:
        """The newest trailer."""
        return self.sections[0].trailer

    def resolved(self, value: Value) -> tuple[Value, bytes]:
        """The object that a reference leads to, and the bytes that its spans count in; raises `Damaged`."""
        held = self.data
        for _ in range(_MOST_REFERENCES):
            if not isinstance(value, Reference):
                return value, held
            value, held = self._object(value)
        raise damaged(**why("引用成环", "references in a circle"))

    def dictionary(self, value: Value) -> Dictionary | None:
        """The dictionary that this is or leads to."""
        found, _ = self.resolved(value)
        return found if isinstance(found, Dictionary) else None

    def stream(self, reference: Reference) -> tuple[Dictionary, bytes]:
        """A stream's dictionary and its bytes, unfolded within bounds; raises `Damaged` and `MetadataOverLimit`."""
        about, coded = self.coded(reference)
        return about, pdf_xref.unfolded(about, coded)

    def coded(self, reference: Reference) -> tuple[Dictionary, bytes]:
        """A stream's dictionary and its bytes as they stand in the file; raises `Damaged`."""
        about, stop = self._at(self._place(reference), reference)
        if not isinstance(about, Dictionary):
            raise damaged(**why("流", "stream"))
        length, _ = self.resolved(about.get(b"Length"))
        if not isinstance(length, int) or length < 0:
            raise damaged(**why("流的长度", "the length of a stream"))
        return about, pdf_xref.raw_stream(self.data, stop, length)

    def place(self, number: int) -> Plain | Packed | None:
        """Where the newest version of an object stands."""
        for section in self.sections:
            known, place = section.find(number)
            # A hybrid file hides objects: free in its table, and placed by the stream beside it.
            if known and (place is not None or section.trailer.get(b"XRefStm") is None):
                return place
        return None

    def _object(self, reference: Reference) -> tuple[Value, bytes]:
        place = self.place(reference.number)
        if isinstance(place, Packed):
            return self._packed(place, reference.number)
        if place is None or place.generation != reference.generation:
            return None, self.data  # 7.3.10: an undefined object is null
        return self._at(place, reference)[0], self.data

    def _place(self, reference: Reference) -> Plain:
        place = self.place(reference.number)
        if not isinstance(place, Plain):
            raise damaged(**why("流的位置", "the place of a stream"))
        return place

    def _at(self, place: Plain, reference: Reference) -> tuple[Value, int]:
        head = _OBJECT.match(self.data, self.base + place.offset)
        if head is None or int(head.group(1)) != reference.number:
            raise damaged(**why("交叉引用与对象不符", "a cross-reference that leads elsewhere"))
        return pdf_syntax.value(self.data, head.end(), self.allowance)

    def _packed(self, place: Packed, number: int) -> tuple[Value, bytes]:
        """An object of an object stream (7.5.7)."""
        if place.stream not in self.streams:
            self.streams[place.stream] = self._unpacked(place.stream)
        body, offsets = self.streams[place.stream]
        at = 2 * place.index
        if at >= len(offsets) or offsets[at] != number:
            raise damaged(**why("对象流", "object stream"))
        return pdf_syntax.value(body, offsets[at + 1], self.allowance)[0], body

    def _unpacked(self, number: int) -> tuple[bytes, tuple[int, ...]]:
        if sum(len(body) for body, _ in self.streams.values()) > pdf_xref.LONGEST:
            raise MetadataOverLimit(place="PDF", **why("对象流过大", "object streams are too large"))
        about, body = self.stream(Reference(number, 0))
        first, count = pdf_xref.integer(about, b"First"), pdf_xref.integer(about, b"N")
        words = body[: min(first, _LONGEST_PAIR * MOST_PARTS)].split()[: 2 * min(count, MOST_PARTS)]
        if not all(word.isdigit() and len(word) <= 10 for word in words) or len(words) % 2:
            raise damaged(**why("对象流", "object stream"))
        pairs = zip(map(int, words[::2]), map(int, words[1::2]), strict=True)
        return body, tuple(one for pair in pairs for one in (pair[0], pair[1] + first))


def parse(data: bytes) -> Container:
    """The structure of a PDF; raises `Damaged`, `MetadataOverLimit`, and `Encrypted`."""
    header = _HEADER.search(data, 0, _HEAD)
    if header is None:
        raise damaged(**why("文件头", "header"))
    start = _START.match(data, max(data.rfind(b"startxref"), 0))
    if start is None or b"%%EOF" not in start.group():
        raise damaged(**why("没有文件尾", "no end of the file"))
    tail = data[start.end() :]
    if _UNFINISHED.search(tail):
        raise damaged(**why("最后一次更新不完整", "the last update is not whole"))
    allowance = Allowance()
    sections = pdf_xref.sections(data, header.start(), int(start.group(1)), allowance)
    container = Container(data, header.start(), sections, tail, allowance=allowance)
    if container.trailer.get(b"Encrypt") is not None:
        raise Encrypted(format="PDF")
    if container.dictionary(container.trailer.get(b"Root")) is None:
        raise damaged(**why("没有目录对象", "no catalogue"))
    return container


@dataclass(frozen=True, slots=True)
class Object:
    """A new version of an object, or a new object: what stands between `obj` and `endobj`."""

    reference: Reference
    body: bytes


def unused(container: Container) -> int:
    """The lowest number above those of every object; raises `Damaged`."""
    sizes = [pdf_xref.integer(container.trailer, b"Size")]
    sizes += [run.first + run.count for section in container.sections for run in section.runs]
    if max(sizes) >= LARGEST:
        raise damaged(**why("对象编号过大", "object numbers without end"))
    return max(sizes)


def update(container: Container, objects: Iterable[Object], info: Reference | None = None) -> bytes:
    """An incremental update (7.5.6) to stand behind the file, of which every byte stays: readers see these objects.

    The section is of the kind of the last one, a table or a stream; the trailer's other entries stay as they are, and
    the information dictionary is the one given, if one is.
    """
    out = bytearray(b"" if container.data.endswith((b"\n", b"\r")) else b"\n")
    before = len(container.data) - container.base
    places: dict[int, Plain] = {}
    for one in sorted(objects, key=lambda one: one.reference.number):
        places[one.reference.number] = Plain(before + len(out), one.reference.generation)
        out += b"%d %d obj\n%s\nendobj\n" % (one.reference.number, one.reference.generation, one.body)
    at = before + len(out)
    size = max(unused(container), *(number + 1 for number in places))
    out += (_stream if container.sections[0].packed else _table)(container, places, at, size, info)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % at)


def _table(container: Container, places: dict[int, Plain], _at: int, size: int, info: Reference | None) -> bytes:
    lines = b"".join(
        b"%d %d\n%s"
        % (run[0], len(run), b"".join(b"%010d %05d n \n" % (places[one].offset, places[one].generation) for one in run))
        for run in _runs(places)
    )
    return b"xref\n%strailer\n<<\n%s\n>>\n" % (lines, b"\n".join(_trailer(container, size, info)))


def _stream(container: Container, places: dict[int, Plain], at: int, size: int, info: Reference | None) -> bytes:
    """A cross-reference stream without a filter, itself the object of the highest number."""
    every = places | {size: Plain(at, 0)}
    rows = b"".join(
        b"\x01" + place.offset.to_bytes(5, "big") + place.generation.to_bytes(2, "big") for place in every.values()
    )
    index = b" ".join(b"%d %d" % (run[0], len(run)) for run in _runs(every))
    head = (*_trailer(container, size + 1, info), b"/Type /XRef", b"/W [1 5 2]", b"/Index [%s]" % index)
    lines = b"\n".join((*head, b"/Length %d" % len(rows)))
    return b"%d 0 obj\n<<\n%s\n>>\nstream\n%s\nendstream\nendobj\n" % (size, lines, rows)


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    """The numbers, which ascend, in runs without a gap."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _trailer(container: Container, size: int, info: Reference | None) -> Iterator[bytes]:
    """The entries of the new trailer: those of the last one, and how the two hang together."""
    last = container.sections[0]
    for entry in last.trailer.entries:
        if entry.key not in _OF_SECTION or (entry.key == b"Info" and info is None):
            yield container.data[entry.start : entry.stop]
    yield b"/Size %d" % size
    yield b"/Prev %d" % last.offset
    if info is not None:
        yield b"/Info %d %d R" % (info.number, info.generation)


def without(about: Dictionary, held: bytes, keys: frozenset[bytes]) -> bytes:
    """A dictionary as it stands, without the entries of these keys."""
    parts, at = [], about.start
    for entry in about.entries:
        if entry.key in keys:
            parts.append(held[at : entry.start])
            at = entry.stop
    return b"".join((*parts, held[at : about.stop]))


def is_signed(container: Container) -> bool:
    """Whether a signature covers what the pages show: one of the form, or a certifying one."""
    root = container.dictionary(container.trailer.get(b"Root"))
    rights = container.dictionary(root.get(b"Perms")) if root else None
    certified = container.dictionary(rights.get(b"DocMDP")) if rights else None
    return certified is not None or next(_signatures(container, root), None) is not None


def forbids_changes(container: Container) -> bool:
    """Whether a signature certifies that nothing may be changed any more (12.8.2.2: DocMDP with P 1)."""
    root = container.dictionary(container.trailer.get(b"Root"))
    rights = container.dictionary(root.get(b"Perms")) if root else None
    certified = [container.dictionary(rights.get(b"DocMDP"))] if rights else []
    return any(_forbids(container, signature) for signature in (*certified, *_signatures(container, root)))


def _forbids(container: Container, signature: Dictionary | None) -> bool:
    methods, _ = container.resolved(signature.get(b"Reference") if signature else None)
    for method in methods if isinstance(methods, tuple) else ():
        about = container.dictionary(method)
        if about is not None and container.resolved(about.get(b"TransformMethod"))[0] == Name(b"DocMDP"):
            given = container.dictionary(about.get(b"TransformParams"))
            if given is not None and container.resolved(given.get(b"P"))[0] == 1:
                return True
    return False


def _signatures(container: Container, root: Dictionary | None) -> Iterator[Dictionary]:
    """The signatures of the form, where it says that it has some (table 225: SigFlags, bit 1)."""
    form = container.dictionary(root.get(b"AcroForm")) if root else None
    flags = container.resolved(form.get(b"SigFlags"))[0] if form else 0
    if form is None or not isinstance(flags, int) or not flags & 1:
        return
    waiting: list[Value] = [form.get(b"Fields")]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        found, _ = container.resolved(waiting.pop())
        if isinstance(found, tuple):
            waiting.extend(found[:MOST_PARTS])
        elif isinstance(found, Dictionary):
            waiting.append(found.get(b"Kids"))
            signature = container.dictionary(found.get(b"V"))
            if signature is not None:
                yield signature


def remains(data: bytes) -> tuple[Container | None, Damaged | Encrypted | MetadataOverLimit | None]:
    """The structure of a PDF as far as it can be followed, and what is wrong with it."""
    try:
        return parse(data), None
    except (Damaged, Encrypted, MetadataOverLimit) as error:
        return None, error
