"""How often a visitor may ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.web.portal.allowance import CROWD, WINDOW, Allowance, visitor
from sealmark.web.portal.errors import TooManyVisits


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(allowance: Allowance, address: str) -> bool:
    try:
        allowance.spend(address)
    except TooManyVisits:
        return False
    return True


@given(st.integers(1, 5), st.lists(st.floats(0, 40), max_size=60))
def test_no_window_holds_more_than_the_allowance(per_minute: int, steps: list[float]) -> None:
    """Whatever the rhythm of asking, no minute ever holds more grants than were allowed."""
    clock = Clock()
    allowance, granted = Allowance(per_minute, clock=clock), []
    for step in steps:
        clock.now += step
        if allowed(allowance, "192.0.2.1"):
            granted.append(clock.now)
    assert all(sum(at < other <= at + WINDOW - 1e-6 for other in granted) < per_minute for at in granted)


@given(st.integers(1, 5), st.integers(1, 30))
def test_waiting_as_told_is_enough(per_minute: int, refusals: int) -> None:
    """Who waits as long as the refusal says is served; refusals themselves cost nothing."""
    clock = Clock()
    allowance = Allowance(per_minute, clock=clock)
    granted = [allowed(allowance, "192.0.2.1") for _ in range(per_minute + refusals)]
    assert granted == [True] * per_minute + [False] * refusals
    with pytest.raises(TooManyVisits) as refused:
        allowance.spend("192.0.2.1")
    clock.now += float(str(refused.value.details["wait"]))
    allowance.spend("192.0.2.1")


def test_one_visitor_does_not_use_up_anothers_allowance() -> None:
    """Addresses are counted apart."""
    allowance = Allowance(1, clock=Clock())
    allowance.spend("192.0.2.1")
    assert not allowed(allowance, "192.0.2.1")
    assert allowed(allowance, "192.0.2.2")


def test_memory_is_bounded_and_a_flood_of_addresses_buys_nothing() -> None:
    """Beyond the most visitors that are kept apart, newcomers share one allowance."""
    allowance = Allowance(2, visitors=10, clock=Clock())
    served = sum(allowed(allowance, f"198.51.{high}.{low}") for high in range(4) for low in range(250))
    assert served == 10 + 2
    assert len(allowance) == 11


def test_the_crowd_thins_when_its_window_has_passed() -> None:
    """Visitors who have not asked for a minute make room for others."""
    clock = Clock()
    allowance = Allowance(1, visitors=2, clock=clock)
    assert [allowed(allowance, f"192.0.2.{n}") for n in range(1, 5)] == [True, True, True, False]
    clock.now += WINDOW + 1
    assert [allowed(allowance, f"192.0.2.{n}") for n in range(5, 7)] == [True, True]


def test_an_ipv6_visitor_is_a_network() -> None:
    """Changing the lower half of an IPv6 address makes nobody a newcomer; a mapped IPv4 address is that address."""
    assert visitor("2001:db8:1:2::1") == visitor("2001:db8:1:2:ffff::9") != visitor("2001:db8:1:3::1")
    assert visitor("::ffff:192.0.2.1") == visitor("192.0.2.1")
    assert visitor("") == visitor("not an address") == CROWD
