"""Labels in the XML parts of a document that is a ZIP archive."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from sealmark.errors import why
from sealmark.marks.metadata.found import MOST_PARTS, Found, Remains, gathered
from sealmark.media.containers.package import Package
from sealmark.media.errors import MediaError, MetadataOverLimit

Reader = Callable[[Package, str], Iterable[Found]]


def remains(package: Package, damage: MediaError | None, names: Iterable[str], read: Reader) -> Remains:
    """Every label in the parts of these names, as far as the document has them."""
    return gathered(names, lambda name: _few(package, name, read), damage, package.tail)


def _few(package: Package, name: str, read: Reader) -> Iterator[Found]:
    """The labels of a part, and no more than an honest one may hold."""
    rest = iter(read(package, name) if package.name(name) else ())
    yield from islice(rest, MOST_PARTS)
    if next(rest, None) is not None:
        raise MetadataOverLimit(place=name, **why("处数过多", "in too many places"))
