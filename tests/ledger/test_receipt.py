"""A receipt proves one record offline; with any byte altered it proves nothing."""

import base64
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.ledger import Entry, MemoryStore, Opening, Receipt, Sequencer, Signer, check, prove
from sealmark.ledger.errors import LedgerError, NoteMalformed, ProofInvalid, RecordUnknown, SignatureInvalid
from sealmark.ledger.proof import check_inclusion
from sealmark.ledger.tree import leaf_hash

from .trees import ORIGIN, SIGNER, filled

STORE = filled(300)
OPENING = Opening(bytes(range(16)), "账号甲")


def opened_store() -> MemoryStore:
    store = MemoryStore(ORIGIN)
    sequencer = Sequencer(store, SIGNER)
    record = {"kind": "test:committed", "items": [{"subject": OPENING.commitment}], "title": "测试"}
    sequencer.append_soon(Entry(json.dumps(record, ensure_ascii=False).encode())).result(10)
    sequencer.append_soon(Entry(b'{"kind":"test:noted"}')).result(10)
    sequencer.close()
    return store


@pytest.mark.parametrize("index", [0, 1, 255, 256, 298, 299])
def test_a_receipt_checks_offline(index: int) -> None:
    """The receipt's text and the log's public key are all that is needed."""
    found = check(prove(STORE, index).to_json(), SIGNER.vkey)
    assert found.record == {"kind": "test:noted", "number": index}
    assert (found.index, found.checkpoint.size, found.checkpoint.origin) == (index, 300, ORIGIN)
    assert found.opened == {}


def test_the_embedded_proof_is_a_tlog_proof() -> None:
    """Another tool needs only the C2SP text inside and the record: salt in `extra`, index, path, checkpoint."""
    receipt = prove(STORE, 77)
    head, _, note = receipt.tlog_proof().partition("\n\n")
    name, extra, index, *path = head.split("\n")
    assert (name, index) == ("c2sp.org/tlog-proof@v1", "index 77")
    assert note == STORE.latest_checkpoint()
    salt = base64.b64decode(extra.removeprefix("extra "))
    leaf = leaf_hash(hashlib.sha256(salt + receipt.record).digest())
    root = base64.b64decode(note.split("\n")[2])
    check_inclusion(leaf, 77, 300, [base64.b64decode(line) for line in path], root)


def test_openings_show_what_a_commitment_meant() -> None:
    """With its opening a commitment in the record is readable; without, the value is nowhere in the receipt."""
    store, place = opened_store(), "items.0.subject"
    text = prove(store, 0, {place: OPENING}).to_json()
    assert check(text, SIGNER.vkey).opened == {place: OPENING.value}
    assert OPENING.value not in prove(store, 0).to_json()


@pytest.mark.parametrize(
    "place", ["subject", "items.1.subject", "items.0", "items.x.subject", "", "kind.0", "items.-1.subject"]
)
def test_an_opening_elsewhere_is_refused(place: str) -> None:
    """An opening proves only the commitment that stands at its own place."""
    with pytest.raises(ProofInvalid):
        prove(opened_store(), 0, {place: OPENING})


def test_every_byte_counts() -> None:
    """No single altered byte of a receipt passes, wherever it stands."""
    raw = prove(opened_store(), 0, {"items.0.subject": OPENING}).to_json().encode()
    check(raw, SIGNER.vkey)
    for place in range(len(raw)):
        for flip in (0x01, 0x04, 0x20, 0x80):
            bad = bytearray(raw)
            bad[place] ^= flip
            with pytest.raises(LedgerError):
                check(bytes(bad), SIGNER.vkey)


def test_every_cut_is_refused() -> None:
    """Nor does a receipt with a byte missing or one too many, however harmless it looks."""
    raw = prove(STORE, 5).to_json().encode()
    for place in range(len(raw)):
        for bad in (raw[:place], raw[:place] + raw[place + 1 :], raw[:place] + b" " + raw[place:]):
            with pytest.raises(LedgerError):
                check(bad, SIGNER.vkey)
    with pytest.raises(NoteMalformed):
        check(raw + b"\n", SIGNER.vkey)


def test_parts_of_two_receipts_do_not_mix() -> None:
    """Another record's text, salt, index or path under the same checkpoint proves nothing."""
    one, two = prove(STORE, 10), prove(STORE, 11)
    for mixed in (
        Receipt(two.record, one.salt, one.index, one.path, one.note),
        Receipt(one.record, two.salt, one.index, one.path, one.note),
        Receipt(one.record, one.salt, two.index, one.path, one.note),
        Receipt(one.record, one.salt, one.index, two.path, one.note),
        Receipt(one.record, one.salt, one.index, one.path, prove(filled(300), 10).note),
    ):
        with pytest.raises(ProofInvalid):
            check(mixed.to_json(), SIGNER.vkey)


def test_another_logs_key_does_not_check_it() -> None:
    """A receipt holds only under the key of the log that gave it."""
    with pytest.raises(SignatureInvalid):
        check(prove(STORE, 0).to_json(), Signer.generate(ORIGIN).vkey)
    with pytest.raises(NoteMalformed):
        check(prove(STORE, 0).to_json(), "not a key")


def test_what_is_not_in_the_log_has_no_receipt() -> None:
    """No receipt for an index beyond the checkpoint, nor from a log without one."""
    for index in (-1, 300):
        with pytest.raises(RecordUnknown):
            prove(STORE, index)
    with pytest.raises(RecordUnknown):
        prove(MemoryStore(ORIGIN), 0)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.binary(max_size=200) | json_values.map(json.dumps) | st.text(max_size=100))
def test_rubbish_is_refused_in_our_own_words(text: str | bytes) -> None:
    """Whatever is given for a receipt, the answer is one of the ledger's errors."""
    with pytest.raises(LedgerError):
        check(text, SIGNER.vkey)


@settings(deadline=None)
@given(st.sampled_from(["type", "record", "openings", "proof"]), json_values)
def test_rubbish_in_one_field_is_refused_in_our_own_words(field: str, value: object) -> None:
    """The same where only one field holds it."""
    whole = json.loads(prove(STORE, 3).to_json())
    if whole[field] != value:
        with pytest.raises(LedgerError):
            check(json.dumps({**whole, field: value}), SIGNER.vkey)


def test_hostile_depth_and_length() -> None:
    """Nesting without end and a megabyte of text are refused as malformed."""
    for hostile in ("[" * 100_000, '{"a":' * 50_000, "x" * 2_000_000, '{"proof": 1e999}'):
        with pytest.raises(NoteMalformed):
            check(hostile, SIGNER.vkey)
