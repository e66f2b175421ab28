"""The mark of a PDF: the plate with the wording in a corner of every page, in an update behind the file's end.

What a page draws is left as it is, put between a saved and a restored state, and the plate drawn behind it. All pages
share one form and its font, pages alike share their instructions, and so a thousand pages cost a thousand dictionaries.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import get_args

from sealmark.errors import why
from sealmark.marks.errors import SignedPackage
from sealmark.marks.explicit import lines, pdf_form, plate
from sealmark.marks.explicit.errors import NothingToMark
from sealmark.marks.explicit.pdf_form import FONT, WORDING, written
from sealmark.marks.explicit.plate import Spot
from sealmark.marks.explicit.stamp import Corner
from sealmark.marks.explicit.typeface import typeface
from sealmark.marks.explicit.wording import lawful
from sealmark.media.document import pdf, pdf_content, pdf_filters, pdf_pages, pdf_syntax, pdf_text
from sealmark.media.document.pdf import Container, Object
from sealmark.media.document.pdf_content import Open
from sealmark.media.document.pdf_pages import Given, Page
from sealmark.media.document.pdf_syntax import Allowance, Dictionary, Reference, Value, damaged
from sealmark.media.errors import Damaged, MetadataOverLimit

_MOST_READ = 1 << 22  # objects: of the dictionaries of a hundred thousand pages
_MOST_CONTENT = 1 << 30  # bytes of all pages' instructions, unfolded
_FORM = b"SealmarkAIGC"
_NUMBER = rb" (-?[0-9.]{1,24})"
_OURS = re.compile(
    rb"\n(?:ET\n)?(?:EMC\n){0,1024}(?:Q\n){0,1025}q" + _NUMBER * 6 + rb" cm /(SealmarkAIGC\d{0,4}) Do Q\n"
)


def mark(data: bytes, wording: str, corner: Corner) -> bytes:
    """The update that puts the plate on every page without one; nothing where each has it.

    Raises `SignedPackage` where a signature covers the pages, `NothingToMark` where there are none, and errors of
    `media`: where it is not sure that the plate would be seen, nothing is written.
    """
    container = opened(data)
    if pdf.is_signed(container):
        raise SignedPackage(format="PDF")
    update = _Update(container, wording, corner)
    page: Page | None = None
    for page in pdf_pages.pages(container):
        if ours(container, page) is None:
            update.add(page)
    if page is None:
        raise NothingToMark(format="PDF", **why("没有页面", "no page"))
    objects = update.objects()
    return pdf.update(container, objects) if objects else b""


def opened(data: bytes) -> Container:
    """The structure of a PDF of which every page shall be read; raises as `pdf.parse` does."""
    return replace(pdf.parse(data), allowance=Allowance(_MOST_READ))


def ours(container: Container, page: Page) -> str | None:
    """The wording of our plate on a page, where that is the last thing drawn and stands where we put it."""
    contents = _contents(container, page)
    about, last = container.coded(contents[-1]) if contents else (None, b"")
    found = _OURS.fullmatch(last) if about is not None and about.get(b"Filter") is None else None
    if found is None:
        return None
    wording = _drawn_wording(container, page, found.group(7))
    if wording is None:
        return None
    spots = [_spot(container, page, corner) for corner in get_args(Corner)]
    given = b" ".join(found.groups()[:6])
    return wording if given in {_numbers(wording, spot) for spot in spots} else None


def _drawn_wording(container: Container, page: Page, name: bytes) -> str | None:
    """What the form of that name says, where it is the one that we would draw."""
    resources = container.dictionary(_resources(page).value)
    forms = container.dictionary(resources.get(b"XObject")) if resources else None
    reference = forms.get(name) if forms else None
    if not isinstance(reference, Reference):
        return None
    about, body = container.stream(reference)
    said, _ = container.resolved(about.get(WORDING))
    wording = pdf_syntax.text(said) if isinstance(said, bytes) else ""
    known = lawful(wording) and set(wording) <= typeface().identifiers.keys()
    return wording if known and plate.form(wording, FONT)[1] == body else None


def _resources(page: Page) -> Given:
    return page.given.get(b"Resources", Given(None, b""))


def _contents(container: Container, page: Page) -> tuple[Reference, ...]:
    """The streams that a page draws, one after another; raises `Damaged`."""
    value = page.about.get(b"Contents")
    found, _ = container.resolved(value) if not _is_stream(container, value) else ((value,), b"")
    several = found if isinstance(found, tuple) else ()
    return tuple(one for one in several if isinstance(one, Reference) and container.resolved(one)[0] is not None)


def _is_stream(container: Container, value: Value) -> bool:
    return isinstance(value, Reference) and isinstance(container.resolved(value)[0], Dictionary)


def _spot(container: Container, page: Page, corner: Corner) -> Spot:
    box, turns = pdf_pages.shown(container, page), pdf_pages.rotation(container, page)
    return Spot(box, turns, pdf_pages.unit(container, page), corner)


def _numbers(wording: str, spot: Spot) -> bytes:
    return b" ".join(b"%.4f" % one for one in plate.matrix(wording, spot))


@dataclass(frozen=True, slots=True)
class _Names:
    """The resources that a page shall have, as they are written, and what the form is called in them."""

    written: bytes
    form: bytes


class _Update:
    """The objects of one update: those that all pages share, and each page's dictionary."""

    def __init__(self, container: Container, wording: str, corner: Corner) -> None:
        self._container = container
        self._wording = wording
        self._corner = corner
        self._objects: dict[Reference, bytes] = {}
        self._next = pdf.unused(container)
        self._read = 0
        self._named: dict[Value, _Names] = {}
        self._streams: dict[bytes, Reference] = {}
        self._left_open: dict[tuple[Reference, ...], Open] = {}
        self._form: Reference | None = None

    def objects(self) -> list[Object]:
        """All that were made."""
        return [Object(reference, body) for reference, body in self._objects.items()]

    def add(self, page: Page) -> None:
        """Put the plate on a page; raises `Damaged` and `MetadataOverLimit`."""
        names = self._resources(page)
        drawn = self._drawn(page, names.form)
        about = pdf.without(page.about, page.held, frozenset((b"Contents", b"Resources")))
        streams = b" ".join(map(written, drawn))
        new = b"\n/Contents [%s]\n/Resources %s\n>>" % (streams, names.written)
        self._objects[page.reference] = about[:-2] + new

    def _drawn(self, page: Page, form: bytes) -> tuple[Reference, ...]:
        """The page's streams between a saved and a restored state, and the plate."""
        contents = _contents(self._container, page)
        left = self._opened(contents)
        numbers = _numbers(self._wording, _spot(self._container, page, self._corner))
        before = (self._shared(b"q\n" * (1 + left.below)),) if contents else ()
        closing = replace(left, states=left.states + 1) if contents else left
        behind = b"\n%sq %s cm /%s Do Q\n" % (closing.closing, numbers, form)
        return (*before, *contents, self._shared(behind))

    def _opened(self, contents: tuple[Reference, ...]) -> Open:
        if contents not in self._left_open:
            parts = [pdf_filters.content(self._container, one) for one in contents]
            self._read += sum(map(len, parts))
            if self._read > _MOST_CONTENT:
                raise damaged(**why("页面内容过多", "the pages' content has no end"))
            self._left_open[contents] = pdf_content.left_open(b"\n".join(parts))
        return self._left_open[contents]

    def _shared(self, body: bytes) -> Reference:
        """A stream with this body, which several pages may draw."""
        if body not in self._streams:
            self._streams[body] = self._new(pdf_form.stream(b"", body))
        return self._streams[body]

    def _new(self, body: bytes) -> Reference:
        reference = Reference(self._next, 0)
        self._next += 1
        self._objects[reference] = body
        return reference

    def _resources(self, page: Page) -> _Names:
        """The page's resources with the form among them: by copy, or, where others share them, once for all."""
        given = _resources(page)
        about, held = _read(self._container, given)
        if about is not None and not isinstance(about, Dictionary):
            raise damaged(**why("页面资源", "a page's resources"))
        key = given.value if isinstance(given.value, Reference) else None
        inherited = about is not None and page.about.get(b"Resources") is None
        if key is None and not inherited:
            return self._with_form(about, held)
        memo: Value = key if key is not None else given.value
        if memo not in self._named:
            names = self._with_form(about, held)
            reference = self._shared_object(key, names.written)
            self._named[memo] = _Names(written(reference), names.form)
        return self._named[memo]

    def _with_form(self, about: Dictionary | None, held: bytes) -> _Names:
        value = about.get(b"XObject") if about else None
        forms, forms_held = _read(self._container, Given(value, held))
        if forms is not None and not isinstance(forms, Dictionary):
            raise damaged(**why("页面资源", "a page's resources"))
        if isinstance(value, Reference) and value in self._named:
            return _Names(_dictionary(about, held, b"XObject", written(value)), self._named[value].form)
        name = _free(forms)
        entry = b"/%s %s" % (name, written(self._plate()))
        whole = (forms_held[forms.start : forms.stop - 2] if forms else b"<<") + b" " + entry + b" >>"
        if isinstance(value, Reference) and forms is not None:
            self._objects[value] = whole
            self._named[value] = _Names(b"", name)
            whole = written(value)
        return _Names(_dictionary(about, held, b"XObject", whole), name)

    def _shared_object(self, key: Reference | None, body: bytes) -> Reference:
        if key is None or self._container.place(key.number) is None:
            return self._new(body)
        self._objects[key] = body
        return key

    def _plate(self) -> Reference:
        """The form, made once."""
        if self._form is None:
            self._form = pdf_form.made(self._wording, self._new)
        return self._form


