"""The deployment that a command works on: its settings, its ledger to read, its workplace to change."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealmark.settings import Settings

if TYPE_CHECKING:
    from sealmark.items.finding import FindingKeys
    from sealmark.items.registry import ItemRegistry
    from sealmark.ledger import Verifier
    from sealmark.marks.keys import KnownKeys
    from sealmark.marks.verifier import Known
    from sealmark.storage.keys import MasterKey
    from sealmark.storage.ledger import LedgerStore
    from sealmark.storage.mark_keys import MarkKeys


def settings_of(data_dir: Path | None) -> Settings:
    """The settings, with another data folder where one is given.

    Where nobody said which mode, a folder that holds a rehearsal's ledger and no other is that rehearsal's.
    """
    given: dict[str, Any] = {} if data_dir is None else {"data_dir": data_dir}
    settings = Settings.load(**given)
    rehearsal = settings.model_copy(update={"mode": "rehearsal"})
    told = "mode" in settings.model_fields_set or settings.ledger_path.exists()
    return rehearsal if rehearsal.ledger_path.exists() and not told else settings


def master_key(settings: Settings) -> "MasterKey":
    """The deployment's master key; raises `KeyUnavailable` where there is none."""
    from sealmark.storage.keys import MasterKey

    return MasterKey.from_file(settings.master_key_file or settings.data_dir / "master.key", create=False)


def mark_keys(settings: Settings) -> "MarkKeys":
    """What signs marks here and whom this deployment believes; raises what `MarkKeys.load` raises."""
    from sealmark.storage.mark_keys import MarkKeys

    return MarkKeys.load(settings)


def known_keys(settings: Settings) -> "KnownKeys":
    """Whom this deployment believes; raises what `storage.mark_keys.known_keys` raises."""
    from sealmark.storage import mark_keys as keys

    return keys.known_keys(settings)


@contextmanager
def ledger_to_read(settings: Settings) -> "Iterator[LedgerStore]":
    """The local ledger, beside a running writer or without one; raises `LedgerMissing`."""
    from sealmark.storage.ledger import LedgerStore

    with closing(LedgerStore.open(settings.ledger_path, readonly=True)) as store:
        yield store


@dataclass(frozen=True, slots=True)
class LocalLedger:
    """A local ledger with the keys to find in it and to check it."""

    store: "LedgerStore"
    items: "ItemRegistry"
    finding: "FindingKeys"
    verifier: "Verifier"

    def receipt_of(self, known: "Known") -> str:
        """The receipt of the record that a known item was released by."""
        from sealmark.ledger import prove
        from sealmark.ledger.errors import RecordUnknown

        found = self.store.find(self.finding.number(known.produce_id))
        if not found:
            raise RecordUnknown(zh_what=known.produce_id, en_what=known.produce_id)
        return prove(self.store, found[-1]).to_json()


@contextmanager
def local_ledger(settings: Settings) -> Iterator[LocalLedger]:
    """The local ledger as a registry of released items, to read only."""
    from sealmark.items.finding import FindingKeys
    from sealmark.items.registry import ItemRegistry
    from sealmark.ledger import Signer
    from sealmark.storage.database import Database
    from sealmark.storage.keys import SubjectKeys

    master = master_key(settings)
    finding = FindingKeys(master)
    with ledger_to_read(settings) as store, closing(Database(settings.workplace_url)) as database:
        items = ItemRegistry(store, database, SubjectKeys(master), finding)
        yield LocalLedger(store, items, finding, Signer(store.origin, master.ledger_seed).verifier)
