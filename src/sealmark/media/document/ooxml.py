"""Office Open XML (ISO/IEC 29500): documents, sheets and presentations, their templates, and those with macros.

Their kinds are told apart by the content type of the main part. A file of another kind does not open under the
name of this one, so each kind is a format of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import join, normpath
from urllib.parse import unquote

from sealmark.errors import why
from sealmark.media.containers import archive
from sealmark.media.containers.package import Package
from sealmark.media.errors import MediaError, MetadataOverLimit
from sealmark.media.format import Format
from sealmark.media.text import markup
from sealmark.media.text.markup import Document, Element, escaped

NAME = "OOXML"
CONTENT_TYPES = "[Content_Types].xml"  # ISO/IEC 29500-2, 7.2.3.2
RELATIONSHIPS = "_rels/.rels"  # ISO/IEC 29500-2, 6.5.3
CUSTOM_PART = "docProps/custom.xml"
CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
# ISO/IEC 29500-1, 15.2.12.2: strict documents and transitional ones (part 4) have names of their own.
CUSTOM_RELATIONS = {
    False: "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties",
    True: "http://purl.oclc.org/ooxml/officeDocument/relationships/customProperties",
}
# There is one at most (ISO/IEC 29500-1, 15.2.12.2); what breaks that rule is still read.
MOST_CUSTOM_PARTS = 16
_STRICT_MAIN = "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_SIGNATURE_TYPE = "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"
_SIGNATURES = "_xmlsignatures/"
_ORIGIN = re.compile(r"_xmlsignatures/(?:origin\.sigs|_rels/.*)")

_OPEN = "application/vnd.openxmlformats-officedocument."
_MICROSOFT = "application/vnd.ms-"
# The name, the file's media type, and the content type of its main part without what both have in common.
_KINDS = (
    ("docx", f"{_OPEN}wordprocessingml.document", f"{_OPEN}wordprocessingml.document"),
    ("dotx", f"{_OPEN}wordprocessingml.template", f"{_OPEN}wordprocessingml.template"),
    ("docm", f"{_MICROSOFT}word.document.macroenabled.12", f"{_MICROSOFT}word.document.macroenabled"),
    ("dotm", f"{_MICROSOFT}word.template.macroenabled.12", f"{_MICROSOFT}word.template.macroenabledtemplate"),
    ("xlsx", f"{_OPEN}spreadsheetml.sheet", f"{_OPEN}spreadsheetml.sheet"),
    ("xltx", f"{_OPEN}spreadsheetml.template", f"{_OPEN}spreadsheetml.template"),
    ("xlsm", f"{_MICROSOFT}excel.sheet.macroenabled.12", f"{_MICROSOFT}excel.sheet.macroenabled"),
    ("xltm", f"{_MICROSOFT}excel.template.macroenabled.12", f"{_MICROSOFT}excel.template.macroenabled"),
    ("pptx", f"{_OPEN}presentationml.presentation", f"{_OPEN}presentationml.presentation"),
    ("potx", f"{_OPEN}presentationml.template", f"{_OPEN}presentationml.template"),
    ("ppsx", f"{_OPEN}presentationml.slideshow", f"{_OPEN}presentationml.slideshow"),
    (
        "pptm",
        f"{_MICROSOFT}powerpoint.presentation.macroenabled.12",
        f"{_MICROSOFT}powerpoint.presentation.macroenabled",
    ),
    ("potm", f"{_MICROSOFT}powerpoint.template.macroenabled.12", f"{_MICROSOFT}powerpoint.template.macroenabled"),
    ("ppsm", f"{_MICROSOFT}powerpoint.slideshow.macroenabled.12", f"{_MICROSOFT}powerpoint.slideshow.macroenabled"),
)


def _format(name: str, media_type: str, main: str) -> Format:
    # Media types are compared without case.
    pattern = re.compile(f"[\"']{re.escape(main)}\\.main\\+xml[\"']".encode(), re.IGNORECASE)

    def is_one(data: bytes) -> bool:
        types = archive.peek(data, CONTENT_TYPES, markup.LONGEST).replace(b"\x00", b"")  # it may be UTF-16
        return pattern.search(types) is not None

    return Format(name, "document", (media_type,), (name,), is_one)


FORMATS: tuple[Format, ...] = tuple(_format(*kind) for kind in _KINDS)


@dataclass(frozen=True, slots=True)
class CustomParts:
    """The parts with custom properties: those that the package refers to, else the one where readers expect it.

    `is_related` says whether the package refers to them; `is_strict` whether it is a strict document.
    """

    names: tuple[str, ...]
    is_related: bool
    is_strict: bool


def custom_parts(package: Package) -> CustomParts:
    """Where the custom properties stand or shall stand; raises `Damaged` and `MetadataOverLimit`."""
    relations = list(_relations(package.document(RELATIONSHIPS)))
    targets = [_target(one) for one in relations if one.attributes.get("Type") in CUSTOM_RELATIONS.values()]
    if len(targets) > MOST_CUSTOM_PARTS:
        raise MetadataOverLimit(place=f"{NAME} {RELATIONSHIPS}", **why("关系过多", "too many relationships"))
    is_strict = any(one.attributes.get("Type") == _STRICT_MAIN for one in relations)
    names = tuple(dict.fromkeys(package.name(target) or target for target in targets))
    return CustomParts(names or (package.name(CUSTOM_PART) or CUSTOM_PART,), bool(names), is_strict)


def custom_parts_left(package: Package) -> tuple[CustomParts, MediaError | None]:
    """As `custom_parts`, of a file that may be damaged, with what is wrong instead of an error."""
    try:
        return custom_parts(package), None
    except MediaError as damage:
        return CustomParts((CUSTOM_PART,), is_related=True, is_strict=False), damage


def is_signed(package: Package) -> bool:
    """Whether the package bears a digital signature (ISO/IEC 29500-2, 10); one for macros alone does not count."""
    if any(_ORIGIN.fullmatch(name) is None for name in package.under(_SIGNATURES)):
        return True
    types = package.document(CONTENT_TYPES)
    return any(one.attributes.get("ContentType") == _SIGNATURE_TYPE for one in types.root.all(_TYPES, "Override"))


def registered(package: Package, parts: CustomParts) -> dict[str, bytes]:
    """The parts that must change so that the first of the custom parts is referred to and has its content type."""
    changes = {}
    types = package.document(CONTENT_TYPES)
    edit = type_edit(types, parts.names[0], CUSTOM_TYPE)
    if edit:
        changes[package.name(CONTENT_TYPES) or CONTENT_TYPES] = types.edited([edit])
    if not parts.is_related:
        relations = package.document(RELATIONSHIPS)
        _, new = relation_edit(relations, CUSTOM_RELATIONS[parts.is_strict], CUSTOM_PART)
        changes[package.name(RELATIONSHIPS) or RELATIONSHIPS] = relations.edited([new])
    return changes


def type_edit(types: Document, part: str, content_type: str) -> markup.Edit | None:
    """What makes the part one of this content type, or nothing where it is."""
    known = [one for one in types.root.all(_TYPES, "Override") if _is_part(one.attributes.get("PartName", ""), part)]
    if known and known[0].attributes.get("ContentType") == content_type:
        return None
    tag = f"{types.prefix(types.root)}Override"
    new = f'<{tag} PartName="/{escaped(part)}" ContentType="{content_type}"/>'
    return types.replaced(known[0], new) if known else types.appended(types.root, new)


def _is_part(written: str, part: str) -> bool:
    return unquote(written).lower() == f"/{part}".lower()


def relation_edit(relations: Document, kind: str, target: str) -> tuple[str, markup.Edit]:
    """A further relationship: its identifier, which no other has, and how it is written."""
    used = {one.attributes.get("Id") for one in relations.root.all(_RELATIONS, "Relationship")}
    key = next(f"rId{number}" for number in range(1, len(used) + 2) if f"rId{number}" not in used)
    tag = f"{relations.prefix(relations.root)}Relationship"
    new = f'<{tag} Id="{key}" Type="{kind}" Target="{escaped(target)}"/>'
    return key, relations.appended(relations.root, new)


def new_relations() -> Document:
    """The relationships of a part that has none yet."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'  # as Office itself begins a part
    root = f'<Relationships xmlns="{_RELATIONS}"></Relationships>'
    return markup.parse((head + root).encode(), NAME, RELATIONSHIPS)


