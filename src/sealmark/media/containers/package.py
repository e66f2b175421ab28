"""A document that is a ZIP archive of parts: what OOXML, EPUB, OFD and ODF have in common."""

from collections.abc import Mapping
from dataclasses import dataclass

from sealmark.errors import why
from sealmark.media.containers import archive, archive_edit
from sealmark.media.containers.archive import Archive
from sealmark.media.errors import Damaged, MediaError
from sealmark.media.pieces import Pieces
from sealmark.media.text import markup
from sealmark.media.text.markup import Document


@dataclass(frozen=True, slots=True)
class Package:
    """The bytes of a document and the entries in them."""

    data: bytes
    archive: Archive

    @property
    def form(self) -> str:
        """What messages call the file."""
        return self.archive.form

    @property
    def tail(self) -> bytes:
        """The bytes behind the archive's end."""
        return self.data[self.archive.tail :]

    def name(self, part: str) -> str | None:
        """The part's name as the archive writes it, or nothing where there is no such part."""
        entry = self.archive.find(part)
        return entry.name if entry else None

    def under(self, folder: str) -> list[str]:
        """The names of the parts in a folder, in lower case."""
        names = (entry.name.lower() for entry in self.archive.entries)
        return [name for name in names if name.startswith(folder) and name != folder]

    def content(self, part: str, most: int = markup.LONGEST) -> bytes:
        """What a part holds, at most so many bytes; raises `Damaged` where it is missing or broken.

        Raises `MetadataOverLimit` where it is longer.
        """
        entry = self.archive.find(part)
        if entry is None:
            raise Damaged(format=self.form, **why(f"缺少 {part}", f"no {part}"))
        return archive.content(self.data, self.archive, entry, most)

    def document(self, part: str) -> Document:
        """The elements of an XML part; raises as `content` does."""
        return markup.parse(self.content(part), self.form, part)

    def edited(self, changes: Mapping[str, bytes]) -> Pieces:
        """The file with these parts changed or added; the others stay as their raw bytes."""
        return archive_edit.edit(self.data, self.archive, changes)


def parse(data: bytes, form: str) -> Package:
    """The parts of a whole document; raises `Damaged`, `EncryptedArchive`."""
    return Package(data, archive.parse(data, form))


def remains(data: bytes, form: str) -> tuple[Package, MediaError | None]:
    """The parts that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    left, damage = archive.remains(data, form)
    return Package(data, left), damage
