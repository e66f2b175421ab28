"""Where the keys of the labels' signatures lie: the deployment's own, and those of producers it knows (Art. 16)."""

import tomllib
from pathlib import Path
from typing import Any

from sealmark.marks.errors import BadKey
from sealmark.marks.keys import PublicKey, SigningKey
from sealmark.storage import secret_file

_PRIVATE_FORM = (
    "SM2 私钥的 PEM（openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2）",
    "the PEM of an SM2 private key (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2)",
)
_PUBLIC_FORM = (
    '每行一个生产者编码与其公钥的 TOML："编码" = ["04…"]',
    'a TOML of producer codes with their public keys: "code" = ["04…"]',
)


def signing_key(path: Path) -> SigningKey:
    """The SM2 key of a PEM file; raises `SecretFileUnusable`."""
    content = secret_file.read(path, *_PRIVATE_FORM)
    try:
        return SigningKey.from_pem(content.decode("ascii", "replace"))
    except BadKey as error:
        problem = (str(error.details["zh_reason"]), str(error.details["en_reason"]))
        raise secret_file.unusable(path, problem, *_PRIVATE_FORM) from error


def known_keys(path: Path) -> dict[str, tuple[PublicKey, ...]]:
    """The public keys of each producer that a TOML names; raises `SecretFileUnusable`."""
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
