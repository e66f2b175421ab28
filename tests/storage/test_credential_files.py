"""A deployment signs with its own certificates, a rehearsal with those it makes, and live mode never with these."""

from pathlib import Path

import pytest

from sealmark.marks.credential import rehearsal
from sealmark.marks.errors import BadCredentialKey, BadTrustList
from sealmark.storage import credential_files
from sealmark.storage.secret_file import SecretFileUnusable


def _files(folder: Path) -> tuple[Path, Path]:
    made = rehearsal.make()
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_text(made.chain)
    key.write_text(made.key)
    return chain, key


def test_rehearsal_makes_its_chain_once(tmp_path: Path) -> None:
    """The file is the operator's only, the second start reads the same keys, and its root is trusted by name."""
    first = credential_files.keys(None, None, tmp_path, is_rehearsal=True)
    assert first is not None
    assert first.rehearsal
    assert credential_files.keys(None, None, tmp_path, is_rehearsal=True) == first
    assert [(path.name, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [
        ("rehearsal-credential.pem", 0o600)
    ]
    (trusted,) = credential_files.trust_lists((), tmp_path, is_rehearsal=True)
    assert trusted.name == "rehearsal"
    assert trusted.anchors not in first.chain


def test_live_mode_makes_and_takes_no_rehearsal(tmp_path: Path) -> None:
    """Nobody signs unless the settings say who, and a rehearsal's certificate is refused, as is its root."""
    credential_files.keys(None, None, tmp_path, is_rehearsal=True)
    assert credential_files.keys(None, None, tmp_path, is_rehearsal=False) is None
    assert credential_files.trust_lists((), tmp_path, is_rehearsal=False) == ()
    with pytest.raises(BadCredentialKey, match="live mode"):
        credential_files.keys(*_files(tmp_path), tmp_path, is_rehearsal=False)


def test_chain_and_key_belong_together(tmp_path: Path) -> None:
    """Half of a pair is a mistake, not nobody; a missing or binary file says which."""
    chain, key = _files(tmp_path)
    for one, other in ((chain, None), (None, key)):
        with pytest.raises(BadCredentialKey, match="together"):
            credential_files.keys(one, other, tmp_path, is_rehearsal=True)
    with pytest.raises(SecretFileUnusable):
        credential_files.keys(chain, tmp_path / "none.pem", tmp_path, is_rehearsal=True)
    key.write_bytes(b"\xff" * 32)
    with pytest.raises(SecretFileUnusable):
        credential_files.keys(chain, key, tmp_path, is_rehearsal=True)


def test_trust_lists_bear_their_files_names(tmp_path: Path) -> None:
    """Who vouches is told by the name of the file; one without certificates is refused."""
    path = tmp_path / "c2pa-trust-list.pem"
    path.write_text(rehearsal.make().root)
    assert [one.name for one in credential_files.trust_lists((path,), tmp_path, is_rehearsal=False)] == [path.name]
    path.write_text("nothing")
    with pytest.raises(BadTrustList):
        credential_files.trust_lists((path,), tmp_path, is_rehearsal=False)