def _relations(relations: Document) -> Iterator[Element]:
    return relations.root.all(_RELATIONS, "Relationship")


@dataclass(frozen=True, slots=True)
class Relation:
    """One relationship: its identifier, its type, and the part that it leads to (external: none of the package)."""

    key: str
    kind: str
    target: str
    is_external: bool

    @property
    def name(self) -> str:
        """The last segment of the type, which transitional and strict documents have in common."""
        return self.kind.rpartition("/")[2]


def related(relations: Document, source: str = "") -> list[Relation]:
    """The relationships of a part, or of the package itself (ISO/IEC 29500-2, 6.5.3)."""
    return [
        Relation(
            one.attributes.get("Id", ""),
            one.attributes.get("Type", ""),
            _target(one, source),
            one.attributes.get("TargetMode") == "External",
        )
        for one in _relations(relations)
    ]


def relationships_of(part: str) -> str:
    """The name of the part that holds the relationships of a part (ISO/IEC 29500-2, 6.5.4)."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels".lstrip("/")


def _target(relation: Element, source: str = "") -> str:
    """The part that a relationship of a part, or of the package itself, leads to (ISO/IEC 29500-2, 6.4)."""
    folder = source.rpartition("/")[0]
    return normpath(join("/" + folder, unquote(relation.attributes.get("Target", "")))).lstrip("/")
