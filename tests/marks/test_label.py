"""The label is exactly what Annex E of GB 45438 says, in order, and nothing else is taken for one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.marks.errors import BadLabel
from sealmark.marks.label import KEYS, REHEARSAL_CODE, Label, Tier, production_id

# Any text that a label may carry: no controls, no surrogates, nothing that XML cannot hold.
VALUES = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=40)
LABELS = st.builds(Label, st.sampled_from(list(Tier)), VALUES, VALUES, VALUES, VALUES, VALUES, VALUES)


@given(LABELS)
def test_inner_and_wrapped_json_read_back(label: Label) -> None:
    """Both serialisations give the same label back."""
    assert Label.parse(label.inner()) == Label.parse(label.wrapped()) == label


@given(LABELS)
def test_json_is_compact_and_in_the_order_of_annex_e(label: Label) -> None:
    """Keys stand in Annex E's order, and every value is a string."""
    inner = json.loads(label.inner())
    assert tuple(inner) == KEYS
    assert all(isinstance(value, str) for value in inner.values())
    assert label.wrapped() == f'{{"AIGC":{label.inner()}}}'


def test_first_write_is_byte_for_byte_that_of_annex_e() -> None:
    """Annex E b), with note 1: on first write the propagator's fields repeat the producer's."""
    assert Label.first("001191000000REHEAR5ALG1DEMO", "A1").wrapped() == (
        '{"AIGC":{"Label":"1","ContentProducer":"001191000000REHEAR5ALG1DEMO","ProduceID":"A1","ReservedCode1":"",'
        '"ContentPropagator":"001191000000REHEAR5ALG1DEMO","PropagateID":"A1","ReservedCode2":""}}'
    )


@given(LABELS, VALUES, VALUES)
def test_propagation_changes_the_propagator_only(label: Label, by: str, number: str) -> None:
    """Measures Art. 10: another's producer fields, tier and security data stay as they are."""
    passed = label.propagated(by, number)
    assert list(passed.as_dict().items())[:4] == list(label.as_dict().items())[:4]
    assert (passed.content_propagator, passed.propagate_id, passed.reserved_code2) == (by, number, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"1"',
        "{}",
        '{"AIGC":"1"}',
        '{"AIGC":[]}',
        '{"Label":1}',
        '{"Label":"4"}',
        '{"Label":"AIGC"}',
        '{"Label":""}',
        '{"Label":null}',
        '{"ContentProducer":"x"}',
        '{"Label":"1","Label":"3"}',
        '{"AIGC":{"Label":"1"},"AIGC":{"Label":"3"}}',
        '{"Label":"1","ProduceID":7}',
        '{"Label":"1","ProduceID":"a\\u0000"}',
        '{"Label":"1","ProduceID":"a\\nb"}',
        '{"Label":"1","ProduceID":"\\ud800"}',
        '{"Label":"1","ProduceID":"\\uffff"}',
        '{"Label":"1"',
        "[" * 60000,
        '{"AIGC":' * 8000,
        '{"Label":"1","ProduceID":"' + "x" * 8193 + '"}',
        " " * 70000 + '{"Label":"1"}',
    ],
)
def test_what_breaks_a_value_rule_is_no_label(text: str) -> None:
    """Numbers for strings, unknown tiers, keys that stand twice, controls, bombs: one domain error for all."""
    with pytest.raises(BadLabel) as caught:
        Label.parse(text)
    assert caught.value.article == 16


@given(st.text(max_size=100))
def test_any_text_gives_a_label_or_a_domain_error(text: str) -> None:
    """No text brings the parser down, and what it takes for a label has a known tier."""
    try:
        label = Label.parse(text)
    except BadLabel:
        return
    assert label.tier in Tier


def test_missing_elements_and_unusual_characters_are_warned_of() -> None:
    """Foreign labels break 6.1 a) and Annex E j) often: they read, and the warnings say where."""
    said = Label.parse('{"Label":"2","ContentProducer":"某公司 A","ProduceID":"x\\\\y"}').warnings()
    assert [line.en.split()[0] for line in said] == ["ContentProducer", "ProduceID", "ContentPropagator", "PropagateID"]
    assert all(line.zh != line.en for line in said)
    assert Label.first(REHEARSAL_CODE, production_id(5)).warnings() == ()


@pytest.mark.parametrize(("producer", "number"), [("", "1"), ("x", ""), ("a\nb", "1")])
def test_own_label_needs_producer_and_number(producer: str, number: str) -> None:
    """What we write ourselves is never without the elements of 6.1 a)."""
    with pytest.raises(BadLabel):
        Label.first(producer, number)


@given(st.integers(0, (1 << 48) - 1))
def test_production_numbers_fit_a_watermark(number: int) -> None:
    """Twelve hexadecimal digits hold any number below 2^48; rehearsal is recognisable."""
    assert int(production_id(number), 16) == number
    assert production_id(number, rehearsal=True) == "R" + production_id(number)
    assert len(production_id(number)) == 12


@pytest.mark.parametrize("number", [-1, 1 << 48])
def test_production_number_out_of_range_is_refused(number: int) -> None:
    """A number that no watermark can hold is never written."""
    with pytest.raises(BadLabel):
        production_id(number)


@pytest.mark.parametrize("tier", [Tier.MAY_BE, Tier.SUSPECTED])
def test_a_platform_labels_what_bears_no_label(tier: Tier) -> None:
    """Measures Art. 6(2), (3): attribute, platform, number; the producer is unknown, which is no fault of the label."""
    label = Label.detected("001191000000REHEAR5ALG2DEMO", "P1", tier)
    assert list(label.as_dict().values()) == [tier, "", "", "", "001191000000REHEAR5ALG2DEMO", "P1", ""]
    assert label.anonymous
    assert label.warnings() == ()
    assert Label.parse(label.inner()) == label


def test_a_platform_never_says_that_an_item_is_generated() -> None:
    """Only an item's own label says so (Measures Art. 6(1)), and a platform names itself and its number."""
    for parts in (("code", "P1", Tier.IS), ("", "P1", Tier.MAY_BE), ("code", "", Tier.SUSPECTED)):
        with pytest.raises(BadLabel):
            Label.detected(*parts)


def test_an_empty_producer_is_a_fault_of_every_other_label() -> None:
    """6.1 a) asks for the producer where the label says that an item is generated, and for a propagator always."""
    found = [
        [note.code for note in Label(tier, "", number, "", passer, passed).warnings()]
        for tier, number, passer, passed in (
            (Tier.IS, "", "p", "1"),
            (Tier.MAY_BE, "", "", "1"),
            (Tier.MAY_BE, "n", "p", "1"),
        )
    ]
    assert [len(codes) for codes in found] == [2, 3, 1]
