"""Who may pass: one immutable snapshot of registers, and a cache of keys and end users that owns no database.

A poll four times a second drops what has become stale, so that a change reaches this worker within a second; a worker
whose last good poll is more than five seconds old admits nobody (design.md, section 2).
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from sealmark.errors import SealmarkError, why
from sealmark.exchange.errors import (
    AgreementRequired,
    EndUserUnknown,
    EndUserUnnamed,
    IdentityRequired,
    IdentityRequiredToPublish,
    Sanctioned,
    Stale,
    Unassessed,
    UnknownKey,
    UnknownModel,
)
from sealmark.people.grant_errors import IdentityRequiredToCopy
from sealmark.people.service import Holder, People, Standing, current_agreement, key_digest
from sealmark.registers.marking import OTHER, MarkingClass, classes, default_class
from sealmark.registers.service import Operation, Registers, Service
from sealmark.storage import revisions
from sealmark.storage.database import Database, now

POLL = 0.25  # seconds
PATIENCE = 5.0  # seconds without a good poll
READERS = ThreadPoolExecutor(2, "sealmark-admission")  # of its own: long reviews must not keep anyone out
CACHED = 100_000  # keys, and end users, held at most
SANCTIONS = {
    "restrict": ("限制功能", "restricted"),
    "suspend": ("暂停服务", "suspended"),
    "close": ("关闭账号", "closed"),
}
APPLICATION_ITSELF = "(application)"  # in rehearsal, the end user of a call that names none

Name = TypeVar("Name", bytes, tuple[str, str])
Thing = TypeVar("Thing", Holder, Standing)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the hot path knows of the registers."""

    services: dict[tuple[Operation, str], Service]
    switches: dict[str, str]
    agreement: str | None
    approved: frozenset[str] = frozenset()


