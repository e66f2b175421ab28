"""Decisions and their records: what was reviewed is said exactly, and no content is kept."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.review import (
    UNREVIEWED,
    Entry,
    Library,
    Review,
    StreamReviewer,
    decide,
    review_streams,
    review_texts,
    seed_library,
)
from sealmark.review.decision import Result

LIBRARY = Library.compile(
    [
        Entry("stop", "zorbifig", "A1.1", "block", "illegal", "第六条"),
        Entry("mind", "plonkberry", "A5.1", "note", "undesirable", "附录A.5"),
    ],
    "7",
)


@pytest.mark.parametrize(
    ("texts", "action", "result"),
    [
        ([("a", "hello"), ("b", "")], "release", "pass"),
        ([("a", "hello"), ("b", "a plonkberry")], "release", "note"),
        ([("a", "plonkberry"), ("b", "Z-O-R-B-I-F-I-G")], "refuse", "block"),
        ([], "refuse", "unreviewed"),
    ],
)
def test_what_is_done(texts: list[tuple[str, str]], action: str, result: str) -> None:
    """Only a blocking finding, or that nothing was seen, refuses."""
    decision = review_texts(LIBRARY, texts)
    (review,) = decision.reviews
    assert (decision.action, review.result) == (action, result)
    assert review.coverage == {"fields": len(texts), "characters": sum(len(text) for _, text in texts)}


def test_a_finding_names_its_field() -> None:
    """A person must be able to see where."""
    decision = review_texts(LIBRARY, [("messages.0", "fine"), ("messages.1", "no zorbifig")])
    assert [(item.field, item.start) for item in decision.findings] == [("messages.1", 3)]


def test_terms_do_not_reach_across_fields() -> None:
    """Two fields are two texts."""
    assert review_texts(LIBRARY, [("a", "zorbi"), ("b", "fig")]).action == "release"


@settings(deadline=None)
@given(st.lists(st.sampled_from(["zorbifig", "plonkberry", "secret words", "Z o r bifig"]), min_size=1))
def test_a_record_holds_no_content(parts: list[str]) -> None:
    """Entry ids, risks, counts, version and digest; no text, no field name, no position."""
    record = review_texts(LIBRARY, [("private.field", "。".join(parts))]).as_record()
    written = json.dumps(record)
    assert not any(word in written for word in ("zorbifig", "plonkberry", "secret", "private", "start"))
    assert sum(item["count"] for item in record["findings"]) == len([part for part in parts if "secret" not in part])
    assert record["reviews"][0]["version"] == f"7@sha256:{LIBRARY.digest}"


@pytest.mark.parametrize(
    ("reviewer", "version", "fields", "result"),
    [
        ("", "7", 1, "pass"),
        ("lexicon", "", 1, "pass"),
        ("lexicon", "7", 0, "pass"),
        ("lexicon", "7", 0, "note"),
        ("lexicon", "7", 1, "unreviewed"),
    ],
)
def test_a_review_has_a_result_only_if_it_was_made(reviewer: str, version: str, fields: int, result: Result) -> None:
    """Nothing is called reviewed that no named reviewer saw, and nothing seen is called unreviewed."""
    with pytest.raises(ValueError, match="review"):
        Review(reviewer, version, {"fields": fields, "characters": 0}, result)


def test_what_was_not_reviewed_is_refused_unless_rehearsal_allows_it() -> None:
    """Fail closed: the default refuses an unreviewed medium, and no reviews at all."""
    assert decide([], [UNREVIEWED]).action == "refuse"
    assert decide([], [UNREVIEWED], allow_unreviewed=True).action == "release"
    assert decide([], [], allow_unreviewed=True).action == "refuse"


def test_unreviewed_is_not_outweighed_by_a_pass() -> None:
    """Text beside an unseen image does not make the image seen."""
    seen = review_texts(LIBRARY, [("prompt", "hello")]).reviews
    assert decide([], [*seen, UNREVIEWED]).action == "refuse"


def test_streams_are_decided_like_texts() -> None:
    """The closing record of a stream says what was seen, and that it was stopped."""
    first, second = StreamReviewer(LIBRARY), StreamReviewer(LIBRARY, json_escaped=True)
    released = first.feed("all well") + first.finish()
    released += second.feed("no \\u007aorbi") + second.feed("fig more") + second.finish()
    decision = review_streams(LIBRARY, [("content", first), ("arguments", second)])
    assert released == "all wellno "
    assert (decision.action, decision.findings[0].field) == ("refuse", "arguments")
    assert decision.reviews[0].coverage == {"fields": 2, "characters": 11}


def test_a_review_is_frozen_and_hashable() -> None:
    """Decisions travel between stages and must not change on the way."""
    decision = review_texts(seed_library(), [("a", "hello")])
    with pytest.raises(AttributeError):
        decision.action = "refuse"  # type: ignore[misc]  # that it is frozen is the point
    assert hash(decision.reviews)
