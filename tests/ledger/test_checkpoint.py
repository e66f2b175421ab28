"""Checkpoints are C2SP signed notes; what another key signed, or anybody altered, does not open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.ledger.checkpoint import Checkpoint, Signer, Verifier, decode, encode, open_note, parse_note
from sealmark.ledger.errors import LedgerError, NoteMalformed, SignatureInvalid

from .trees import ORIGIN, SIGNER

CHECKPOINT = Checkpoint(ORIGIN, 20_852_163, bytes(range(32)))
NOTE = SIGNER.sign(CHECKPOINT)

# The example key pair and note that the signed-note format's first implementation publishes.
GO_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SUM_DB_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


def test_published_key_and_signature() -> None:
    """The published key pair gives its public key, its id and its signature line, byte for byte."""
    signer = Signer.load(GO_SECRET)
    assert signer.vkey == GO_VKEY
    assert signer.line(GO_TEXT) == GO_LINE
    assert Verifier.load(SUM_DB_VKEY).vkey == SUM_DB_VKEY


def test_round_trip() -> None:
    """What was signed opens to the same checkpoint; key texts read back to the same keys."""
    assert open_note(NOTE, [SIGNER.verifier]) == CHECKPOINT == parse_note(NOTE)[0]
    assert Verifier.load(SIGNER.vkey) == SIGNER.verifier
    assert Signer.load(SIGNER.secret_text()).sign(CHECKPOINT) == NOTE
    fresh = Signer.generate(ORIGIN)
    assert open_note(fresh.sign(CHECKPOINT), [SIGNER.verifier, fresh.verifier]) == CHECKPOINT


def test_the_secret_stays_out_of_repr() -> None:
    """A signer shown in a log line shows its public key only."""
    assert SIGNER.secret_text().split("+")[-1] not in repr(SIGNER)
    assert SIGNER.vkey in repr(SIGNER)


def test_every_byte_counts() -> None:
    """No single altered byte of a signed checkpoint opens."""
    raw = NOTE.encode()
    for place in range(len(raw)):
        for flip in (0x01, 0x20, 0x80):
            bad = bytearray(raw)
            bad[place] ^= flip
            with pytest.raises(LedgerError):
                open_note(bad.decode(errors="replace"), [SIGNER.verifier])


def test_every_cut_is_refused() -> None:
    """A checkpoint with its end or its start missing does not open."""
    for place in range(len(NOTE)):
        for part in (NOTE[:place], NOTE[place + 1 :]):
            with pytest.raises(LedgerError):
                open_note(part, [SIGNER.verifier])


def test_a_witness_line_may_stand_beside() -> None:
    """Signatures of unknown keys are ignored; a false one under a known key spoils the note."""
    witness = Signer.generate("witness.example")
    assert open_note(NOTE + witness.line(CHECKPOINT.text()), [SIGNER.verifier]) == CHECKPOINT
    both = [SIGNER.verifier, witness.verifier]
    with pytest.raises(SignatureInvalid):
        open_note(NOTE + witness.line("something else\n"), both)
    with pytest.raises(SignatureInvalid):
        open_note(CHECKPOINT.text() + "\n" + witness.line(CHECKPOINT.text()), both)


def test_another_key_of_the_same_name_is_not_trusted() -> None:
    """A log's name is no proof: the key decides."""
    with pytest.raises(SignatureInvalid):
        open_note(Signer.generate(ORIGIN).sign(CHECKPOINT), [SIGNER.verifier])
    with pytest.raises(SignatureInvalid):
        open_note(NOTE, [])


@pytest.mark.parametrize(
    "body",
    [
        f"{ORIGIN}\n01\n{encode(bytes(32))}\n",
        f"{ORIGIN}\n-1\n{encode(bytes(32))}\n",
        f"{ORIGIN}\n1\n{encode(bytes(31))}\n",
        f"{ORIGIN}\n１\n{encode(bytes(32))}\n",
        f"\n1\n{encode(bytes(32))}\n",
        f"{ORIGIN}\n1\n{encode(bytes(32))}\nextension\n",
        f"{ORIGIN}\n1\n{encode(bytes(32))} \n",
        f"{ORIGIN}\n99999999999999999999\n{encode(bytes(32))}\n",
        f"{ORIGIN}\r\n1\n{encode(bytes(32))}\n",
    ],
)
def test_other_spellings_are_refused_even_when_signed(body: str) -> None:
    """One checkpoint has one spelling: a signature does not save another."""
    with pytest.raises(NoteMalformed):
        open_note(f"{body}\n{SIGNER.line(body)}", [SIGNER.verifier])


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a",
        "a+b",
        "a+00000000+",
        "a b+c74f20a3+" + GO_VKEY.split("+")[2],
        GO_VKEY.replace("c7", "c8"),
        GO_VKEY + "=",
        GO_VKEY[:-4],
        "a+c74f20a3+AgAA",
        GO_VKEY.replace("PeterNeumann", ""),
    ],
)
def test_malformed_keys(vkey: str) -> None:
    """A key text that is not exactly one is refused with the domain's error."""
    with pytest.raises(NoteMalformed):
        Verifier.load(vkey)
    with pytest.raises(NoteMalformed):
        Signer.load(vkey)


@given(st.text(max_size=300))
def test_rubbish_is_refused_in_our_own_words(text: str) -> None:
    """Whatever the text, reading a note fails only with the ledger's errors."""
    for wrong in (text, f"{text}\n\n{text}\n", CHECKPOINT.text() + "\n— " + text + "\n"):
        with pytest.raises(LedgerError):
            open_note(wrong, [SIGNER.verifier])


@given(st.binary(max_size=80))
def test_base64_is_canonical(data: bytes) -> None:
    """Base64 reads back, and only in the one spelling."""
    text = encode(data)
    assert decode(text) == data
    for wrong in (text + "=", text + "\n", " " + text):
        with pytest.raises(NoteMalformed):
            decode(wrong)
