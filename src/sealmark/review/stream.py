"""The exact hold-back of streamed text: nothing of a blocked match is ever released, and nothing else is held.

Held is the text from the earliest live prefix on (a beginning of a term that may still be completed). When a
blocking finding ends, what has been released in total is the text before the earliest start of any match that
ends there and any live prefix there, however the text was cut (Article 10).
"""

from bisect import bisect_right

from sealmark.review.errors import StreamFinished
from sealmark.review.escapes import Unescaper
from sealmark.review.fold import fold_piece, origins, start_of_tail
from sealmark.review.lexicon import Finding, Library

_Hit = tuple[int, int, int]  # start and end in the compact text, index into the library's terms


class StreamReviewer:
    """Reviews one field of one streamed answer; `feed` returns what may be released now.

    With `json_escaped` the field is the text of a JSON value in fragments: escapes are undone for the review,
    what is released is the text as it came, and spans are positions in that raw text.
    """

    def __init__(self, library: Library, *, json_escaped: bool = False) -> None:
        self.library = library
        self.findings: list[Finding] = []
        self.blocked: Finding | None = None
        self.released = 0  # characters of the field as it came
        self.finished = False
        self._find = library.automaton.find_overlapping
        self._live = library.prefixes.start
        self._escapes = Unescaper() if json_escaped else None
        self._tail = ""  # the compact text from the earliest live prefix on
        self._held: list[str] = []  # the pieces of the original text that `_tail` comes from
        self._lead = 0  # compact characters of the first held code point that come before `_tail`
        self._skips = 0  # skip symbols in a row at the end of what was seen

    def feed(self, text: str) -> str:
        """Review the next piece; returns the text that may be released now, '' once blocked."""
        if self.blocked is not None:
            return ""
        if self.finished:
            raise StreamFinished
        return self._release(self._admit(self._escapes.feed(text) if self._escapes else text))

    def finish(self) -> str:
        """The field is complete: returns what was still held, or '' if it was blocked, now or before."""
        if self.finished or self.blocked is not None:
            self.finished = True
            return ""
        self.finished = True
        passed = self._admit(self._escapes.finish()) if self._escapes else ""
        return self._release(passed if self.blocked is not None else passed + self._let_go())

    def _admit(self, piece: str) -> str:
        """The reviewed characters that `piece` sets free."""
        before, tail = self._skips, self._tail
        compact, self._skips = fold_piece(piece, before)
        compact = tail + compact
        if len(compact) > len(tail):
            hits = self._find(compact)
            if hits and hits[-1][1] > len(tail):
                return self._judge(piece, compact, [hit for hit in hits if hit[1] > len(tail)], before)
        return self._hold(piece, compact)

    def _hold(self, piece: str, compact: str) -> str:
        """Hold from the earliest live prefix on, and let the text before it go."""
        live = self._live(compact)
        self._held.append(piece)
        if live == len(compact):
            self._tail = ""
            return self._let_go()
        if live == 0 and self._tail:
            self._tail = compact
            return ""
        text = "".join(self._held)
        start, self._lead = start_of_tail(text, len(compact) - live)
        self._held, self._tail = [text[start:]], compact[live:]
        return text[:start]

    def _let_go(self) -> str:
        text = "".join(self._held)
        self._held.clear()
        self._lead = 0
        return text

    def _judge(self, piece: str, compact: str, hits: list[_Hit], skips: int) -> str:
        """Record the findings, and stop at the earliest end of a blocking one."""
        text = "".join([*self._held, piece])
        places = origins(text, skips=0 if self._held else skips)[self._lead :]
        stop = self._first_blocking(hits, places)
        if stop is None:
            self._record(hits, places)
            return self._hold(piece, compact)
        self._record([hit for hit in hits if places[hit[1] - 1] <= stop], places)
        self.blocked = next(finding for finding in self.findings if finding.severity == "block")
        cut = self._cut(compact, hits, places, stop)
        self._held.clear()
        return text[:cut]

    def _first_blocking(self, hits: list[_Hit], places: list[int]) -> int | None:
        """The position of the code point at which the first blocking match ends."""
        ends = (
            places[end - 1]
            for _, end, term in hits
            if any(entry.severity == "block" for entry in self.library.entries[term])
        )
        return min(ends, default=None)

    def _cut(self, compact: str, hits: list[_Hit], places: list[int], stop: int) -> int:
        """The earliest start of the matches that end at `stop` and of the prefixes that live there."""
        starts = [places[start] for start, end, _ in hits if places[end - 1] == stop]
        seen = compact[: bisect_right(places, stop)]
        live = self._live(seen)
        return min(starts + places[live : len(seen)][:1])

    def _record(self, hits: list[_Hit], places: list[int]) -> None:
        place = self._in_field
        matches = ((term, place(places[start]), place(places[end - 1] + 1)) for start, end, term in hits)
        self.findings.extend(self.library.report(matches))

    def _in_field(self, position: int) -> int:
        """A position in the held text as a position in the field as it came."""
        return self.released + (self._escapes.measure(position) if self._escapes else position)

    def _release(self, passed: str) -> str:
        text = self._escapes.take(len(passed)) if self._escapes else passed
        self.released += len(text)
        return text
