"""Where the certificates of content credentials lie: the deployment's own, a rehearsal's, and the trusted ones."""

from pathlib import Path

from sealmark.errors import why
from sealmark.marks.credential import CredentialKeys, TrustList, rehearsal
from sealmark.marks.errors import BadCredentialKey
from sealmark.storage import secret_file

_REHEARSAL_FILE = "rehearsal-credential.pem"
_PEM = ("PEM 文本", "text in PEM")
_END = "-----END CERTIFICATE-----\n"


def keys(chain: Path | None, key: Path | None, folder: Path, *, is_rehearsal: bool) -> CredentialKeys | None:
    """Who signs: the files that the settings name, or in rehearsal a chain that is made in `folder`, or nobody.

    Raises `SecretFileUnusable`, and `BadCredentialKey` also for a rehearsal's certificate in live mode.
    """
    if (chain is None) is not (key is None):
        raise BadCredentialKey(**why("证书链与私钥须一并给出", "the chain and the key belong together"))
    if chain is not None and key is not None:
        found = CredentialKeys.from_pem(_text(chain), _text(key))
    elif is_rehearsal and folder.is_dir():
        found = _rehearsal_keys(folder)
    else:
        return None
    if found.rehearsal and not is_rehearsal:
        raise BadCredentialKey(**why("演练证书不能用于正式模式", "a rehearsal's certificate is not for live mode"))
    return found


def trust_lists(files: tuple[Path, ...], folder: Path, *, is_rehearsal: bool) -> tuple[TrustList, ...]:
    """Whose credentials are believed: each file under its name, and in rehearsal one's own root.

    Raises `SecretFileUnusable` and `BadTrustList`.
    """
    named = tuple(TrustList.from_pem(file.name, _text(file)) for file in files)
    own = folder / _REHEARSAL_FILE
    if not is_rehearsal or not own.is_file():
        return named
    return (*named, TrustList.from_pem("rehearsal", _certificates(own)[-1]))


def _rehearsal_keys(folder: Path) -> CredentialKeys:
    """The rehearsal's keys, in one file so that two that start at once never mix theirs: chain, root, key."""
    path = folder / _REHEARSAL_FILE
    if not path.exists():
        made = rehearsal.make()
        secret_file.create(path, (made.chain + made.root + made.key).encode())
    return CredentialKeys.from_pem("".join(_certificates(path)[:-1]), _text(path).rpartition(_END)[2])


def _certificates(path: Path) -> list[str]:
    return [one + _END for one in _text(path).split(_END)[:-1]]


def _text(path: Path) -> str:
    content = secret_file.read(path, *_PEM)
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise secret_file.unusable(path, secret_file.shape(content), *_PEM) from None
