"""What a review says, and what is done: the record that Article 10 wants kept, without any content."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypedDict

from sealmark.review.lexicon import Finding, Library
from sealmark.review.stream import StreamReviewer

Result = Literal["pass", "block", "note", "unreviewed"]
Action = Literal["release", "refuse"]

LEXICON = "lexicon"


class Coverage(TypedDict):
    """What the reviewer saw: how many fields, how many characters in all."""

    fields: int
    characters: int


@dataclass(frozen=True, slots=True)
class Review:
    """One reviewer's review of one set of fields; anything but "unreviewed" means that it was made."""

    reviewer: str
    version: str
    coverage: Coverage = field(hash=False)
    result: Result

    def __post_init__(self) -> None:
        made = bool(self.reviewer and self.version and self.coverage["fields"] > 0)
        if made != (self.result != "unreviewed"):
            raise ValueError("a review has a result exactly when a reviewer saw a field")

    def as_record(self) -> dict[str, Any]:
        """For the ledger: JSON-able, no content."""
        return {
            "reviewer": self.reviewer,
            "version": self.version,
            "coverage": dict(self.coverage),
            "result": self.result,
        }


UNREVIEWED = Review("", "", {"fields": 0, "characters": 0}, "unreviewed")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was done with what was reviewed, and why."""

    action: Action
    findings: tuple[Finding, ...]
    reviews: tuple[Review, ...]

    def as_record(self) -> dict[str, Any]:
        """For the ledger: entry ids, risks and counts; no matched text, no field, no position."""
        return {
            "action": self.action,
            "findings": _counted(self.findings),
            "reviews": [review.as_record() for review in self.reviews],
        }


def decide(findings: Iterable[Finding], reviews: Iterable[Review], *, allow_unreviewed: bool = False) -> Decision:
    """Release only what every review let through; what was not reviewed only where rehearsal allows it."""
    findings, reviews = tuple(findings), tuple(reviews)
    barred = {"block"} if allow_unreviewed else {"block", "unreviewed"}
    blocked = any(finding.severity == "block" for finding in findings)
    if blocked or not reviews or any(review.result in barred for review in reviews):
        return Decision("refuse", findings, reviews)
    return Decision("release", findings, reviews)


def review_texts(library: Library, texts: Sequence[tuple[str, str]]) -> Decision:
    """Review every (field name, text) by `library`; each finding names its field.

    Without any field nothing was reviewed, and the decision is to refuse.
    """
    findings = tuple(replace(finding, field=name) for name, text in texts for finding in library.scan(text))
    characters = sum(len(text) for _, text in texts)
    return decide(findings, [_review(library, len(texts), characters, findings)])


def review_streams(library: Library, streams: Sequence[tuple[str, StreamReviewer]]) -> Decision:
    """The decision about (field name, reviewer) pairs of one streamed answer, for its closing record.

    A stream that broke off counts as seen as far as it was released; what was held was dropped unjudged.
    """
    findings = tuple(replace(finding, field=name) for name, stream in streams for finding in stream.findings)
    characters = sum(stream.released for _, stream in streams)
    return decide(findings, [_review(library, len(streams), characters, findings)])


def _review(library: Library, fields: int, characters: int, findings: Sequence[Finding]) -> Review:
    if not fields:
        return UNREVIEWED
    version = f"{library.version}@sha256:{library.digest}"
    return Review(LEXICON, version, {"fields": fields, "characters": characters}, _result(findings))


def _result(findings: Sequence[Finding]) -> Result:
    if not findings:
        return "pass"
    return "block" if any(finding.severity == "block" for finding in findings) else "note"


def _counted(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    counts = Counter((item.entry_id, item.risk, item.severity, item.kind) for item in findings)
    return [
        {"entry": entry, "risk": risk, "severity": severity, "kind": kind, "count": count}
        for (entry, risk, severity, kind), count in sorted(counts.items())
    ]
