"""What signs a deployment's marks, and whom it believes, from the files that its settings name (Art. 16)."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from sealmark.marks import security
from sealmark.marks.credential import CredentialKeys
from sealmark.marks.keys import KnownKeys, SigningKey, SigningKeys
from sealmark.marks.label import REHEARSAL_CODE, Label
from sealmark.media.errors import NeedsExtra
from sealmark.storage import credential_files, label_files


class Files(Protocol):
    """The settings, as far as keys are concerned."""

    @property
    def provider_code(self) -> str:
        """Whose labels are written; empty: the rehearsal's."""

    @property
    def rehearsal(self) -> bool:
        """Whether the deployment rehearses."""

    @property
    def data_dir(self) -> Path:
        """Where a rehearsal makes its certificates."""

    @property
    def label_key_file(self) -> Path | None:
        """The SM2 key that signs labels."""

    @property
    def known_label_keys_file(self) -> Path | None:
        """The public keys of other producers."""

    @property
    def credential_chain_file(self) -> Path | None:
        """The certificates that credentials are signed under."""

    @property
    def credential_key_file(self) -> Path | None:
        """The private key of these."""

    @property
    def trust_files(self) -> tuple[Path, ...]:
        """The roots whose credentials are believed."""


@dataclass(frozen=True, slots=True)
class MarkKeys:
    """What signs this deployment's marks, if anything, and whose keys are known."""

    signing: SigningKeys
    known: KnownKeys

    @classmethod
    def load(cls, files: Files) -> "MarkKeys":
        """Read every file. A rehearsal makes its certificates where c2pa is installed.

        Raises `SecretFileUnusable`, `BadCredentialKey`, `BadTrustList`, and `NeedsExtra` where credentials are to be
        signed and cannot be.
        """
        signing = SigningKeys(_own_key(files), _credential_keys(files))
        return cls(signing, known_keys(files))  # last: a rehearsal trusts the root that it has just made

    def signed(self, label: Label) -> Label:
        """The label with its signature, where there is a key for it (practice guide TC260-PG-202511A)."""
        return security.signed(label, self.signing.label) if self.signing.label else label


def known_keys(files: Files) -> KnownKeys:
    """Whom the deployment believes; the public half of the own key is known as the own code's.

    Raises `SecretFileUnusable` and `BadTrustList`.
    """
    labels = label_files.known_keys(files.known_label_keys_file) if files.known_label_keys_file else {}
    own, producer = _own_key(files), files.provider_code or str(REHEARSAL_CODE)
    if own is not None:
        labels[producer] = (own.public_key, *labels.get(producer, ()))
    lists = credential_files.trust_lists(files.trust_files, files.data_dir, is_rehearsal=files.rehearsal)
    return KnownKeys(labels, lists)


def _own_key(files: Files) -> SigningKey | None:
    return label_files.signing_key(files.label_key_file) if files.label_key_file else None


def _credential_keys(files: Files) -> CredentialKeys | None:
    chain, key, rehearsal = files.credential_chain_file, files.credential_key_file, files.rehearsal
    if find_spec("c2pa") is None:
        if chain is not None:
            raise NeedsExtra(extra="credential")
        return None
    return credential_files.keys(chain, key, files.data_dir, is_rehearsal=rehearsal)
