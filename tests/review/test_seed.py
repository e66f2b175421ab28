"""What comes with the room: 31 risk classes, each with invented terms."""

import unicodedata
from collections import Counter

from sealmark.review import StreamReviewer, risks, seed_library


def test_there_are_31_risks_in_five_groups() -> None:
    """TC260-003: eight, nine, five, seven and two."""
    groups = Counter(risk.id.split(".")[0] for risk in risks())
    assert groups == {"A1": 8, "A2": 9, "A3": 5, "A4": 7, "A5": 2}
    assert all(risk.zh and risk.en for risk in risks())


def test_every_risk_has_a_chinese_and_a_latin_term() -> None:
    """So that each class can be tried in both scripts."""
    scripts: dict[str, set[bool]] = {}
    for entry in (entry for group in seed_library().entries for entry in group):
        scripts.setdefault(entry.risk, set()).add(entry.term.isascii())
    assert scripts == {risk.id: {True, False} for risk in risks()}


def test_no_seed_term_can_occur_by_accident_or_in_another() -> None:
    """Invented words are long enough, and none is a part of another."""
    terms = seed_library().terms
    assert all(len(term) >= (8 if term.isascii() else 4) for term in terms)
    assert not [(one, other) for one in terms for other in terms if one != other and one in other]


def test_every_seed_term_is_found_in_its_disguise() -> None:
    """Upper case, full width, spaced and streamed: each entry finds its own term."""
    library = seed_library()
    for (entry,) in library.entries:
        wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in entry.term.upper())
        text = f"见:{' '.join(unicodedata.normalize('NFD', wide))}。"
        reviewer = StreamReviewer(library)
        released = "".join(map(reviewer.feed, text)) + reviewer.finish()
        assert [item.entry_id for item in library.scan(text)] == [entry.id]
        assert released == ("见:" if entry.severity == "block" else text)
