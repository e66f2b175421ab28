"""What a credential does to the verdict: a trace and no statement, and a witness against a label (Measures Art. 6)."""

import io
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark import media
from sealmark.marks import credential, metadata
from sealmark.marks.credential import Claim
from sealmark.marks.credential.library import _settings
from sealmark.marks.errors import NotReadable
from sealmark.marks.label import Label
from sealmark.marks.marker import Options, mark, mark_bytes
from sealmark.marks.verifier import Verdict, verify
from sealmark.media import by_name
from tests.media import movies, papers, specimens

from .keys import CHAIN, EVERY, KEYS, KNOWN, OURS, SIGNER, THEIRS, TRUST

PEER: Any = import_module("c2pa")
JPEG = by_name("jpeg")
SEALED = credential.sign(specimens.EVERY["jpeg"], JPEG, Claim(OURS), SIGNER)


def _codes(verdict: Verdict) -> list[str]:
    return [said.code for said in verdict.warnings]


def _photograph(source_type: str) -> bytes:
    """A picture under a credential that says nothing of generation, as a camera signs it."""
    action = {"action": "c2pa.created", "digitalSourceType": source_type}
    definition = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}]}
    info = PEER.C2paSignerInfo("es256", CHAIN.chain.encode(), CHAIN.key.encode(), None)
    out = io.BytesIO()
    with (
        PEER.Context(PEER.Settings.from_dict(_settings(""))) as context,
        PEER.Builder(definition, context) as builder,
        PEER.Signer.from_info(info) as signer,
    ):
        builder.sign(signer, "image/jpeg", io.BytesIO(specimens.EVERY["jpeg"]), out)
    return out.getvalue()


CAMERA = _photograph("http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture")


def test_credential_alone_is_a_trace() -> None:
    """labels.md 2: a credential that says so makes an item suspected, never more, whoever signed it."""
    for known in (KNOWN, None):
        verdict = verify(SEALED, keys=known)
        assert (verdict.tier, verdict.layers["credential"].state, verdict.label) == ("suspected", "found", None)
        assert "marks.credential_only" in _codes(verdict)
    assert verify(SEALED, keys=KNOWN, declaration=True).tier == "may_be"


def test_a_cameras_credential_is_no_trace() -> None:
    """A manifest that speaks of a photograph says nothing of generation, and makes nobody suspected."""
    verdict = verify(CAMERA, keys=KNOWN)
    assert (verdict.tier, verdict.layers["credential"].state) == ("none", "found")
    assert (verdict.credential.outcome, verdict.credential.generated) == ("trusted", False)


def test_a_broken_credential_is_a_trace_with_a_warning() -> None:
    """Edited after signing: found all the same, and said so."""
    at = SEALED.rindex(b"\xff\xd9") - 8
    verdict = verify(SEALED[:at] + bytes([SEALED[at] ^ 1]) + SEALED[at + 1 :], keys=KNOWN)
    assert (verdict.tier, verdict.credential.outcome) == ("suspected", "invalid")
    assert "marks.credential_invalid" in _codes(verdict)
    assert "assertion.dataHash.mismatch" in verdict.credential.codes


def test_an_unknown_signer_is_found_and_not_trusted() -> None:
    """14.4: whole, and nobody vouches."""
    assert "marks.credential_untrusted" in _codes(verify(SEALED))
    assert "marks.credential_untrusted" not in _codes(verify(SEALED, keys=KNOWN))


def test_a_label_that_differs_from_the_credential_is_named() -> None:
    """The label says one producer, the credential another; the label's own tier stays what it says."""
    forged = metadata.write(SEALED, THEIRS)
    verdict = verify(forged, keys=KNOWN)
    assert (verdict.tier, verdict.label) == ("is", THEIRS)
    assert {"marks.credential_disagrees", "marks.credential_invalid"} <= set(_codes(verdict))
    agreed = mark(specimens.EVERY["jpeg"], OURS, layers=EVERY, keys=KEYS)
    assert _codes(verify(agreed.data, keys=KNOWN)) == []


def test_the_verdict_as_json_tells_the_credential() -> None:
    """What a machine reads: outcome, signer, actions, label; nothing where there is none."""
    told = verify(mark(specimens.EVERY["png"], OURS, layers=EVERY, keys=KEYS).data, keys=KNOWN).as_dict()["credential"]
    assert (told["outcome"], told["trusted_by"], told["label"]) == ("trusted", "ours", OURS.as_dict())
    assert verify(specimens.EVERY["png"]).as_dict()["credential"] is None


