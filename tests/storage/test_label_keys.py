"""The keys of the labels' signatures, from the files that the settings name."""

import subprocess
from pathlib import Path

import pytest

from sealmark.marks.keys import PublicKey, SigningKey
from sealmark.marks.label import Label
from sealmark.marks.security import examine
from sealmark.storage.label_keys import LabelKeys
from sealmark.storage.secret_file import SecretFileUnusable

KEY, OTHER = SigningKey.of(7), SigningKey.of(8)
OWN, FOREIGN = "001191000000REHEAR5ALG1DEMO", "001191310104MACE0YX63918020"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_without_files_nothing_is_signed() -> None:
    """A deployment without a key leaves ReservedCode1 empty, as the standard allows."""
    label = Label.first(OWN, "A1")
    keys = LabelKeys.load(None, None, OWN)
    assert keys.signed(label) == label
    assert keys.known.labels == {}


def test_what_is_signed_is_known_as_ones_own(tmp_path: Path) -> None:
    """The public half of the own key needs no line in the other file, and old keys there count beside it."""
    public = written(tmp_path, "known.toml", f'"{OWN}" = ["{OTHER.public_key.hex()}"]')
    keys = LabelKeys.load(written(tmp_path, "key.pem", KEY.pem()), public, OWN)
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
    own = LabelKeys.load(path, None, OWN).known.labels[OWN]
    public = written(tmp_path, "known.toml", f'"{FOREIGN}" = ["""{pem}""", "{PublicKey.parse(pem).hex()}"]')
    assert LabelKeys.load(None, public, OWN).known.labels == {FOREIGN: (*own, *own)}


@pytest.mark.parametrize(
    "text",
    ["", "not a key", f'"{FOREIGN}" = "04"', f'"{FOREIGN}" = ["04"]', f'"{FOREIGN}" = [4]', "\ufeff=", "[a]\nb = 1"],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    """A deployment does not start with a key it cannot read; what the file holds is never echoed."""
    path = written(tmp_path, "file", text)
    with pytest.raises(SecretFileUnusable) as caught:
        LabelKeys.load(path, None, OWN)
    assert str(path) in str(caught.value)
    if text:
        with pytest.raises(SecretFileUnusable):
            LabelKeys.load(None, path, OWN)
    with pytest.raises(SecretFileUnusable):
        LabelKeys.load(tmp_path / "missing", None, OWN)
