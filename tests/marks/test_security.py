"""A label's signature is the guide's, holds for that label only, and is never believed further than it reaches."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.marks import note, security
from sealmark.marks.errors import BadLabel, NotSigned
from sealmark.marks.keys import KnownKeys, PublicKey, SigningKey
from sealmark.marks.label import Label, Tier
from sealmark.marks.security import examine, message, signed

from .test_label import LABELS
from .test_sm2 import SECRET

KEY = SigningKey.of(SECRET)
OTHER = SigningKey.of(SECRET + 1)
LABEL = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
SIGNED = signed(LABEL, KEY)
KNOWN = KnownKeys({LABEL.content_producer: (KEY.public_key,)})
NOBODY = KnownKeys()

# Labels of two reports that a provider published in August 2025: Label and ContentProducer are the same in both.
PROVIDER = "001191310104MACE0YX63918020"
PROVIDER_KEY = (
    "3059301306072A8648CE3D020106082A811CCF5501822D034200045728F08C58D9C72150A705693EF7337859F8FF216E802630041AFAE5C0"
    "36F0A67CB1FDF8C57F5F8B623284AE09E4E545464B7140B26BBDA51BAE965F854C57AA"
)
PUBLISHED = {
    "142569260085903360": "3046022100AE6B84B3342128AE301A597596FCD9EECF3EA0FC2DB6C250BAF234E167298E9002210097223ABB647B"
    "786A90D0A1B93CB9382EA879563B2C7F025FA006BE16AE926C14",
    "147392816552226816": "3045022100E816A5872275AE5414E7E0FD3D9B2C30F7B7FD68609D6486A38DF7CFAA1417B902201A510FBBE5081"
    "9BAFF1FCC7B8527FF23CD40447D41A6776E6BCF1F773AE0DBBC",
}


def _published(number: str, signature: str) -> Label:
    """The label as it stands in the report, from its own JSON."""
    text = (
        '{"SecurityData":{"Type":"TC260PG","Version":1,"PubSD":[{"Type":"DS","AlgID":"1.2.156.10197.1.501",'
        f'"TBSData":{{"Type":"LabelMataData"}},"Signature":"{signature}"}},{{"Type":"PubKey",'
        f'"AlgID":"1.2.156.10197.1.501","KeyValue":"{PROVIDER_KEY}"}}]}}}}'
    )
    return Label.first(PROVIDER, number, reserved_code1=text)


def _with(**changes: Any) -> Label:
    """The signed label, its SecurityData changed: `DS` and `PubKey` name the entries, other names its own keys."""
    data = json.loads(SIGNED.reserved_code1)
    body = data["SecurityData"]
    body["PubSD"] = [entry | changes.pop(entry["Type"], {}) for entry in body["PubSD"]]
    body.update(changes)
    return replace(SIGNED, reserved_code1=json.dumps(data))


def test_security_data_is_byte_for_byte_the_guides() -> None:
    """TC260-PG-202511A: the string that goes into ReservedCode1, and what Appendix A.1 signs."""
    text = b'"Label":"1","ContentProducer":"001191000000REHEAR5ALG1DEMO","ProduceID":"A1"'
    assert message(LABEL) == text
    assert SIGNED.reserved_code1 == (
        '{"SecurityData":{"Type":"TC260PG","Version":1,"PubSD":[{"Type":"DS","AlgID":"1.2.156.10197.1.501",'
        f'"TBSData":{{"Type":"Md"}},"Signature":"{KEY.sign(text).hex()}"}},{{"Type":"PubKey",'
        f'"AlgID":"1.2.156.10197.1.501","KeyValue":"{KEY.public_key.hex()}"}}]}}}}'
    )
    assert replace(LABEL, reserved_code1=SIGNED.reserved_code1) == SIGNED
    assert SIGNED.warnings() == ()


@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        (KNOWN, "valid"),
        (KnownKeys({LABEL.content_producer: (OTHER.public_key, KEY.public_key)}), "valid"),
        (NOBODY, "unknown_key"),
        (KnownKeys({"somebody else": (KEY.public_key,)}), "unknown_key"),
        (KnownKeys({LABEL.content_producer: (OTHER.public_key,)}), "untrusted_key"),
    ],
)
def test_a_sound_signature_is_worth_what_is_known_of_its_key(known: KnownKeys, outcome: str) -> None:
    """Whose key it is, only the caller's mapping says; the label brings along any key it likes."""
    found = examine(SIGNED, known)
    assert (found.outcome, found.key, found.whole) == (outcome, KEY.public_key, True)
    assert found.fails == (outcome == "untrusted_key")


