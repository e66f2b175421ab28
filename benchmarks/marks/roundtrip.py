"""A label written into every file of the corpus, read back, and nothing else changed, as other decoders see it."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.marks.corpus import CORPUS, LEAST, made
from benchmarks.marks.kept import INSERTED, KEPT, is_inserted
from benchmarks.measure import markdown
from sealmark import media
from sealmark.marks import marker, metadata
from sealmark.marks.label import Label
from sealmark.marks.verifier import verify

LABEL = Label.first("001191000000REHEAR5ALG1DEMO", "R0123456789AB", reserved_code1="""it's "q" & <t> 深印""")
SHORT = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
_BESIDE = "every byte, behind the written mark; the label is a sidecar"


@dataclass(frozen=True, slots=True)
class Trip:
    """What came of one file; `fault` is empty where it went well."""

    form: str
    key: str
    fault: str


def trips() -> Iterator[Trip]:
    """Every file of the corpus, marked."""
    for form, makers in CORPUS.items():
        if len(makers) < LEAST:
            yield Trip(form, "the corpus", f"{len(makers)} files only")
        for key in makers:
            yield Trip(form, key, _fault(form, made(form, key)))


def label_for(form: str) -> Label:
    """The label that is written: a short one where a header has little room."""
    return SHORT if form == "stl" else LABEL


def marked(form: str, data: bytes) -> marker.Marked:
    """The file with its label."""
    return marker.mark(data, label_for(form), layers=("metadata",), name=_name(form))


def _name(form: str) -> str | None:
    """Kinds of text are told apart by their names."""
    return f"a.{media.by_name(form).extension}" if media.by_name(form).textual else None


def _fault(form: str, data: bytes) -> str:
    try:
        done = marked(form, data)
        if form == "text":
            return _beside(data, done)
        return _unread(form, done.data) or _changed(form, data, done.data)
    except Exception as error:  # whatever fails is counted, and named
        return f"{type(error).__name__}: {error}"


def _unread(form: str, data: bytes) -> str:
    """Exactly one label is there, in the main channel, and the verdict rests on it."""
    found = [(one.label, one.main) for one in metadata.read(data, media.sniff(data, _name(form)))]
    if found != [(label_for(form), True)]:
        return f"{len(found)} labels read"
    verdict = verify(data, name=_name(form))
    return "" if (verdict.tier, verdict.label) == ("is", label_for(form)) else f"the verdict is {verdict.tier}"


def _changed(form: str, before: bytes, after: bytes) -> str:
    kept = KEPT.get(form)
    same = is_inserted(before, after) if kept is None else kept.seen(before) == kept.seen(after)
    return "" if same else "something else changed"


def _beside(data: bytes, done: marker.Marked) -> str:
    if Label.parse(done.sidecar or "{}") != LABEL:
        return "no label in the sidecar"
    return "" if is_inserted(data, done.data) else "the words changed"


def table(found: list[Trip]) -> str:
    """Files and how many passed, by format, and what was compared."""
    rows = []
    for form in CORPUS:
        ones = [one for one in found if one.form == form]
        passed = sum(not one.fault for one in ones)
        words = _BESIDE if form == "text" else KEPT[form].words if form in KEPT else INSERTED
        rows.append((f"`{form}`", str(len(ones)), str(passed), words))
    total, good = len(found), sum(not one.fault for one in found)
    rows.append(("**all**", str(total), f"**{good}**", f"{100 * good / total:.1f} %"))
    return markdown(("format", "files", "passed", "equal before and after"), rows)


def faults(found: list[Trip]) -> list[str]:
    """Those that did not pass, and why."""
    return [f"{one.form}, {one.key}: {one.fault}" for one in found if one.fault]
