"""The calls of c2pa, which is loaded here and only when it is needed. It never goes to the network.

No time stamp is asked for, no revocation looked up, no manifest fetched from elsewhere: what an item says of itself
is judged by what is at hand.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import Any, BinaryIO

from sealmark.errors import why
from sealmark.marks.credential.claim import Ingredient
from sealmark.marks.credential.signer import PURPOSES, CredentialDevice, Signer
from sealmark.marks.errors import CredentialNotSigned, NoCredentialPlace
from sealmark.media import Format
from sealmark.media.errors import NeedsExtra
from sealmark.media.pieces import Buffer

# What c2pa takes for a manifest store that stands in no item.
STORE = "application/c2pa"
# What it wants beside such a one: it calls nothing at all an error.
NO_ITEM = b"\0"


class Window(io.RawIOBase):
    """A file over bytes or a memory map, of which only what is read is ever in memory."""

    def __init__(self, data: Buffer) -> None:
        self._data, self._at = data, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def readinto(self, into: Any) -> int:
        """As of every file."""
        piece = self._data[self._at : self._at + len(into)]
        into[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of every file."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        """As of every file."""
        return self._at

    def write(self, data: Any) -> int:
        """Never: c2pa wants to see the name only."""
        raise io.UnsupportedOperation


class UnreadableStore(Exception):
    """c2pa could not read a manifest store, or what it stands in; its own words."""


def signed(
    definition: Mapping[str, Any],
    ingredients: Iterable[tuple[Mapping[str, Any], Ingredient]],
    signer: Signer,
    *,
    form: Format,
    source: BinaryIO,
    target: BinaryIO,
) -> None:
    """Write the item of `source` with a signed manifest store to `target`.

    Raises `NoCredentialPlace` where the item has no place for one, and `CredentialNotSigned`.
    """
    with _builder(definition, ingredients) as (library, builder), _signer(library, signer) as by, _failing(form.name):
        builder.sign(by, form.media_type, source, target)


def signed_store(
    definition: Mapping[str, Any], ingredients: Iterable[tuple[Mapping[str, Any], Ingredient]], signer: Signer
) -> bytes:
    """A signed manifest store for an item that c2pa knows not: the definition brings the `c2pa.hash.data`."""
    with _builder(definition, ingredients) as (library, builder), _signer(library, signer) as by, _failing("text"):
        builder.set_no_embed()
        return bytes(builder.sign(by, STORE, BytesIO(NO_ITEM), BytesIO()))


def report(
    media_type: str, source: io.IOBase | BinaryIO, anchors: str, store: bytes | None = None
) -> dict[str, Any] | None:
    """What c2pa's reader says of an item, or nothing where it holds no manifest; `store` is one beside the item.

    Raises `UnreadableStore`.
    """
    library = _loaded()
    try:
        with (
            library.Context(library.Settings.from_dict(_settings(anchors))) as context,
            library.Reader(media_type, source, manifest_data=store, context=context) as reader,
        ):
            found: dict[str, Any] = json.loads(reader.json())
            found["details"] = json.loads(reader.detailed_json()) if store is not None else {}
            return found
    except library.C2paError.ManifestNotFound:
        return None
    except library.C2paError as error:
        raise UnreadableStore(str(error)) from error


def _loaded() -> ModuleType:
    try:
        return import_module("c2pa")
    except ImportError:
        raise NeedsExtra(extra="credential") from None


def _settings(anchors: str) -> dict[str, Any]:
    """c2pa's settings: no network, our own list of purposes, and these root certificates."""
    trusted = {"user_anchors": anchors} if anchors else {}
    return {
        "version": 1,
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": True},
        "core": {"allowed_network_hosts": []},
        "builder": {"thumbnail": {"enabled": False}},
        "trust": {"trust_config": "\n".join(PURPOSES), **trusted},
    }


@contextmanager
def _builder(
    definition: Mapping[str, Any], ingredients: Iterable[tuple[Mapping[str, Any], Ingredient]]
) -> Iterator[tuple[ModuleType, Any]]:
    library = _loaded()
    with (
        _failing("manifest"),
        library.Context(library.Settings.from_dict(_settings(""))) as context,
        library.Builder(dict(definition), context) as builder,
    ):
        for said, one in ingredients:
            if one.store is not None:
                builder.add_resource(said["manifest_data"]["identifier"], BytesIO(one.store.data))
            builder.add_ingredient(dict(said), one.media_type, Window(one.data))
        yield library, builder


@contextmanager
def _signer(library: ModuleType, signer: Signer) -> Iterator[Any]:
    """c2pa's signer, without a time stamp authority."""
    if isinstance(signer, CredentialDevice):
        with _device(library, signer) as by:
            yield by
        return
    chain, key = signer.chain.encode(), signer.key.encode()
    with library.Signer.from_info(library.C2paSignerInfo(signer.algorithm, chain, key, None)) as by:
        yield by


@contextmanager
def _device(library: ModuleType, signer: CredentialDevice) -> Iterator[Any]:
    """c2pa's signer, which calls ours; what ours raises is raised from, not what c2pa makes of it."""
    failures: list[Exception] = []

    def sign(message: bytes) -> bytes:
        try:
            return signer.sign(message)
        except Exception as failure:  # a device may fail in any way
            failures.append(failure)
            return b""

    algorithm = library.C2paSigningAlg[signer.algorithm.upper()]
    with library.Signer.from_callback(sign, algorithm, signer.chain, None) as by:
        try:
            yield by
        except CredentialNotSigned as error:
            raise CredentialNotSigned(**why("签名设备出错", "the signing device failed")) from (failures or [error])[0]


@contextmanager
def _failing(name: str) -> Iterator[None]:
    """c2pa's errors as ours: an item that it cannot take, and all else."""
    library = _loaded()
    try:
        yield
    except library.C2paError.NotSupported as error:
        raise NoCredentialPlace(format=name, **why("C2PA 库不支持", "c2pa does not know it")) from error
    except library.C2paError.Signature as error:
        raise CredentialNotSigned(**why("签名无法核验", "the signature does not verify")) from error
    except library.C2paError as error:
        said = str(error)
        raise NoCredentialPlace(format=name, **why(f"C2PA 库：{said}", f"c2pa: {said}")) from error