@settings(max_examples=25, deadline=None)
@given(LABELS)
def test_every_label_can_be_signed(label: Label) -> None:
    """Whatever its characters: it holds, it still reads back, and it grows by less than 700 bytes in JSON."""
    bare = replace(label, reserved_code1="")
    done = signed(bare, KEY)
    assert examine(done, KnownKeys({label.content_producer: (KEY.public_key,)})).outcome == "valid"
    assert Label.parse(done.wrapped()) == done
    assert len(done.inner()) - len(bare.inner()) < 700


@settings(max_examples=25, deadline=None)
@given(LABELS)
def test_a_signature_is_for_its_label_only(label: Label) -> None:
    """On any other label it fails; what a propagator writes is not the producer's and changes nothing."""
    moved = replace(label, reserved_code1=SIGNED.reserved_code1)
    same = message(moved) == message(SIGNED)
    assert examine(moved, NOBODY).outcome == ("unknown_key" if same else "invalid")
    passed = SIGNED.propagated(label.content_propagator, label.propagate_id)
    assert examine(passed, KNOWN).outcome == "valid"


@pytest.mark.parametrize(
    "change", [{"tier": Tier.MAY_BE}, {"tier": Tier.SUSPECTED}, {"produce_id": "A2"}, {"produce_id": "A1 "}]
)
def test_an_altered_label_fails(change: dict[str, Any]) -> None:
    """Each of the three signed fields is held."""
    assert examine(replace(SIGNED, **change), KNOWN).outcome == "invalid"


def test_no_value_can_end_its_field() -> None:
    """Quotation marks are escaped in what is signed: two labels never have one message."""
    first = Label.first('a","ProduceID":"b', "c")
    second = Label.first("a", 'b","ProduceID":"c')
    assert message(first) != message(second)
    assert message(Label.first("某公司", "1")) == '"Label":"1","ContentProducer":"某公司","ProduceID":"1"'.encode()


@pytest.mark.parametrize(
    "label",
    [
        _with(DS={"Signature": ""}),
        _with(DS={"Signature": 7}),
        _with(DS={"Signature": "30 06 02 01 01 02 01 01"}),
        _with(DS={"Signature": KEY.sign(b"other").hex()}),
        _with(DS={"Signature": KEY.sign(message(LABEL)).hex() + "00"}),
        _with(PubKey={"KeyValue": OTHER.public_key.hex()}),
        _with(PubKey={"KeyValue": "04" + "11" * 64}),
        _with(PubKey={"KeyValue": None}),
        _with(PubKey={"KeyValue": " " + KEY.public_key.hex()}),
    ],
)
def test_what_is_in_the_guides_form_and_does_not_hold_is_invalid(label: Label) -> None:
    """A signature or a key that is broken, another's, or no text of digits."""
    assert examine(label, KNOWN).outcome == "invalid"
    assert examine(label, KNOWN).fails


DS, PUBLIC_KEY = json.loads(SIGNED.reserved_code1)["SecurityData"]["PubSD"]


@pytest.mark.parametrize(
    "label",
    [
        replace(LABEL, reserved_code1="e862483430d978cbf828b8b24296ef9328d843a0"),  # Annex F.4 of the standard
        replace(LABEL, reserved_code1='{"SecurityData":{"Type":"TC260PG"'),
        replace(LABEL, reserved_code1='{"SecurityData":[]}'),
        replace(LABEL, reserved_code1="[" * 8000),
        replace(LABEL, reserved_code1='{"SecurityData":{"PubSD":5,"Type":"TC260PG","Version":1}}'),
        replace(LABEL, reserved_code1="9" * 5000),
        replace(LABEL, reserved_code1='{"SecurityData":{},' + SIGNED.reserved_code1[1:]),
        _with(Type="Sealmark"),
        _with(Type=None),
        _with(Version=2),
        _with(Version=True),
        _with(DS={"AlgID": "1.2.840.113549.1.1.11"}),
        _with(DS={"TBSData": {"Type": "Bnd"}}),
        _with(DS={"TBSData": {"Type": []}}),
        _with(DS={"TBSData": "Md"}),
        _with(PubSD=[]),
        _with(PubSD={}),
        _with(PubSD=[PUBLIC_KEY, 1, None]),
        _with(PubSD=[DS, DS, PUBLIC_KEY]),
        _with(PubSD=[DS, PUBLIC_KEY, PUBLIC_KEY]),
        _with(DS={"TBSData": {"Type": "LabelMataData"}, "Signature": KEY.sign(b"other").hex()}),
        _with(DS={"TBSData": {"Type": "LabelMataData"}}, PubKey={"KeyValue": "none"}),
    ],
)
def test_what_has_another_form_is_kept_and_not_judged(label: Label) -> None:
    """Another Type, version or algorithm, a digest, two signatures: foreign, which is no failure."""
    found = examine(label, KNOWN)
    assert (found.outcome, found.fails, found.whole) == ("foreign", False, False)


