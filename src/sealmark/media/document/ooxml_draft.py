"""An Office Open XML package while it is edited: its parts by their relationships, and new parts with theirs."""

from posixpath import relpath

from sealmark.errors import why
from sealmark.media.containers.package import Package
from sealmark.media.document import ooxml
from sealmark.media.document.ooxml import CONTENT_TYPES, NAME, RELATIONSHIPS, Relation
from sealmark.media.errors import Damaged
from sealmark.media.pieces import Pieces
from sealmark.media.text import markup
from sealmark.media.text.markup import Document

# ISO/IEC 29500-1, table of namespaces in annex A: what relationships are called in transitional and strict parts.
RELATION = {
    False: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    True: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
DRAWING = {
    False: "http://schemas.openxmlformats.org/drawingml/2006/main",
    True: "http://purl.oclc.org/ooxml/drawingml/main",
}
STRICT = "http://purl.oclc.org/"
_MAIN = "officeDocument"


class Draft:
    """The parts of a package as they stand after what was changed so far; nothing is written before `pieces`."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._changes: dict[str, bytes] = {}

    def content(self, part: str) -> bytes:
        """What a part holds now; raises `Damaged` and `MetadataOverLimit`."""
        name = self.package.name(part) or part
        if name in self._changes:
            return self._changes[name]
        return self.package.content(name, markup.LONGEST_BODY)

    def document(self, part: str) -> Document:
        """The elements of a part as it is now; raises as `content` does."""
        return markup.parse(self.content(part), NAME, part)

    def put(self, part: str, content: bytes) -> None:
        """Give a part another content, or add one."""
        self._changes[self.package.name(part) or part] = content

    def pieces(self) -> Pieces:
        """The edited file."""
        return self.package.edited(self._changes)

    def is_changed(self) -> bool:
        """Whether any part was changed or added."""
        return bool(self._changes)

    def main(self) -> str:
        """The part at which the document begins; raises `Damaged`."""
        found = (one for one in self._relations(RELATIONSHIPS, "") if one.name == _MAIN and not one.is_external)
        part = next(found, None)
        if part is None:
            raise Damaged(format=NAME, **why("没有主文档部件", "no main part"))
        return self.package.name(part.target) or part.target

    def related(self, source: str) -> list[Relation]:
        """The relationships of a part, in order; raises `Damaged`."""
        return self._relations(ooxml.relationships_of(source), source)

    def part(self, source: str, key: str) -> str:
        """The part that a relationship of a part leads to; raises `Damaged` where it leads nowhere."""
        found = next((one for one in self.related(source) if one.key == key and not one.is_external), None)
        name = self.package.name(found.target) if found else None
        if found is None or (name is None and found.target not in self._changes):
            raise Damaged(format=NAME, **why(f"{source} 的关系 {key}", f"relationship {key} of {source}"))
        return name or found.target

    def add(self, source: str, kind: str, pattern: str, content: bytes, content_type: str) -> tuple[str, str]:
        """A new part that `source` refers to: the identifier of that relationship, and the part's name.

        `kind` is the relationship's type; `pattern` names the part, with `{}` for the lowest number that is free.
        """
        taken = {entry.name.lower() for entry in self.package.archive.entries} | {one.lower() for one in self._changes}
        free = (pattern.format(number) for number in range(1, len(taken) + 2))
        name = next(one for one in free if one.lower() not in taken)
        self.put(name, content)
        self._declare(name, content_type)
        return self._relate(source, kind, name), name

    def _relations(self, part: str, source: str) -> list[Relation]:
        if self.package.name(part) is None and part not in self._changes:
            return []
        return ooxml.related(self.document(part), source)

    def _relate(self, source: str, kind: str, target: str) -> str:
        part = ooxml.relationships_of(source)
        is_new = self.package.name(part) is None and part not in self._changes
        relations = ooxml.new_relations() if is_new else self.document(part)
        key, edit = ooxml.relation_edit(relations, kind, relpath(f"/{target}", f"/{source}/.."))
        self.put(part, relations.edited([edit]))
        return key

    def _declare(self, part: str, content_type: str) -> None:
        types = self.document(CONTENT_TYPES)
        edit = ooxml.type_edit(types, part, content_type)
        if edit:
            self.put(CONTENT_TYPES, types.edited([edit]))
