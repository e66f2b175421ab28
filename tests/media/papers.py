"""PDFs for tests, made when they are needed: by hand, by pikepdf, by Pillow."""

import io
from collections.abc import Callable
from typing import Any

import pikepdf

from . import specimens

PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:format>application/pdf</dc:format></rdf:Description>'
    '{}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def saved(make: Callable[[pikepdf.Pdf], None] | None = None, **settings: Any) -> bytes:
    """A PDF of one page by pikepdf, with a title that stays."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(200, 100))
        pdf.docinfo["/Title"] = "题 that stays"
        pdf.docinfo["/Keywords"] = "(nested (parentheses) \\ and backslash)"
        if make is not None:
            make(pdf)
        out = io.BytesIO()
        pdf.save(out, **({"deterministic_id": True, "fix_metadata_version": False} | settings))
        return out.getvalue()


def packed(**settings: Any) -> bytes:
    """With cross-reference streams, the information dictionary inside an object stream."""
    return saved(object_stream_mode=pikepdf.ObjectStreamMode.generate, **settings)


def with_packet(inside: str = "", **settings: Any) -> bytes:
    """With an XMP packet, coded unless settings say otherwise."""

    def make(pdf: pikepdf.Pdf) -> None:
        stream = pdf.make_stream(PACKET.format(inside).encode())
        stream.Type, stream.Subtype, stream.Kept = pikepdf.Name.Metadata, pikepdf.Name.XML, 7
        pdf.Root.Metadata = stream

    return saved(make, **settings)


def table(objects: dict[int, bytes], trailer: bytes, *, before: bytes = b"", base: int = 0, start: int = 1) -> bytes:
    """One section by hand: objects, a cross-reference table, a trailer."""
    out, places = bytearray(before), {}
    for number, body in objects.items():
        places[number] = len(out) - base
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(out) - base
    out += b"xref\n" + (b"0 1\n0000000000 65535 f \n" if start else b"")
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    return bytes(out + b"trailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n" % (trailer, at))


CATALOGUE, PAGES = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"
ROOT = b"/Root 1 0 R /Size 4 /ID [<00> <01>]"


def by_hand(info: bytes | None = b"<< /Producer (by hand) >>", *, root: bytes = CATALOGUE, junk: bytes = b"") -> bytes:
    """A small file whose every byte is known; `info` None leaves the dictionary out."""
    objects = {1: root, 2: PAGES} | ({3: info} if info is not None else {})
    trailer = ROOT + (b" /Info 3 0 R" if info is not None else b"")
    return table(objects, trailer, before=junk + b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", base=len(junk))


def again(data: bytes, objects: dict[int, bytes], trailer: bytes) -> bytes:
    """The same with another's incremental update behind it."""
    last = int(data.rpartition(b"startxref")[2].split()[0])
    return table(objects, trailer + b" /Prev %d" % last, before=data, start=0)


def hybrid() -> bytes:
    """A file for old and new readers (7.5.8.4): the information dictionary is hidden from the old ones."""
    out = bytearray(by_hand(None))
    prev = int(bytes(out).rpartition(b"startxref")[2].split()[0])
    hidden = len(out)
    out += b"3 0 obj\n<< /Producer (hidden) >>\nendobj\n"
    stream = len(out)
    row = b"\x01" + hidden.to_bytes(3, "big") + b"\x00"
    out += b"4 0 obj\n<< /Type /XRef /W [1 3 1] /Index [3 1] /Size 5 /Length 5 >>\nstream\n" + row
    out += b"\nendstream\nendobj\n"
    at = len(out)
    out += b"xref\n0 0\ntrailer\n<< /Root 1 0 R /Size 5 /Info 3 0 R /Prev %d /XRefStm %d >>\n" % (prev, stream)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % at)


def certified(level: int) -> bytes:
    """As signed with a certifying signature of that level (12.8.2.2)."""
    parameters = b"<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /P %d /V /1.2 >> >>" % level
    signature = b"<< /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 9 19 9] /Contents <00> /Reference [%s] >>"
    field = b"<< /FT /Sig /T (s) /V 5 0 R >>"
    root = b"<< /Type /Catalog /Pages 2 0 R /Perms << /DocMDP 5 0 R >> /AcroForm << /SigFlags 3 /Fields [4 0 R] >> >>"
    objects = {1: root, 4: field, 5: signature % parameters}
    return again(by_hand(), objects, b"/Root 1 0 R /Size 6 /Info 3 0 R /ID [<00> <01>]")


EVERY: dict[str, Callable[[], bytes]] = {
    "by hand": by_hand,
    "no Info": lambda: by_hand(None),
    "Info in the trailer": lambda: by_hand(None).replace(b"/ID [", b"/Info << /Producer (x) >> /ID ["),
    "junk before": lambda: by_hand(junk=b"HTTP/1.1 200 OK\r\n\r\n" * 9),
    "no end of line": lambda: by_hand().rstrip(),
    "junk behind": lambda: by_hand() + b"\x00\x00--boundary--\r\n",
    "two updates": lambda: again(by_hand(), {3: b"<< /Producer (later) >>"}, ROOT + b" /Info 3 0 R"),
    "hybrid": hybrid,
    "pikepdf": saved,
    "packed": packed,
    "linearized": lambda: saved(linearize=True),
    "linearized and packed": lambda: packed(linearize=True),
    "packet": with_packet,
    "packet and packed": lambda: with_packet(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "Pillow": lambda: specimens.saved(specimens.picture(), "PDF", title="题 that stays"),
    "certified, filling in allowed": lambda: certified(2),
}