def test_an_item_passing_through_keeps_its_manifest_as_an_ingredient() -> None:
    """labels.md 3.4: another's label stays, the propagator's are written, and the new credential says only that."""
    theirs = mark(specimens.EVERY["png"], THEIRS, layers=EVERY, keys=KEYS)
    passed = mark(theirs.data, OURS, layers=EVERY, keys=KEYS)
    assert (passed.label.content_producer, passed.label.propagate_id) == ("someone-else", "A1")
    found = verify(passed.data, keys=KNOWN).credential
    assert [one.name for one in found.actions] == ["c2pa.opened", "c2pa.edited.metadata"]
    assert (found.outcome, found.label, found.generated) == ("trusted", passed.label, True)


def test_an_own_edit_has_the_old_item_as_its_parent() -> None:
    """An edit of a labelled item is opened and edited; a new generation is created, whatever it was given."""
    theirs = mark(specimens.EVERY["png"], THEIRS).data
    edited = mark(theirs, OURS, layers=EVERY, keys=KEYS, own_edit=True).data
    fresh = mark_bytes(theirs, OURS, Options(layers=EVERY, keys=KEYS, own_edit=True, fresh=True)).data
    told = [[one.name for one in verify(data).credential.actions] for data in (edited, fresh)]
    assert told == [["c2pa.opened", "c2pa.edited"], ["c2pa.created"]]


@pytest.mark.parametrize("key", ["jpeg", "png", "webp", "gif", "wav", "mp3", "flac", "mp4", "pdf", "tiff"])
def test_without_a_key_a_foreign_credential_stays_and_is_warned_of(key: str) -> None:
    """Nothing is taken off (Art. 18): the manifest stays in its place, and the note says that it no longer holds."""
    data = movies.made("mp4") if key == "mp4" else papers.EVERY["packed"]() if key == "pdf" else specimens.EVERY[key]
    form = media.sniff(data)
    sealed = credential.sign(data, form, Claim(THEIRS), SIGNER)
    marked = mark(sealed, OURS, layers=("metadata",))
    assert "marks.credential_broken" in [said.code for said in marked.warnings]
    assert credential.place(marked.data, form) is not None
    found = credential.read(marked.data, form, TRUST)
    assert found.outcome in {"invalid", "unreadable"}
    if found.outcome == "invalid":
        assert found.label == THEIRS


def test_what_does_not_read_back_is_not_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail closed: a credential that names another label, or none, keeps the item in."""

    def other(data: bytes, form: media.Format, claim: Claim, signer: Any) -> bytes:
        return credential.sign(data, form, replace(claim, label=THEIRS), signer)

    for wrong in (other, lambda data, *_: data):
        monkeypatch.setattr("sealmark.marks.sealing.credential", _Wrong(wrong))
        with pytest.raises(NotReadable):
            mark(specimens.EVERY["png"], OURS, layers=EVERY, keys=KEYS)


class _Wrong:
    """The credential package with another way of signing."""

    def __init__(self, sign: Callable[..., bytes]) -> None:
        self.sign = sign

    def __getattr__(self, name: str) -> Any:
        return getattr(credential, name)


BASES = {
    key: (credential.sign(data, media.sniff(data), Claim(OURS), SIGNER), media.sniff(data))
    for key, data in {
        **{key: specimens.EVERY[key] for key in ("png", "jpeg", "webp", "gif", "tiff", "wav", "mp3", "flac")},
        "mp4": movies.made("mp4"),
        "pdf": papers.EVERY["packed"](),
        "text": "AI生成 文字".encode(),
    }.items()
}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(BASES)), st.data())
def test_no_change_makes_another_statement(key: str, data: st.DataObject) -> None:
    """Hostile bytes never raise or end the process; what still counts as whole says what was signed."""
    sealed, form = BASES[key]
    changed = bytearray(sealed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        found = credential.read(bytes(changed) or b"\0", form, TRUST)
    except media.MediaError:
        return
    if found.holds:
        assert (found.label, found.generated) == (OURS, True)


def test_marking_and_verifying_load_no_c2pa() -> None:
    """What has no credential pays nothing for them."""
    code = (
        "import sys; from sealmark import mark, verify; from tests.media import specimens;"
        "data = mark(specimens.EVERY['jpeg']).data; verify(data); verify('文字'.encode());"
        "assert not any(name.partition('.')[0] == 'c2pa' for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_looking_for_a_credential_is_cheap() -> None:
    """Ten megabytes without one take a few milliseconds at most; the item is never parsed."""
    data = specimens.EVERY["jpeg"] + bytes(10_000_000)
    began = time.process_time()
    for _ in range(5):
        assert credential.place(data, JPEG) is None
    assert (time.process_time() - began) / 5 < 0.01


def test_rehearsal_label_goes_along() -> None:
    """Without a label the rehearsal's is made, and the credential names that one."""
    marked = mark(specimens.EVERY["jpeg"], layers=EVERY, keys=KEYS)
    assert isinstance(marked.label, Label)
    assert verify(marked.data, keys=KNOWN).credential.label == marked.label
