"""An XMP packet is edited where the label stands, and safe to read whoever wrote it."""

import time
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.marks.errors import DamagedMetadata
from sealmark.marks.label import Label
from sealmark.marks.metadata import xmp
from sealmark.media.errors import MetadataOverLimit

ONE = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
TWO = Label.first("001191000000REHEAR5ALG1DEMO", "B2", reserved_code1='"quoted" & <tagged> it\'s')
VALUE = ONE.inner().replace('"', "&quot;")
TC = f'xmlns:TC260="{xmp.NAMESPACE}"'


def packet(inside: str, *, root: str = "rdf") -> bytes:
    """A packet as another program writes it, with properties of its own."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<{root}:RDF xmlns:{root}="{xmp.RDF}"><{root}:Description {root}:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="a > b"><dc:title>题 &amp; more</dc:title>'
        f'<!-- stays --></{root}:Description>{inside}</{root}:RDF></x:xmpmeta>\n{" " * 200}\n<?xpacket end="w"?>'
    ).encode()


FORMS = {
    "element": f"<rdf:Description {TC}><TC260:AIGC>{VALUE}</TC260:AIGC></rdf:Description>",
    "attribute": f'<rdf:Description {TC} TC260:AIGC="{VALUE}" />',
    "attribute in single quotes": f"<rdf:Description {TC} TC260:AIGC = '{ONE.inner()}'/>",
    "another prefix": f'<rdf:Description xmlns:q="{xmp.NAMESPACE}"><q:AIGC>{VALUE}</q:AIGC></rdf:Description>',
    "character data": f"<rdf:Description {TC}><TC260:AIGC><![CDATA[{ONE.inner()}]]></TC260:AIGC></rdf:Description>",
    "wrapped": f"<rdf:Description {TC}><TC260:AIGC>{ONE.wrapped()}</TC260:AIGC></rdf:Description>",
}


@pytest.mark.parametrize("form", FORMS)
def test_both_forms_are_read_and_replaced_in_place(form: str) -> None:
    """Element and attribute forms read; writing changes the value there and not one byte elsewhere."""
    source = packet(FORMS[form])
    assert [(at.label, at.main) for at in xmp.read(source, "here")] == [(ONE, True)]
    written = xmp.write(source, TWO, "here")
    assert [(at.label, at.main) for at in xmp.read(written, "here")] == [(TWO, True)]
    before, after = packet("|").split(b"|")
    assert written.startswith(before)
    assert written.endswith(after)


def test_packet_without_a_label_keeps_every_byte() -> None:
    """The label is inserted; the packet around it is the one that was."""
    source = packet("")
    written = xmp.write(source, ONE, "here")
    cut = source.index(b"</rdf:RDF>")
    assert written.startswith(source[:cut])
    assert written.endswith(source[cut:])
    assert [at.label for at in xmp.read(written, "here")] == [ONE]


@pytest.mark.parametrize(
    "source",
    [
        packet("", root="r"),
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{xmp.RDF}"/></x:xmpmeta>'.encode(),
        f'<RDF xmlns="{xmp.RDF}"></RDF>'.encode(),
        b"\xef\xbb\xbf" + packet(""),
        packet("").decode().encode("utf-16"),
    ],
)
def test_unusual_packets_take_a_label(source: bytes) -> None:
    """Other prefixes, an empty root, a default namespace, other codings of Unicode."""
    assert [at.label for at in xmp.read(xmp.write(source, ONE, "here"), "here")] == [ONE]


def test_empty_root_holds_the_description() -> None:
    """An empty rdf:RDF is opened: the label stands inside it, where readers look."""
    source = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{xmp.RDF}"/></x:xmpmeta>'.encode()
    written = ElementTree.fromstring(xmp.write(source, ONE, "here"))
    assert written.find(f"{{{xmp.RDF}}}RDF/{{{xmp.RDF}}}Description/{{{xmp.NAMESPACE}}}AIGC") is not None


def test_empty_property_is_replaced_and_its_neighbour_stays() -> None:
    """An AIGC element without content ends where its tag ends."""
    source = packet(f"<rdf:Description {TC} xmlns:q='urn:q'><TC260:AIGC/><q:next>stays</q:next></rdf:Description>")
    written = xmp.write(source, TWO, "here")
    assert [at.label for at in xmp.read(written, "here")] == [TWO]
    assert b"</TC260:AIGC><q:next>stays</q:next></rdf:Description>" in written


def test_two_labels_become_one() -> None:
    """GB 45438 6.1 c): the first is replaced, all others go."""
    source = packet(FORMS["element"] + FORMS["attribute"] + FORMS["another prefix"])
    assert len(list(xmp.read(source, "here"))) == 3
    assert [at.label for at in xmp.read(xmp.write(source, TWO, "here"), "here")] == [TWO]


def test_aigc_of_a_strange_namespace_is_read_but_is_not_the_main_channel() -> None:
    """Some writers use their own namespace: read it, replace it, never write there."""
    strange = f'<rdf:Description xmlns:q="urn:q" q:AIGC="{VALUE}" q:other="stays"/>'
    assert [(at.label, at.main) for at in xmp.read(packet(strange), "here")] == [(ONE, False)]
    written = xmp.write(packet(strange), TWO, "here")
    assert [(at.label, at.main) for at in xmp.read(written, "here")] == [(TWO, True)]
    assert b'q:other="stays"' in written


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]>"
)
HOSTILE = {
    "entity bomb": BOMB.encode() + packet("<rdf:Description>&j;</rdf:Description>"),
    "external entity": b'<!DOCTYPE x SYSTEM "file:///etc/hostname">' + packet(""),
    "empty document type": b"<!DOCTYPE x>" + packet(""),
    "undeclared entity": packet("&nothing;"),
    "unclosed": packet("<rdf:Description>"),
    "not XML": b"AIGC",
    "nothing": b"",
    "not Unicode": b"\xff\xff\xff",
    "nested without end": packet("<a>" * 5000 + "</a>" * 5000),
    "thousands of labels": packet(f"<rdf:Description {TC}>" + "<TC260:AIGC/>" * 5000 + "</rdf:Description>"),
    "larger than any packet": packet(" " * xmp.LONGEST),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_packet_is_refused_and_never_overwritten(attack: str) -> None:
    """Entity bombs, external entities, endless nesting: a domain error at once, for reading and writing."""
    began = time.process_time()
    for call in (lambda: list(xmp.read(HOSTILE[attack], "here")), lambda: xmp.write(HOSTILE[attack], ONE, "here")):
        with pytest.raises((DamagedMetadata, MetadataOverLimit)):
            call()
    assert time.process_time() - began < 1


def test_packet_without_rdf_is_not_guessed_at() -> None:
    """Well-formed XML without an RDF root is no packet that we may edit."""
    with pytest.raises(DamagedMetadata):
        xmp.write(b"<x/>", ONE, "here")


@pytest.mark.parametrize(
    "filler",
    ["<a" + " " * 200_000 + "/>", '<a b="' + "=" * 200_000 + '"/>', "x" * 200_000, "\n" * 200_000, "<a/>" * 50_000],
)
def test_long_stretches_take_linear_time(filler: str) -> None:
    """No pattern of the editor goes back and forth over what an attacker made long."""
    source = packet(f"{filler}{FORMS['attribute'][:-2]} {' ' * 100_000}/>")
    began = time.process_time()
    assert [at.label for at in xmp.read(xmp.tightened(xmp.write(source, TWO, "here")), "here")] == [TWO]
    assert time.process_time() - began < 2


@given(st.binary(max_size=300))
def test_any_bytes_read_or_are_refused(data: bytes) -> None:
    """No bytes bring the reader down."""
    try:
        assert list(xmp.read(data, "here")) == []
    except DamagedMetadata as error:
        assert error.code == "marks.damaged_metadata"  # noqa: PT017  # both outcomes are lawful
