"""The structure of a PDF is followed as its references say, and its objects read as they are written."""

import io
import zlib

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark import media
from sealmark.media import errors
from sealmark.media.document import pdf, pdf_syntax, pdf_xref
from sealmark.media.document.pdf_syntax import Allowance, Dictionary, Name, Reference
from tests.media import papers


def _value(data: bytes) -> pdf_syntax.Value:
    return pdf_syntax.value(data, 0, Allowance())[0]


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=60))
def test_text_strings_round_trip(content: str) -> None:
    """Whatever is written reads back, for the peer too: parentheses, reverse solidi, any character."""
    found = _value(pdf_syntax.written(content))
    assert isinstance(found, bytes)
    assert pdf_syntax.text(found) == content
    assert str(pikepdf.Object.parse(pdf_syntax.written(content))) == content


@given(st.binary(max_size=60), st.binary(max_size=200))
def test_strings_read_as_the_peer_reads_them(content: bytes, noise: bytes) -> None:
    """7.3.4: what pikepdf writes, we read; and no bytes raise anything but damage."""
    assert _value(pikepdf.String(content).unparse()) == content
    try:
        _value(b"(" + noise)
    except errors.Damaged as error:
        assert error.code == "media.damaged"  # noqa: PT017  # both outcomes are lawful


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"(a\\(b\\)\\\\\\n\\101\\7x(c)\\\r\nd\r\ne)", b"a(b)\\\nA\x07x(c)d\ne"),
        (b"<48 656C6c6F 7>", b"Hellop"),
        (b"/A#20B#zz", Name(b"A B#zz")),
        (b"% comment\n 12 0 R", Reference(12, 0)),
        (b"12 0 RX", 12),
        (b"null", None),
        (b"-7", -7),
        (b"[1 [/A] 3 0 R]", (1, (Name(b"A"),), Reference(3, 0))),
    ],
)
def test_objects_as_the_standard_writes_them(written: bytes, value: object) -> None:
    """7.3: escapes, octal, odd hexadecimal digits, names, references, comments."""
    assert _value(written) == value


@pytest.mark.parametrize("broken", [b"", b"<<", b"<< 1 2 >>", b"[", b"(", b"(a\\", b"<4", b">", b"{", b"<< /A >>"])
def test_broken_objects_are_damage(broken: bytes) -> None:
    """What does not end, or begins as nothing does, is said to be damaged."""
    with pytest.raises(errors.Damaged):
        _value(broken)


@given(st.lists(st.tuples(st.sampled_from((0, 2)), st.binary(min_size=5, max_size=5)), max_size=30))
def test_predicted_rows_are_restored(rows: list[tuple[int, bytes]]) -> None:
    """7.4.4.4: filters None and Up, mixed in any order, as a plain sum row by row has it."""
    above, out = bytes(5), []
    for kind, row in rows:
        above = bytes((a + b) & 255 for a, b in zip(above, row, strict=True)) if kind else row
        out.append(above)
    about = _value(b"<< /Filter [/FlateDecode] /DecodeParms [<< /Predictor 12 /Columns 5 >>] >>")
    assert isinstance(about, Dictionary)
    coded = zlib.compress(b"".join(bytes((kind,)) + row for kind, row in rows))
    assert pdf_xref.unfolded(about, coded) == b"".join(out)


@pytest.mark.parametrize("key", papers.EVERY)
def test_every_object_is_found_where_the_peer_finds_it(key: str) -> None:
    """Tables, streams and object streams lead to the same objects as an independent reader's."""
    container = pdf.parse(papers.EVERY[key]())
    with pikepdf.open(io.BytesIO(papers.EVERY[key]())) as peer:
        for one in peer.objects:
            if isinstance(one, pikepdf.Dictionary):
                found = container.dictionary(Reference(*one.objgen))
                assert found is not None
                assert {b"/" + entry.key for entry in found.entries} == {name.encode() for name in dict(one.items())}


def test_what_is_a_pdf() -> None:
    """The header stands at the start, or behind other bytes in a file that also ends as a PDF."""
    assert media.sniff(papers.by_hand()).name == "pdf"
    assert media.sniff(papers.by_hand(junk=b"x" * 900)).name == "pdf"
    assert media.sniff(b"A PDF begins with %PDF-1.4, they say.").name == "text"
    with pytest.raises(errors.LyingFormat):
        media.sniff(papers.by_hand(junk=b"x" * 2000), "a.pdf")
