"""The mark of an OpenDocument text or sheet on paper: one line in the header of every master page (ODF 1.3, 16.9).

A page shows `style:header`, or on left and first pages their own where those are displayed; every one of them gets the
line. A header that is switched off is switched on with nothing but the line, so that nothing hidden comes to light.
"""

from collections.abc import Iterator

from sealmark.errors import why
from sealmark.marks.explicit import lines
from sealmark.marks.explicit.wording import lawful, table
from sealmark.media.document.odf import NAME, OFFICE
from sealmark.media.document.odf_draft import DECLARED, FO, STYLE, STYLES, TEXT, Draft, styles_of
from sealmark.media.errors import Damaged
from sealmark.media.text.markup import Document, Edit, Element, escaped

_HEADERS = ("header", "header-left", "header-first")
_SHOWN = (*_HEADERS, "footer", "footer-left", "footer-first")
_STYLE_NAME, _LAYOUT_NAME = "SealmarkAIGC", "SealmarkPage"
_REGIONS = {"left": "region-left", "right": "region-right"}
# ISO A4 with margins of two centimetres: for a document that does not say what its pages are.
_LAYOUT = (
    f'<style:page-layout{DECLARED} style:name="{_LAYOUT_NAME}"><style:page-layout-properties fo:page-width="21cm" '
    'fo:page-height="29.7cm" fo:margin="2cm"/></style:page-layout>'
)


def mark(draft: Draft, wording: str, side: str, usual_page: str, *, regions: bool) -> None:
    """Put the line into every header; `usual_page` names the master page of a document that has none.

    `regions`: the headers have a left, a middle and a right part, as those of sheets do.
    """
    styles = draft.styles()
    legible = set(_legible(styles))
    name = _unused(styles, _STYLE_NAME)
    line = f'<text:p{DECLARED} text:style-name="{name}">{escaped(wording)}</text:p>'
    masters = list(_masters(styles))
    edits = [edit for one in masters for edit in _headed(styles, one, line, legible, side=side, regions=regions)]
    new = _style(name, side)
    if not masters:
        header = _new_header(line, side, regions=regions)
        page = f'<style:master-page{DECLARED} style:name="{usual_page}" style:page-layout-name="{_LAYOUT_NAME}">'
        edits = [styles.appended(_part(styles, "master-styles"), f"{page}{header}</style:master-page>")]
        new += _LAYOUT
    if edits:
        draft.put(STYLES, styles.edited([_into_automatic(styles, new), *edits]))


def find(draft: Draft) -> Iterator[tuple[str, str]]:
    """The lines of headers and footers that are a mark: ours, or in a usual wording anyone's."""
    styles = draft.styles()
    legible = set(_legible(styles))
    for master in _masters(styles):
        for one in (one for one in master.children if one.namespace == STYLE and one.name in _SHOWN):
            for paragraph in paragraphs(one):
                line = said(paragraph)
                if lines.is_mark(line) or _is_ours(paragraph, legible):
                    yield f"{STYLES} {master.attributes.get(f'{STYLE} name', '')}".strip(), line


def paragraphs(element: Element) -> Iterator[Element]:
    """Every paragraph within an element."""
    for one in element.children:
        if one.namespace == TEXT and one.name in {"p", "h"}:
            yield one
        yield from paragraphs(one)


def said(paragraph: Element) -> str:
    """The text of a paragraph with its spans; where both have text, that of the spans comes last."""
    return paragraph.text + "".join(said(one) for one in paragraph.children if one.name in {"span", "a"})


def _masters(styles: Document) -> Iterator[Element]:
    masters = styles.root.first(OFFICE, "master-styles")
    return masters.all(STYLE, "master-page") if masters else iter(())


def _part(styles: Document, name: str) -> Element:
    part = styles.root.first(OFFICE, name)
    if part is None:
        raise Damaged(format=NAME, **why(f"{STYLES} 没有 {name}", f"no {name} in {STYLES}"))
    return part


