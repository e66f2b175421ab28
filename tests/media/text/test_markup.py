"""XML is edited where an element stands, and safe to read whoever wrote it."""

import time
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.media.errors import Damaged, MetadataOverLimit
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Element, Sought

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a > b --><n:root xmlns:n="urn:n" n:kind="x &gt; y" plain=\'1 > 0\'>'
)
WHOLE = f'{HEAD}<n:one a="1"/>\n<n:two>text<deep/> &amp; more</n:two><n:one a="2"></n:one></n:root>'.encode()


def _parsed(content: bytes) -> Document:
    return markup.parse(content, "FORM", "part.xml")


def test_elements_stand_in_order_with_names_attributes_and_text() -> None:
    """Names are resolved, entities undone; text is the element's own."""
    root = _parsed(WHOLE).root
    assert (root.namespace, root.name, root.attributes) == ("urn:n", "root", {"urn:n kind": "x > y", "plain": "1 > 0"})
    assert [(child.name, child.text) for child in root.children] == [("one", ""), ("two", "text & more"), ("one", "")]
    assert [one.attributes["a"] for one in root.all("urn:n", "one")] == ["1", "2"]
    assert root.first("urn:n", "deep") is None


@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_element_gives_way_and_every_other_byte_stays(number: int) -> None:
    """Empty tag, element with content, element without: the whole of it is replaced and nothing else."""
    document = _parsed(WHOLE)
    element = document.root.children[number]
    edited = document.edited([document.replaced(element, "|")])
    before, _, after = edited.partition(b"|")
    gone = WHOLE[len(before) : len(WHOLE) - len(after)]
    assert WHOLE.startswith(before)
    assert WHOLE.endswith(after)
    assert ElementTree.fromstring(b'<x xmlns:n="urn:n">' + gone + b"</x>")[0].tag == f"{{urn:n}}{element.name}"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_content_is_appended_also_to_an_empty_tag(number: int) -> None:
    """The new content is the last inside the element, which is opened where it was empty."""
    document = _parsed(WHOLE)
    edited = document.edited([document.appended(document.root.children[number], "<new/>")])
    found = ElementTree.fromstring(edited)[number]
    assert [child.tag for child in found][-1:] == ["new"]
    assert len(edited) - len(WHOLE) == len("<new/>" if number else "<new/></n:one>") - (0 if number else 1)


