"""The keys of the labels' signatures, from files: the deployment's own, and those of producers it knows (Art. 16)."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealmark.marks import security
from sealmark.marks.errors import BadKey
from sealmark.marks.keys import KnownKeys, PublicKey, SigningKey, SigningKeys
from sealmark.marks.label import Label
from sealmark.storage import secret_file

_PRIVATE_FORM = (
    "SM2 私钥的 PEM（openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2）",
    "the PEM of an SM2 private key (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2)",
)
_PUBLIC_FORM = (
    '每行一个生产者编码与其公钥的 TOML："编码" = ["04…"]',
    'a TOML of producer codes with their public keys: "code" = ["04…"]',
)


@dataclass(frozen=True, slots=True)
class LabelKeys:
    """What signs this deployment's labels, if anything, and whose keys are known."""

    signing: SigningKeys
    known: KnownKeys

    @classmethod
    def load(cls, private: Path | None, public: Path | None, producer: str) -> "LabelKeys":
        """Read both files; the public half of the own key is known as `producer`'s. Raises `SecretFileUnusable`."""
        own = _private(private) if private else None
        known = _public(public) if public else {}
        if own is not None:
            known[producer] = (own.public_key, *known.get(producer, ()))
        return cls(SigningKeys(own), KnownKeys(known))

    def signed(self, label: Label) -> Label:
        """The label with its signature, where there is a key for it (practice guide TC260-PG-202511A)."""
        return security.signed(label, self.signing.label) if self.signing.label else label


def _private(path: Path) -> SigningKey:
    content = secret_file.read(path, *_PRIVATE_FORM)
    try:
        return SigningKey.from_pem(content.decode("ascii", "replace"))
    except BadKey as error:
        problem = (str(error.details["zh_reason"]), str(error.details["en_reason"]))
        raise secret_file.unusable(path, problem, *_PRIVATE_FORM) from error


def _public(path: Path) -> dict[str, tuple[PublicKey, ...]]:
    content = secret_file.read(path, *_PUBLIC_FORM)
    try:
        table = tomllib.loads(content.decode())
        return {producer: tuple(map(PublicKey.parse, _listed(keys))) for producer, keys in table.items()}
    except BadKey as error:
        problem = (str(error.details["zh_reason"]), str(error.details["en_reason"]))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError):
        problem = ("内容不是这样的 TOML", "it is no such TOML")
    raise secret_file.unusable(path, problem, *_PUBLIC_FORM)


def _listed(keys: Any) -> list[str]:
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise TypeError
    return keys
