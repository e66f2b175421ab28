"""Lines of a document that are a mark: the wording of anyone, by itself, with both elements (GB 45438 5.1)."""

from collections.abc import Iterable

from sealmark.errors import SealmarkError
from sealmark.marks.explicit import text
from sealmark.marks.finding import LayerFinding
from sealmark.media.errors import MediaError

LONGEST = 96  # code points: a line that is longer says more than a mark does


def is_mark(line: str) -> bool:
    """Whether a line says nothing but that this was generated; brackets and strokes around it do not count."""
    line = line.strip()
    if not 0 < len(line) <= LONGEST:
        return False
    traces = text.find(line)
    return bool(traces) and not any(map(str.isalnum, line[: traces[0].start] + line[traces[0].end :]))


def finding(places: Iterable[tuple[str, str]], damage: SealmarkError | None = None) -> LayerFinding:
    """What was found: places, each with the wording that stands there; or what is wrong with the file.

    Errors of `media` that the places raise count as damage, and hide nothing that was found before them.
    """
    found: dict[tuple[str, str], None] = {}
    try:
        for one in places:
            found[one] = None
    except MediaError as error:
        damage = damage or error
    return _said(found, damage)


def _said(found: Iterable[tuple[str, str]], damage: SealmarkError | None) -> LayerFinding:
    if found:
        words = "、".join(dict.fromkeys(words.strip() for _, words in found))
        zh, en = f"文档带有“{words}”字样的显式标识。", f"The document bears a visible mark that reads {words}."
        return LayerFinding("found", zh, en, ", ".join(dict.fromkeys(place for place, _ in found)))
    if damage is not None:
        return LayerFinding("damaged", damage.happened("zh"), damage.happened("en"))
    zh = "在本类文档应有显式标识的位置没有看到标识文字。"
    en = "No wording of a mark stands where documents of this kind bear it."
    return LayerFinding("none", zh, en)