class Admission:
    """Admits calls from memory; reads the database only for a key or an end user it does not know yet."""

    def __init__(self, database: Database, people: People, registers: Registers, *, rehearsal: bool) -> None:
        self._database, self._people, self._registers = database, people, registers
        self._rehearsal = rehearsal
        self._holders: dict[bytes, Holder] = {}
        self._standings: dict[tuple[str, str], Standing] = {}
        self._epoch = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="sealmark-revisions", daemon=True)
        self._seen = 0
        self.snapshot = Snapshot({}, {}, None)
        self._fresh_at = 0.0

    def start(self) -> None:
        """Read everything once, then follow the revisions."""
        self._read_all()
        self._thread.start()

    def stop(self) -> None:
        """Stop following."""
        self._stopping.set()
        self._thread.join(timeout=2)

    # what the hot path asks

    async def holder(self, key: str) -> Holder:
        """The application whose key this is; raises `UnknownKey` or `Stale`."""
        if time.monotonic() - self._fresh_at > PATIENCE:
            raise Stale
        digest = key_digest(key)
        found = self._holders.get(digest)
        if found is None or found.stale_at <= now():
            found = await self._load(self._holders, digest, lambda session: self._people.holder(session, digest))
        if found is None:
            raise UnknownKey
        return found

    async def generating(self, holder: Holder, reference: str | None, operation: str) -> Standing:
        """The end user that a call is made for, if they may; raises what stands between them and an answer."""
        return await self._passing(holder, reference, lambda standing: self._may_generate(standing, operation))

    async def publishing(self, holder: Holder, reference: str | None) -> Standing:
        """The end user who wants to publish, if they may; raises `IdentityRequiredToPublish` (Art. 9)."""
        return await self._passing(holder, reference, self._may_publish)

    async def copying(self, holder: Holder, reference: str) -> Standing:
        """The end user who asks for an unlabelled copy, if they may; raises as `require_copying` does."""
        return await self._passing(holder, reference, self.require_copying)

    def require_copying(self, standing: Standing) -> None:
        """Only for who is identified and under no sanction at all (Art. 9, 10; Measures Art. 9).

        Raises `AgreementRequired`, `Sanctioned` or `IdentityRequiredToCopy`.
        """
        self._may_use(standing, "copy")
        if standing.restricted:
            raise Sanctioned(**why(*SANCTIONS["restrict"]))
        if not standing.identified:
            raise IdentityRequiredToCopy

    async def _passing(self, holder: Holder, reference: str | None, check: Callable[[Standing], None]) -> Standing:
        """Whom `check` lets pass; who fails is read afresh once, since they may just have done what was missing."""
        standing = await self._standing(holder, reference)
        try:
            check(standing)
        except SealmarkError:
            self._standings.pop((holder.id, reference or APPLICATION_ITSELF), None)
            standing = await self._standing(holder, reference)
            check(standing)
        return standing

    async def _standing(self, holder: Holder, reference: str | None) -> Standing:
        if not reference:
            if not self._rehearsal:
                raise EndUserUnnamed
            reference = APPLICATION_ITSELF
        name = (holder.id, reference)
        found = self._standings.get(name)
        if found is None or found.stale_at <= now():
            found = await self._load(
                self._standings, name, lambda session: self._people.standing(session, holder.id, name[1])
            )
        if found is None:
            raise EndUserUnknown
        return found

    def service(self, operation: Operation, model: str) -> Service:
        """The registered service of this name; raises `UnknownModel` or `Unassessed`."""
        service = self.snapshot.services.get((operation, model))
        if service is None:
            raise UnknownModel(model=model[:100])
        if not service.assessed:
            raise Unassessed(service=service.id)
        return service

    def marking_class(self, service: Service) -> MarkingClass:
        """What a service's items get: the reason of one that is `other` counts once it is approved (Art. 17)."""
        approved = service.marking_class != OTHER or service.claim in self.snapshot.approved
        return classes()[service.marking_class if approved else default_class()]

    def _may_generate(self, standing: Standing, operation: str) -> None:
        self._may_use(standing, operation)
        if not standing.identified and self.snapshot.switches["identity.required_for"] == "all":
            raise IdentityRequired

    def _may_publish(self, standing: Standing) -> None:
        # Art. 9 gates publishing, whatever `identity.required_for` says
        self._may_use(standing, "publish")
        if not standing.identified:
            raise IdentityRequiredToPublish

    def _may_use(self, standing: Standing, operation: str) -> None:
        if standing.stopped is not None:
            raise Sanctioned(**why(*SANCTIONS[standing.stopped]))
        if operation in standing.restricted:
            raise Sanctioned(**why(*SANCTIONS["restrict"]))
        version = self.snapshot.agreement
        if version is None or standing.agreed != version:
            raise AgreementRequired(version=version or "none published")

    # what keeps it fresh

    async def _load(
        self, cache: dict[Name, Thing], name: Name, read: Callable[[Session], Thing | None]
    ) -> Thing | None:
        epoch = self._epoch
        found = await asyncio.get_running_loop().run_in_executor(READERS, self._in_transaction, read)
        if found is not None and epoch == self._epoch:  # else it may be older than the change just seen
            if len(cache) >= CACHED:
                cache.clear()
            cache[name] = found
        return found

    def _in_transaction(self, read: Callable[[Session], Thing | None]) -> Thing | None:
        with self._database.transaction() as session:
            return read(session)

    def _poll(self) -> None:
        while not self._stopping.wait(POLL):
            try:
                self._catch_up()
            except SQLAlchemyError as error:
                log.warning("revisions.poll_failed", error=type(error).__name__)

    def _catch_up(self) -> None:
        asked_at = time.monotonic()
        with self._database.reading() as connection:
            changes = revisions.since(connection, self._seen)
        if changes:
            self._apply(changes)
        self._fresh_at = asked_at

    def _apply(self, changes: list[tuple[int, str, str]]) -> None:
        if any(room == "registers" or not subject for _, room, subject in changes):
            self._read_all()
        else:
            stale = {subject for _, _, subject in changes}
            self._epoch += 1
            for name in [name for name, standing in list(self._standings.items()) if standing.id in stale]:
                self._standings.pop(name, None)
        self._seen = max(self._seen, changes[-1][0])

    def _read_all(self) -> None:
        asked_at = time.monotonic()
        with self._database.transaction() as session:
            seen = revisions.latest(session)
            agreement = current_agreement(session)
            services = {(s.operation, s.model): s for s in self._registers.services(session)}
            self.snapshot = Snapshot(
                services,
                self._registers.switches(session),
                agreement.version if agreement else None,
                frozenset(self._registers.approvals(session)),
            )
            revisions.prune(session)
        self._epoch += 1
        self._holders.clear()
        self._standings.clear()
        self._seen, self._fresh_at = seen, asked_at
