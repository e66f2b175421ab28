"""A text carries its credential unseen, and any change of a word breaks it (C2PA 2.4, A.8)."""

import hashlib
import io
import json
import unicodedata
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.marks import credential
from sealmark.marks.credential import Claim, CredentialDevice, SoftBinding
from sealmark.marks.explicit import text as visible
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media import by_name
from sealmark.media.text import text_wrapper

from .keys import EVERY, KEYS, KNOWN, OURS, SIGNER, TRUST

PEER: Any = import_module("c2pa")
TEXT = by_name("text")
WORDS = "AI生成\n\n春眠不觉晓，处处闻啼鸟。 ☺\ufe0f\n".encode()
SEALED = credential.sign(WORDS, TEXT, Claim(OURS), SIGNER)


def test_what_is_seen_stays_and_the_hash_is_the_texts() -> None:
    """A.8.5: the words stand as they were, and an independent reader finds the offsets and the digest that we wrote."""
    words, run = text_wrapper.parted(SEALED.decode())
    assert words.encode() == WORDS
    (wrapper,) = text_wrapper.find(SEALED.decode())
    with PEER.Reader("application/c2pa", io.BytesIO(b"\0"), manifest_data=wrapper.manifest) as reader:
        details = json.loads(reader.detailed_json())
    binding = details["manifests"][details["active_manifest"]]["assertion_store"]["c2pa.hash.data"]
    assert binding["exclusions"] == [{"start": len(WORDS), "length": len(run.encode())}]
    assert binding["hash"] == _base64(hashlib.sha256(WORDS).digest())


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()


@settings(max_examples=8, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), min_size=1, max_size=60))
def test_any_text_reads_back_in_any_normal_form(words: str) -> None:
    """A.8.7.2: a platform that normalises the text changes nothing of the credential."""
    data = text_wrapper.parted(words)[0].encode() or b"a"
    sealed = credential.sign(data, TEXT, Claim(OURS), SIGNER).decode()
    for form in ("NFC", "NFD"):
        stored = unicodedata.normalize(form, sealed).encode()
        assert credential.read(stored, TEXT, TRUST).outcome == "trusted"


@pytest.mark.parametrize("changed", [SEALED.replace("晓".encode(), "明".encode()), b" " + SEALED, SEALED + b"."])
def test_a_changed_word_breaks_it(changed: bytes) -> None:
    """What was signed is every character but the run itself, and where the run stands."""
    found = credential.read(changed, TEXT, TRUST)
    assert found.outcome == "invalid"
    assert found.codes[0].startswith("assertion.dataHash.")
    assert (found.label, found.generated) == (OURS, True)


def test_a_cut_or_doubled_run_is_named() -> None:
    """A.8.7.1: the two failures of a wrapper have names."""
    assert credential.read(SEALED[: -4 * 50], TEXT, TRUST).codes == ("manifest.text.corruptedWrapper",)
    doubled = SEALED + SEALED[len(WORDS) :]
    assert "manifest.text.multipleWrappers" in credential.read(doubled, TEXT, TRUST).codes
    assert credential.read(SEALED + b"\xff", TEXT, TRUST).outcome == "unreadable"


def test_marking_twice_writes_one_mark_and_one_run() -> None:
    """The visible mark is found in front of the run, and the old manifest becomes an ingredient."""
    once = mark(WORDS, OURS, layers=EVERY, keys=KEYS)
    assert once.layers == ("explicit", "credential")
    twice = mark(once.data, OURS, layers=EVERY, keys=KEYS)
    words, _ = text_wrapper.parted(twice.data.decode())
    assert words == text_wrapper.parted(once.data.decode())[0]
    assert len(text_wrapper.find(twice.data.decode())) == 1
    found = credential.read(twice.data, TEXT, TRUST)
    assert found.outcome == "trusted"
    assert [(one.relationship, one.manifest is not None) for one in found.ingredients] == [("parentOf", True)]


def test_without_a_key_a_run_is_kept_and_warned_of() -> None:
    """Nothing of another's is taken off (Art. 18): the run stays behind the text, and no longer holds."""
    sealed = credential.sign("没有标识的文字。".encode(), TEXT, Claim(OURS), SIGNER)
    marked = mark(sealed, OURS)
    assert "marks.credential_broken" in [said.code for said in marked.warnings]
    assert text_wrapper.parted(marked.data.decode())[1] == text_wrapper.parted(sealed.decode())[1]
    assert visible.find(text_wrapper.parted(marked.data.decode())[0])
    assert verify(marked.data, keys=KNOWN).credential.outcome == "invalid"


def test_a_device_signs_a_text_too() -> None:
    """The signature comes from elsewhere; soft bindings go along."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key: Any = load_pem_private_key(SIGNER.key.encode(), None)
    device = CredentialDevice.of(SIGNER.chain, lambda message: bytes(key.sign(message, ec.ECDSA(hashes.SHA256()))))
    claim = Claim(OURS, soft_bindings=(SoftBinding("cn.example.print.1", b"\1\2"),))
    found = credential.read(credential.sign(WORDS, TEXT, claim, device), TEXT, TRUST)
    assert (found.outcome, found.soft_bindings) == ("trusted", claim.soft_bindings)