@pytest.mark.parametrize(("name", "size"), [("plain", 2), ("new", 3)])
def test_attribute_is_set_or_added(name: str, size: int) -> None:
    """A value is replaced whatever its quotes; a new one stands at the end of the tag."""
    document = _parsed(WHOLE)
    for element in (document.root, document.root.children[0]):
        found = _parsed(document.edited([document.attribute(element, name, '"<&')])).root
        there = found if element is document.root else found.children[0]
        assert there.attributes[name] == '"<&'
        assert len(there.attributes) == (size if element is document.root else 2)


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_part_stays_in_its_coding(coding: str) -> None:
    """UTF-16 is read, and written again as UTF-16 with its mark (XML 1.0, 4.3.3)."""
    text = WHOLE.decode().replace("UTF-8", "utf-16" if "16" in coding else "utf-8").replace("text", "文字")
    content = text.encode(coding) if coding != "utf-16-be" else b"\xfe\xff" + text.encode(coding)
    document = _parsed(content)
    assert document.edited([]) == content
    edited = document.edited([document.replaced(document.root.children[0], "<新/>")])
    assert ElementTree.fromstring(edited)[0].tag == "新"


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]><x>&j;</x>"
)
HOSTILE = {
    "entity bomb": BOMB.encode(),
    "external entity": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>',
    "empty document type": b"<!DOCTYPE x><x/>",
    "undeclared entity": b"<x>&nothing;</x>",
    "another coding": b'<?xml version="1.0" encoding="gb18030"?><x/>',
    "unclosed": b"<x><y></x>",
    "not XML": b"AIGC",
    "nothing": b"",
    "not Unicode": b"<x>\xff</x>",
    "half a character": b"\xff\xfe<\x00x",
    "nested without end": b"<a>" * 5000 + b"</a>" * 5000,
    "elements without end": b"<x>" + b"<a/>" * 900_000 + b"</x>",
    "larger than any part": b"<x>" + b" " * markup.LONGEST + b"</x>",
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_part_is_refused(attack: str) -> None:
    """Entity bombs, external entities, endless nesting: a domain error at once."""
    began = time.process_time()
    with pytest.raises((Damaged, MetadataOverLimit)):
        _parsed(HOSTILE[attack])
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    "filler",
    ["<a" + " " * 200_000 + "/>", '<a b="' + "=" * 200_000 + '"/>', "x" * 200_000, "<a/>" * 50_000, "<a>" * 199],
)
def test_long_stretches_take_linear_time(filler: str) -> None:
    """No pattern of the editor goes back and forth over what an attacker made long."""
    closing = "</a>" * 199 if filler.endswith("<a>") else ""
    began = time.process_time()
    document = _parsed(f"<x c='{'=' * 100_000}' {' ' * 100_000}>{filler}{closing}</x>".encode())
    edits = [document.replaced(child, "") for child in document.root.children]
    new = document.edited([*edits, document.attribute(document.root, "b", "2"), document.appended(document.root, "y")])
    assert _parsed(new).root.attributes["b"] == "2"
    assert time.process_time() - began < 4


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes bring the reader down."""
    with pytest.raises(Damaged):
        _parsed(b"<" + data)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")))
def test_escaped_text_reads_back_as_content_and_attribute(text: str) -> None:
    """Whatever a value holds, it is the value again for an independent reader."""
    safe = markup.escaped(text)
    found = ElementTree.fromstring(f'<x a="{safe}">{safe}</x>')
    assert (found.get("a"), found.text or "") == (text, text)


SOUGHT = Sought(frozenset(("kept",)), frozenset(("closed",)), frozenset(("outline",)))
INNER = st.recursive(
    st.sampled_from(["", "text"]),
    lambda inside: st.tuples(st.sampled_from(["kept", "closed", "outline", "other"]), st.lists(inside, max_size=3)).map(
        lambda one: f"<{one[0]}>{''.join(one[1])}</{one[0]}>"
    ),
    max_leaves=12,
)


def _wanted(element: ElementTree.Element) -> Iterator[str]:
    """Each kept element whole, but none in a closed one, as another parser sees them."""
    for child in element:
        if child.tag == "kept":
            yield "".join(child.itertext())
        elif child.tag != "closed":
            yield from _wanted(child)


def _kept(element: Element) -> Iterator[str]:
    for child in element.children:
        if child.name == "kept":
            yield _whole(child)
        else:
            yield from _kept(child)


def _whole(element: Element) -> str:
    return element.text.count("text") * "text" + "".join(map(_whole, element.children))


@given(INNER)
def test_excerpt_keeps_what_is_asked_for_and_its_place(inside: str) -> None:
    """Kept elements with their content, none within a closed one, in order; each is edited where it stands."""
    content = f"<root><child>{inside}</child><last/></root>".encode()
    document = markup.excerpt(content, "FORM", "part.xml", SOUGHT)
    assert [child.name for child in document.root.children] == ["child", "last"]
    assert list(_kept(document.root)) == list(_wanted(ElementTree.fromstring(content)))
    for element in document.root.children:
        edited = ElementTree.fromstring(document.edited([document.behind(element, "<new/>")]))
        assert [one.tag for one in edited].index("new") == document.root.children.index(element) + 1


def test_excerpt_reads_what_is_too_long_to_be_read_whole() -> None:
    """A part of a million elements costs no tree; deeper than any honest part is refused all the same."""
    content = b"<root><child>" + b"<other/>" * 1_000_000 + b"<kept/></child></root>"
    found = markup.excerpt(content, "FORM", "part.xml", SOUGHT).root.children[0].children
    assert [one.start for one in found] == [len(content) - len(b"<kept/></child></root>")]
    with pytest.raises(MetadataOverLimit):
        _parsed(content)
    with pytest.raises(Damaged):
        markup.excerpt(b"<x>" * 300 + b"</x>" * 300, "FORM", "part.xml", SOUGHT)


def test_edits_of_one_place_stand_in_their_order() -> None:
    """Two new elements at one place come as they were given."""
    document = _parsed(WHOLE)
    first = document.root.children[0]
    edited = document.edited([document.behind(first, "<z/>"), document.behind(first, "<a/>")])
    assert b'<n:one a="1"/><z/><a/>' in edited
