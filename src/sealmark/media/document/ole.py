"""OLE compound files ([MS-CFB]): what Office wrote until 2003, and what it puts an encrypted document into."""

from sealmark.media.errors import LegacyOffice, ProtectedOffice
from sealmark.media.pieces import Buffer

SIGNATURE = bytes.fromhex("D0CF11E0A1B11AE1")  # [MS-CFB] 2.2
_PACKAGE = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.3.4.4: the stream of the encrypted document


def refuse(data: Buffer) -> None:
    """Raise `ProtectedOffice` or `LegacyOffice` where the bytes are a compound file: it has no place for a label."""
    if data[: len(SIGNATURE)] != SIGNATURE:
        return
    raise ProtectedOffice if data.find(_PACKAGE) >= 0 else LegacyOffice
