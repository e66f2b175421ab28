"""The provider code follows the coding rules, down to the check character of GB 32100."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.marks.errors import BadProviderCode
from sealmark.marks.provider_code import REHEARSAL_CODE, ProviderCode, is_uscc, uscc_check

DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Formally sound and invented: no district has the number 000000.
STEMS = st.builds("{}000000{}".format, st.text(DIGITS, min_size=2, max_size=2), st.text(DIGITS, min_size=9, max_size=9))


@given(STEMS, st.sampled_from(["1", "2"]), st.from_regex(r"\A[0-9A-Z]{4}\Z"))
def test_code_and_parts_round_trip(stem: str, service: str, app: str) -> None:
    """27 characters: 00, organisation bound by credit code, service, the provider's own four."""
    uscc = stem + uscc_check(stem)
    code = ProviderCode.of(uscc, service, app)  # type: ignore[arg-type]  # drawn from the literals
    assert str(code) == f"0011{uscc}{service}{app}"
    assert len(str(code)) == 27
    assert ProviderCode.parse(str(code)) == code


@given(STEMS, st.integers(0, 16), st.sampled_from(DIGITS))
def test_any_single_wrong_character_is_noticed(stem: str, place: int, other: str) -> None:
    """GB 32100's check character catches every single substitution."""
    changed = stem[:place] + other + stem[place + 1 :]
    assert is_uscc(changed + uscc_check(stem)) == (changed == stem) if changed[2:8].isdigit() else True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 27,
        str(REHEARSAL_CODE)[:-1],
        str(REHEARSAL_CODE) + "0",
        str(REHEARSAL_CODE).lower(),
        "01" + str(REHEARSAL_CODE)[2:],
        str(REHEARSAL_CODE)[:21] + "0" + str(REHEARSAL_CODE)[22:],
        str(REHEARSAL_CODE)[:22] + "3DEMO",
        str(REHEARSAL_CODE)[:22] + "0DEMO",
        str(REHEARSAL_CODE) + "\n",
    ],
)
def test_unsound_code_is_refused(text: str) -> None:
    """Wrong length, case, prefix, check character or service type: one domain error."""
    with pytest.raises(BadProviderCode):
        ProviderCode.parse(text)


def test_code_without_service_extension_ends_in_five_zeros() -> None:
    """Positions 23 to 27 are 00000 where no extension is used."""
    code = ProviderCode.parse(str(REHEARSAL_CODE)[:22] + "00000")
    assert (code.service, code.app) == ("0", "0000")


def test_subject_of_another_kind_is_checked_for_its_form_only() -> None:
    """The coding of individuals is not published: a code that is not ours to judge is not refused."""
    assert ProviderCode.parse("0021" + "0" * 18 + "1A001").service == "1"


def test_rehearsal_code_is_sound_and_recognisably_invented() -> None:
    """It passes every check and cannot be anyone's: its district does not exist."""
    assert ProviderCode.parse(str(REHEARSAL_CODE)) == REHEARSAL_CODE
    assert is_uscc(REHEARSAL_CODE.subject[2:])
    assert REHEARSAL_CODE.subject[4:10] == "000000"
    assert "REHEAR5AL" in str(REHEARSAL_CODE)


@given(STEMS, st.sampled_from(["1", "2"]), st.from_regex(r"\A[0-9A-Z]{4}\Z"))
def test_the_code_for_passing_on_differs_at_position_23_only(stem: str, service: str, app: str) -> None:
    """Service type 2 is propagation; the subject and the provider's own four stay."""
    code = ProviderCode.of(stem + uscc_check(stem), service, app)  # type: ignore[arg-type]  # drawn from the literals
    passing = str(code.propagating)
    assert passing[22] == "2"
    assert passing[:22] + passing[23:] == str(code)[:22] + str(code)[23:]


def test_a_code_without_service_extension_serves_both() -> None:
    """Positions 23-27 are 00000 where no extension is used: then the code is the same."""
    code = ProviderCode.parse(str(REHEARSAL_CODE)[:22] + "00000")
    assert code.propagating == code
