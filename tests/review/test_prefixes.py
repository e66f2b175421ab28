"""Live prefixes: the place from which a text may still grow into a term."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.review.prefixes import Prefixes

words = st.text("ab", min_size=1, max_size=7)


@settings(max_examples=500, deadline=None)
@given(st.lists(words, unique=True, max_size=8), st.text("abc", max_size=12))
def test_the_earliest_live_prefix_is_found(terms: list[str], text: str) -> None:
    """The first position whose rest some longer term begins with; a whole term is no live prefix of itself."""
    live = [
        position
        for position in range(len(text))
        if any(term.startswith(text[position:]) and len(term) > len(text) - position for term in terms)
    ]
    assert Prefixes(sorted(terms)).start(text) == min(live, default=len(text))
