"""The ledger (存证账本): a tamper-evident log whose every record can be proved offline (Art. 10, 16).

An RFC 6962 tree over salted digests, in tiles (C2SP tlog-tiles), under signed checkpoints (C2SP tlog-checkpoint).
"""

from sealmark.ledger.audit import Finding, Report, audit
from sealmark.ledger.checkpoint import Checkpoint, Signer, Verifier, open_note, parse_note
from sealmark.ledger.commitment import Opening
from sealmark.ledger.export import export
from sealmark.ledger.receipt import Checked, Receipt, check, prove
from sealmark.ledger.sequencer import Appended, Sequencer
from sealmark.ledger.store import Batch, Entry, MemoryStore, Salted, Sealed, Store

__all__ = [
    "Appended",
    "Batch",
    "Checked",
    "Checkpoint",
    "Entry",
    "Finding",
    "MemoryStore",
    "Opening",
    "Receipt",
    "Report",
    "Salted",
    "Sealed",
    "Sequencer",
    "Signer",
    "Store",
    "Verifier",
    "audit",
    "check",
    "export",
    "open_note",
    "parse_note",
    "prove",
]
