"""Article 10: the review of what goes in and what comes out, by a feature library, streams included."""

from sealmark.review.decision import (
    UNREVIEWED,
    Decision,
    Review,
    decide,
    review_streams,
    review_texts,
)
from sealmark.review.fold import fold, fold_plain
from sealmark.review.lexicon import Entry, Finding, Library
from sealmark.review.seed import risks, seed_library
from sealmark.review.stream import StreamReviewer

__all__ = [
    "UNREVIEWED",
    "Decision",
    "Entry",
    "Finding",
    "Library",
    "Review",
    "StreamReviewer",
    "decide",
    "fold",
    "fold_plain",
    "review_streams",
    "review_texts",
    "risks",
    "seed_library",
]
