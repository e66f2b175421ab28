"""The workplace's database without a server: what is changed here waits in the outbox, and the server records it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from sealmark.exchange.admission import APPLICATION_ITSELF
from sealmark.house import _ledger, _master_key_file, _seed, refuse_live
from sealmark.people.identity import SandboxVerifier
from sealmark.people.service import People
from sealmark.registers.service import Registers
from sealmark.settings import Settings
from sealmark.storage.database import Database
from sealmark.storage.keys import MasterKey
from sealmark.storage.migrations import upgrade


@contextmanager
def people_of(settings: Settings) -> Iterator[People]:
    """The people room on the deployment's database, beside a running server or without one.

    A new workplace is laid out as the server would do it, ledger included. Raises `GatesMissing` in live mode.
    """
    refuse_live(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    master = MasterKey.from_file(_master_key_file(settings), create=settings.rehearsal)
    with closing(Database(settings.workplace_url)) as database:
        upgrade(database.engine)
        people = People(database, master, SandboxVerifier())
        if not settings.ledger_path.exists():
            _ledger(settings, database).close()
            _seed(settings, people, Registers(database))
        yield people


def rehearse(people: People, settings: Settings, application: str) -> None:
    """In rehearsal, let an application call without naming an end user: it then speaks for itself."""
    agreement = people.agreement()
    if not settings.rehearsal or agreement is None:
        return
    people.register(application, APPLICATION_ITSELF)
    people.verify_identity(application, APPLICATION_ITSELF, "mobile", "13800138001")
    people.accept_agreement(application, APPLICATION_ITSELF, agreement.version)
