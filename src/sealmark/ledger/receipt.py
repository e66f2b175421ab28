"""A receipt: one record with everything needed to check it offline, without trusting the provider.

Its text is JSON with one spelling. `proof` inside it is a whole C2SP tlog-proof; the salt that makes the leaf from
the record rides in that proof's `extra` line, so that record and proof alone also suffice for other tools.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from sealmark.ledger.checkpoint import Checkpoint, Verifier, decode, decode_hash, encode, number, open_note, parse_note
from sealmark.ledger.commitment import Opening, check_opening
from sealmark.ledger.errors import NoteMalformed, RecordUnknown
from sealmark.ledger.proof import check_inclusion, inclusion
from sealmark.ledger.store import Store
from sealmark.ledger.tree import SALT_BYTES, leaf_data, leaf_hash

RECEIPT_TYPE = "sealmark-receipt@v1"
PROOF_TYPE = "c2sp.org/tlog-proof@v1"
MAX_RECEIPT_BYTES = 1024 * 1024
_MAX_PATH = 64  # a tree of 2^63 leaves has no longer path


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record, the salt of its leaf, its index, the inclusion path, the signed checkpoint, and openings.

    `openings` maps a dotted place in the record to what opens the commitment that stands there.
    """

    record: bytes
    salt: bytes
    index: int
    path: tuple[bytes, ...]
    note: str
    openings: Mapping[str, Opening] = field(default_factory=dict)

    def tlog_proof(self) -> str:
        """The proof as C2SP tlog-proof text; its leaf data is SHA-256 over the extra bytes and the record."""
        path = "".join(f"{encode(one)}\n" for one in self.path)
        return f"{PROOF_TYPE}\nextra {encode(self.salt)}\nindex {self.index}\n{path}\n{self.note}"

    def to_json(self) -> str:
        """The receipt as text, to be given to whoever asks for it."""
        openings = {place: {"salt": encode(one.salt), "value": one.value} for place, one in self.openings.items()}
        whole = {
            "type": RECEIPT_TYPE,
            "record": self.record.decode(),
            "openings": openings,
            "proof": self.tlog_proof(),
        }
        return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Receipt":
        """Read a receipt, unchecked. Raises `NoteMalformed` for anything that `to_json` would not write."""
        written = text.encode(errors="replace") if isinstance(text, str) else text
        if len(written) > MAX_RECEIPT_BYTES:
            raise NoteMalformed(zh_reason="凭证过长", en_reason="the receipt is too long")
        try:
            receipt = _receipt(orjson.loads(written))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError):
            raise NoteMalformed(zh_reason="不是凭证", en_reason="not a receipt") from None
        if receipt.to_json().encode() != written:
            raise NoteMalformed(zh_reason="凭证被另存或改写过", en_reason="the receipt was respelled")
        return receipt

    @property
    def leaf(self) -> bytes:
        """The leaf hash that the path starts from."""
        return leaf_hash(leaf_data(self.salt, self.record))


@dataclass(frozen=True, slots=True)
class Checked:
    """What a receipt that holds says: the record as data, its index, the checkpoint, the opened values."""

    record: dict[str, object]
    index: int
    checkpoint: Checkpoint
    opened: dict[str, str]


def prove(store: Store, index: int, openings: Mapping[str, Opening] | None = None) -> Receipt:
    """The receipt of one record under the latest checkpoint.

    Raises `RecordUnknown`, or `ProofInvalid` if an opening opens nothing in that record.
    """
    note = store.latest_checkpoint()
    if note is None:
        raise RecordUnknown(zh_what=f"第 {index} 条记录", en_what=f"record {index}")
    size = parse_note(note)[0].size
    path = inclusion(store.tile, index, size)
    stored = store.record(index)
    for place, opening in (openings or {}).items():
        check_opening(stored.record, place, opening)
    return Receipt(stored.record, stored.salt, index, tuple(path), note, dict(openings or {}))


def check(receipt: str | bytes, vkey: str) -> Checked:
    """Check a receipt offline against the log's public key.

    Raises `NoteMalformed`, `SignatureInvalid` or `ProofInvalid`: a receipt with any byte altered never passes.
    """
    found = Receipt.from_json(receipt)
    checkpoint = open_note(found.note, [Verifier.load(vkey)])
    check_inclusion(found.leaf, found.index, checkpoint.size, found.path, checkpoint.root)
    for place, opening in found.openings.items():
        check_opening(found.record, place, opening)
    opened = {place: opening.value for place, opening in found.openings.items()}
    return Checked(_object(found.record), found.index, checkpoint, opened)


def _receipt(whole: dict[str, object]) -> Receipt:
    openings, record = whole["openings"], whole["record"]
    if whole["type"] != RECEIPT_TYPE or not isinstance(openings, dict) or not isinstance(record, str):
        raise NoteMalformed(zh_reason="不是凭证", en_reason="not a receipt")
    salt, index, path, note = _tlog_proof(str(whole["proof"]))
    opened = {place: Opening(_salt(one["salt"]), str(one["value"])) for place, one in openings.items()}
    return Receipt(record.encode(), salt, index, path, note, opened)


def _tlog_proof(text: str) -> tuple[bytes, int, tuple[bytes, ...], str]:
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 3 or lines[0] != PROOF_TYPE or len(lines) > 3 + _MAX_PATH:
        raise NoteMalformed(zh_reason="证明部分缺少盐值或序号", en_reason="not a tlog-proof with its salt and index")
    salt, index = _after("extra ", lines[1]), _after("index ", lines[2])
    return _salt(salt), number(index), tuple(decode_hash(line) for line in lines[3:]), note


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise NoteMalformed(
            zh_reason=f"证明中有一行不以 {word.strip()} 开头",
            en_reason=f"a line of the proof does not start with {word.strip()}",
        )
    return line.removeprefix(word)


def _salt(text: str) -> bytes:
    salt = decode(text)
    if len(salt) != SALT_BYTES:
        raise NoteMalformed(zh_reason="盐值应为 16 字节", en_reason="a salt has 16 bytes")
    return salt


def _object(record: bytes) -> dict[str, object]:
    try:
        found = orjson.loads(record)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise NoteMalformed(zh_reason="记录不是 JSON 对象", en_reason="the record is no JSON object")
    return found
