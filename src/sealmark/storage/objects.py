"""Where what is too large for a row is kept: a local folder by default, S3 when it grows, behind one interface.

Whoever puts something here has encrypted it before. Names are random and say nothing; what an object is stands in
a row of the room that it belongs to, since a folder keeps no media type.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, from_url

from sealmark.errors import SealmarkError, why

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

_SCHEMES = ("s3://", "gs://", "az://")
# A caller waits for these: an object store that does not answer within seconds counts as not there.
# The endpoint that the deployment names may be plain HTTP: what travels there is encrypted and authenticated already.
_CLIENT: "ClientConfig" = {
    "connect_timeout": timedelta(seconds=2),
    "timeout": timedelta(seconds=20),
    "allow_http": True,
}
_RETRY: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}


class ObjectsUnavailable(SealmarkError):
    """The object store did not take, give or forget something."""

    code = "storage.objects_unavailable"
    status = 503
    zh = "对象存储不可用（{zh_reason}）。"
    en = "The object store cannot be used ({en_reason})."
    zh_next = "请检查配置项 object_store、磁盘空间与访问凭据，然后重试。"
    en_next = "Check the setting object_store, the disk's space and the credentials; then try again."


class ObjectMissing(SealmarkError):
    """An object is not there any more."""

    code = "storage.object_missing"
    status = 410
    zh = "所需的对象已不在对象存储中。"
    en = "The object is not in the object store any more."
    zh_next = "它可能已到期删除；请重新生成。"
    en_next = "It may have been deleted when its time was over; generate it again."


class Objects:
    """Bytes under random names; what `put` returned for is durable. Safe from any thread, and blocking."""

    def __init__(self, store: "ObjectStore", folder: Path | None = None) -> None:
        self._store, self._folder = store, folder

    @classmethod
    def open(cls, url: str, folder: Path) -> "Objects":
        """The store at a URL such as `s3://bucket/prefix`; without one, a local folder, made where there is none.

        S3 takes its credentials and endpoint from the usual `AWS_*` variables. Raises `ObjectsUnavailable`.
        """
        with _translated():
            if url:
                _require_durable(url)
                return cls(from_url(url, client_options=_CLIENT, retry_config=_RETRY))
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(LocalStore(folder), folder)

    @staticmethod
    def name() -> str:
        """A new random name."""
        return secrets.token_hex(16)

    def put(self, name: str, data: bytes) -> None:
        """Keep bytes durably under a name of `name()`. Raises `ObjectsUnavailable`."""
        with _translated():
            obstore.put(self._store, name, data)
            if self._folder is not None:
                _settle(self._folder / name)

    def get(self, name: str) -> bytes:
        """The bytes. Raises `ObjectMissing`, `ObjectsUnavailable`."""
        with _translated():
            return bytes(obstore.get(self._store, name).bytes())

    def delete(self, names: Sequence[str]) -> None:
        """Forget these; one that is not there is no error. Raises `ObjectsUnavailable`."""
        for name in names:
            with _translated(), contextlib.suppress(FileNotFoundError, NotFoundError):
                obstore.delete(self._store, name)


def _require_durable(url: str) -> None:
    """Only stores that still have tomorrow what they took today; raises `ObjectsUnavailable`."""
    if not url.startswith(_SCHEMES):
        known = ", ".join(_SCHEMES)
        raise ObjectsUnavailable(**why(f"地址须以 {known} 之一开头", f"its URL begins with one of {known}"))


def _settle(path: Path) -> None:
    """The local store neither syncs nor narrows what it writes: on disk, and for its owner only."""
    with path.open("rb") as file:
        os.fchmod(file.fileno(), 0o600)
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """The store's errors as ours; its messages may hold addresses and keys, so only their kind is told."""
    try:
        yield
    except (FileNotFoundError, NotFoundError) as error:
        raise ObjectMissing from error
    except (BaseError, OSError, ValueError) as error:
        kind = type(error).__name__
        raise ObjectsUnavailable(**why(kind, kind)) from error