def _read(container: Container, given: Given) -> tuple[Value, bytes]:
    """What a value is or leads to, and the bytes that its spans count in."""
    return container.resolved(given.value) if isinstance(given.value, Reference) else (given.value, given.held)


def _dictionary(about: Dictionary | None, held: bytes, key: bytes, value: bytes) -> bytes:
    """A dictionary with another value of one key."""
    kept = pdf.without(about, held, frozenset((key,))) if about else b"<<>>"
    return b"%s /%s %s >>" % (kept[:-2], key, value)


def _free(forms: Dictionary | None) -> bytes:
    """A name that no form has."""
    taken = {entry.key for entry in forms.entries} if forms else set()
    names = chain((_FORM,), (b"%s%d" % (_FORM, number) for number in range(1, 10_000)))
    name = next((one for one in names if one not in taken), None)
    if name is None:
        raise damaged(**why("页面资源的名称", "the names of a page's resources"))
    return name


def ends(container: Container) -> Iterator[Page]:
    """The first page and the last one, where there is another."""
    first = list(islice(pdf_pages.pages(container), 1))
    last = list(islice(pdf_pages.pages(container, backwards=True), 1))
    yield from first
    yield from (page for page in last if page.reference != first[0].reference)


def find(data: bytes) -> Iterator[tuple[str, str]]:
    """The lines of the first and the last page that are a mark: ours, or in a usual wording anyone's."""
    container = pdf.parse(data)
    for page in ends(container):
        wording = ours(container, page)
        where = f"PDF {page.reference.number} {page.reference.generation} R"
        if wording is not None:
            yield where, wording
            continue
        # Another's wording is looked for as far as looking is cheap; what cannot be read says nothing against the file.
        with suppress(Damaged, MetadataOverLimit):
            yield from ((where, line) for line in _lines(container, page) if lines.is_mark(line))


def _lines(container: Container, page: Page) -> Iterator[str]:
    resources = container.dictionary(_resources(page).value)
    fonts = resources.get(b"Font") if resources else None
    return pdf_text.lines(container, _contents(container, page), fonts)