def test_a_label_without_its_key_is_checked_against_the_known_ones() -> None:
    """The key may be known already; where it is not, there is nothing to check by."""
    bare = _with(PubSD=[DS])
    assert examine(bare, KNOWN).outcome == "valid"
    assert examine(bare, NOBODY).outcome == "foreign"
    assert examine(bare, KnownKeys({LABEL.content_producer: (OTHER.public_key,)})).outcome == "invalid"


def test_a_binding_beside_a_sound_signature_is_named_unchecked() -> None:
    """What the guide binds of the content is not examined, and the verdict does not keep quiet about it."""
    for label in (_with(Bindings=[{"CntSel": 1}]), _with(PubSD=[DS, PUBLIC_KEY, {**DS, "TBSData": {"Type": "Bnd"}}])):
        found = examine(label, KNOWN)
        assert (found.outcome, found.whole) == ("valid", False)
        assert security.warnings(found, label, KNOWN) == (note.UNCHECKED,)


@pytest.mark.parametrize("number", PUBLISHED)
def test_labels_in_circulation_hold(number: str) -> None:
    """A provider's real signatures, over the digest of the guide's message: known, unknown, altered, moved."""
    label = _published(number, PUBLISHED[number])
    known = KnownKeys({PROVIDER: (PublicKey.parse(PROVIDER_KEY),)})
    assert examine(label, known).outcome == "valid"
    assert examine(label, NOBODY).outcome == "unknown_key"
    assert examine(replace(label, produce_id=number[:-1] + "1"), known).outcome == "foreign"
    other = next(one for one in PUBLISHED if one != number)
    assert examine(_published(number, PUBLISHED[other]), known).outcome == "foreign"


@settings(max_examples=100, deadline=None)
@given(LABELS, st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists) | st.none())
def test_nothing_in_the_reserved_field_brings_it_down(label: Label, value: Any) -> None:
    """Any text, and any JSON where the guide has an object, a list or digits."""
    for name in ("Type", "Version", "PubSD", "DS", "PubKey"):
        change = {"Signature": value, "KeyValue": value, "TBSData": value} if name in {"DS", "PubKey"} else value
        examine(_with(**{name: change}), KNOWN)
    expected = "foreign" if label.reserved_code1 else "none"
    assert examine(label, KNOWN).outcome == expected


def test_signing_again_changes_nothing() -> None:
    """One label has one signature; and what another put into the field is not overwritten."""
    assert signed(SIGNED, KEY) is SIGNED
    for taken in (replace(LABEL, reserved_code1="mine"), replace(SIGNED, produce_id="A2"), signed(LABEL, OTHER)):
        with pytest.raises(BadLabel) as caught:
            signed(taken, KEY)
        assert caught.value.details["field"] == "ReservedCode1"


def test_a_faulty_signature_never_leaves() -> None:
    """A fault while signing could give the key away, and a device may be set up for another key."""

    class Faulty:
        public_key = KEY.public_key

        def sign(self, text: bytes) -> bytes:
            return OTHER.sign(text)

    with pytest.raises(NotSigned):
        signed(LABEL, Faulty())


@pytest.mark.parametrize(
    ("label", "known", "expected"),
    [
        (LABEL, NOBODY, ()),
        (LABEL, KNOWN, (note.SIGNATURE_MISSING,)),
        (SIGNED, KNOWN, ()),
        (SIGNED, NOBODY, (note.SIGNATURE_UNKNOWN,)),
        (SIGNED, KnownKeys({LABEL.content_producer: (OTHER.public_key,)}), (note.SIGNATURE_UNTRUSTED,)),
        (replace(SIGNED, produce_id="A2"), KNOWN, (note.SIGNATURE_INVALID,)),
        (replace(LABEL, reserved_code1="x"), NOBODY, (note.UNCHECKED,)),
        (replace(LABEL, reserved_code1="x"), KNOWN, (note.SIGNATURE_MISSING, note.UNCHECKED)),
        (replace(SIGNED, reserved_code2="x"), KNOWN, (note.UNCHECKED,)),
        (None, KNOWN, ()),
    ],
)
def test_what_to_know_is_said(label: Label | None, known: KnownKeys, expected: tuple[note.Note, ...]) -> None:
    """A failed, an unknown, a missing and an unchecked signature each have their warning."""
    assert security.warnings(examine(label, known), label, known) == expected
