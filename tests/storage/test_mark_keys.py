"""What signs the marks and whom a deployment believes, from the files that its settings name."""

import subprocess
from pathlib import Path

import pytest

from sealmark.marks.keys import PublicKey, SigningKey
from sealmark.marks.label import REHEARSAL_CODE, Label
from sealmark.marks.security import examine
from sealmark.media.errors import NeedsExtra
from sealmark.settings import Settings
from sealmark.storage.mark_keys import MarkKeys, known_keys
from sealmark.storage.secret_file import SecretFileUnusable

KEY, OTHER = SigningKey.of(7), SigningKey.of(8)
OWN, FOREIGN = str(REHEARSAL_CODE), "001191310104MACE0YX63918020"


def load(private: Path | None, public: Path | None, folder: Path = Path("nowhere")) -> MarkKeys:
    return MarkKeys.load(
        Settings(mode="rehearsal", data_dir=folder, label_key_file=private, known_label_keys_file=public)
    )


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_without_files_nothing_is_signed() -> None:
    """A deployment without a key leaves ReservedCode1 empty, as the standard allows."""
    label = Label.first(OWN, "A1")
    keys = load(None, None)
    assert keys.signed(label) == label
    assert keys.known.labels == {}


def test_what_is_signed_is_known_as_ones_own(tmp_path: Path) -> None:
    """The public half of the own key needs no line in the other file, and old keys there count beside it."""
    public = written(tmp_path, "known.toml", f'"{OWN}" = ["{OTHER.public_key.hex()}"]')
    keys = load(written(tmp_path, "key.pem", KEY.pem()), public)
    signed = keys.signed(Label.first(OWN, "A1"))
    assert examine(signed, keys.known).outcome == "valid"
    assert keys.known.labels[OWN] == (KEY.public_key, OTHER.public_key)


def test_openssl_makes_keys_that_are_read(tmp_path: Path) -> None:
    """The command that the documentation names; hexadecimal and PEM of the public half are the same key."""
    path = tmp_path / "key.pem"
    command = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    pem = subprocess.run(
        ["openssl", "pkey", "-in", str(path), "-pubout"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    own = load(path, None).known.labels[OWN]
    public = written(tmp_path, "known.toml", f'"{FOREIGN}" = ["""{pem}""", "{PublicKey.parse(pem).hex()}"]')
    assert load(None, public).known.labels == {FOREIGN: (*own, *own)}


@pytest.mark.parametrize(
    "text",
    ["", "not a key", f'"{FOREIGN}" = "04"', f'"{FOREIGN}" = ["04"]', f'"{FOREIGN}" = [4]', "\ufeff=", "[a]\nb = 1"],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    """A deployment does not start with a key it cannot read; what the file holds is never echoed."""
    path = written(tmp_path, "file", text)
    with pytest.raises(SecretFileUnusable) as caught:
        load(path, None)
    assert str(path) in str(caught.value)
    if text:
        with pytest.raises(SecretFileUnusable):
            load(None, path)
    with pytest.raises(SecretFileUnusable):
        load(tmp_path / "missing", None)


def test_a_rehearsal_makes_its_certificates_and_trusts_them(tmp_path: Path) -> None:
    """Whoever only verifies makes none."""
    settings = Settings(mode="rehearsal", data_dir=tmp_path)
    assert known_keys(settings).credentials == ()
    assert list(tmp_path.iterdir()) == []
    keys = MarkKeys.load(settings)
    assert keys.signing.credential is not None
    assert [one.name for one in keys.known.credentials] == ["rehearsal"]
    assert known_keys(settings) == keys.known


def test_certificates_without_the_extra_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names certificates wants credentials, and is not left without them; a rehearsal that names none goes on."""
    monkeypatch.setattr("sealmark.storage.mark_keys.find_spec", lambda _: None)
    assert MarkKeys.load(Settings(mode="rehearsal", data_dir=tmp_path)).signing.credential is None
    chain = written(tmp_path, "chain.pem", "")
    with pytest.raises(NeedsExtra):
        MarkKeys.load(Settings(mode="live", data_dir=tmp_path, credential_chain_file=chain, credential_key_file=chain))
