"""How a record is found again without keeping what it is found by: keyed HMACs of numbers, digests, codes."""

from collections.abc import Iterable
from hashlib import sha256

from sealmark.media.pieces import Buffer
from sealmark.review import fold_plain
from sealmark.storage.keys import MasterKey

TEXT_FOUND_FROM = 12  # folded characters; a shorter text says nothing about who wrote it


class FindingKeys:
    """Makes the ledger's look-up keys."""

    def __init__(self, master: MasterKey) -> None:
        self._look_up = master.look_up

    def number(self, produce_id: str) -> bytes:
        """Of a production number."""
        return self._look_up("number", produce_id.encode("utf-8", "surrogatepass"))

    def file(self, data: Buffer) -> bytes:
        """Of a released file, by its bytes."""
        return self._look_up("file", sha256(data).digest())

    def digest(self, digest: str) -> bytes:
        """As `file`, by the SHA-256 of its bytes in hexadecimal."""
        return self._look_up("file", bytes.fromhex(digest))

    def texts(self, texts: Iterable[str]) -> tuple[bytes, ...]:
        """Of released texts, by their folded form; those too short to tell anything have none."""
        folded = {fold_plain(text) for text in texts}
        return tuple(self._text(one) for one in sorted(folded) if len(one) >= TEXT_FOUND_FROM)

    def receipt(self, code: str) -> bytes:
        """Of a receipt's code."""
        return self._look_up("receipt", code.encode("utf-8", "surrogatepass"))

    def exchange(self, exchange: str) -> bytes:
        """Of every record of one exchange."""
        return self._look_up("exchange", exchange.encode("utf-8", "surrogatepass"))

    def house(self, kind: str) -> bytes:
        """Of the records about the deployment itself."""
        return self._look_up("house", kind.encode())

    def _text(self, folded: str) -> bytes:
        return self._look_up("text", sha256(folded.encode("utf-8", "surrogatepass")).digest())