def _headed(
    styles: Document, master: Element, line: str, legible: set[str], *, side: str, regions: bool
) -> Iterator[Edit]:
    """What gives every displayed header of a master page the line."""
    header = master.first(STYLE, "header")
    if header is None:
        yield styles.prepended(master, _new_header(line, side, regions=regions))
        return
    for one in (one for name in _HEADERS for one in master.all(STYLE, name)):
        if one.attributes.get(f"{STYLE} display", "true") != "true":
            if one is header:
                yield styles.replaced(one, _new_header(line, side, regions=regions))
        elif not any(_is_ours(paragraph, legible) for paragraph in _direct(one)):
            yield _lengthened(styles, one, line, side)


def _new_header(line: str, side: str, *, regions: bool) -> str:
    region = _REGIONS[side]
    inside = f"<style:{region}>{line}</style:{region}>" if regions else line
    return f"<style:header{DECLARED}>{inside}</style:header>"


def _lengthened(styles: Document, header: Element, line: str, side: str) -> Edit:
    regions = [one for one in header.children if one.namespace == STYLE and one.name.startswith("region-")]
    if not regions:
        return styles.appended(header, line)
    own = header.first(STYLE, _REGIONS[side])
    if own is not None:
        return styles.appended(own, line)
    new = f"<style:{_REGIONS[side]}{DECLARED}>{line}</style:{_REGIONS[side]}>"
    return styles.appended(header, new) if side == "right" else styles.prepended(header, new)


def _direct(header: Element) -> Iterator[Element]:
    """The paragraphs of a header itself and of its regions: not those of tables and boxes in it."""
    yield from header.all(TEXT, "p")
    for one in header.children:
        if one.namespace == STYLE and one.name.startswith("region-"):
            yield from one.all(TEXT, "p")


def _style(name: str, side: str) -> str:
    """The style of the line; what another could take from its legibility stands in it."""
    law = table("document.toml")["header"]
    align = {"right": "end", "left": "start"}[side]
    points = law["points"]
    return (
        f'<style:style{DECLARED} style:name="{name}" style:family="paragraph"><style:paragraph-properties '
        f'fo:text-align="{align}" fo:margin="0cm" fo:text-indent="0cm" fo:line-height="100%" '
        'style:writing-mode="lr-tb"/><style:text-properties text:display="true" '
        f'fo:color="#{law["colour"]}" fo:background-color="#{law["ground"].lower()}" fo:font-size="{points}pt" '
        f'style:font-size-asian="{points}pt" style:text-scale="100%"/></style:style>'
    )


def _into_automatic(styles: Document, new: str) -> Edit:
    automatic = styles.root.first(OFFICE, "automatic-styles")
    if automatic is not None:
        return styles.appended(automatic, new)
    masters = _part(styles, "master-styles")
    return masters.start, masters.start, f"<office:automatic-styles{DECLARED}>{new}</office:automatic-styles>".encode()


def _legible(styles: Document) -> Iterator[str]:
    """The styles that look as ours does, whatever a program called them since."""
    law = table("document.toml")["header"]
    wanted = {f"{FO} color": f"#{law['colour']}", f"{FO} background-color": f"#{law['ground'].lower()}"}
    wanted |= {f"{FO} font-size": f"{law['points']}pt"}
    for name, style in styles_of(styles).items():
        about = style.first(STYLE, "text-properties")
        alike = about is not None and wanted.items() <= about.attributes.items()
        if about and alike and about.attributes.get(f"{TEXT} display", "true") == "true":
            yield name


def _is_ours(paragraph: Element, legible: set[str]) -> bool:
    return paragraph.attributes.get(f"{TEXT} style-name") in legible and lawful(said(paragraph))


def _unused(styles: Document, name: str) -> str:
    taken = styles_of(styles)
    return next(one for one in (name, *(f"{name}{n}" for n in range(1, len(taken) + 2))) if one not in taken)
