"""What the generator made, reviewed but not yet marked: kept encrypted for a while, for copies without explicit mark.

Such a copy is given under a grant (Measures Art. 9) and never by taking a mark off (Art. 18). An original lies under
its end user's key; the row comes first, the bytes next, the record of the release last, so that whatever a crash
leaves behind is found by its row and cleared away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from sealmark.errors import SealmarkError
from sealmark.items.events import Event
from sealmark.items.finding import FindingKeys
from sealmark.items.models import Original
from sealmark.ledger import Store
from sealmark.storage import outbox
from sealmark.storage.database import Database, now
from sealmark.storage.keys import SubjectKey, SubjectKeys
from sealmark.storage.objects import ObjectMissing, Objects

PENDING = timedelta(hours=1)  # by then every exchange has closed: an answer, its marking and its record take minutes
SOME = 500  # rows cleared in one go


class NoOriginal(SealmarkError):
    """An item's original is not kept, or not any more."""

    code = "items.no_original"
    status = 410
    zh = "没有保存编号 {produce_id} 的内容在添加显式标识之前的原件，或已到期删除。"
    en = "The item {produce_id} is not kept as it was before its explicit mark, or its time is over."
    zh_next = "请重新生成；保存天数由配置项 originals_days 决定。"
    en_next = "Generate it again; the setting originals_days says for how long originals are kept."


@dataclass(frozen=True, slots=True)
class Made:
    """An item as it was before its explicit mark, with the number that it is released under."""

    produce_id: str
    medium: str
    format: str
    media_type: str
    data: bytes


class Originals:
    """Keeps originals for `days`; with 0 days it keeps none. Blocking, and safe from any thread."""

    def __init__(
        self, database: Database, objects: Objects, keys: SubjectKeys, finding: FindingKeys, store: Store, *, days: int
    ) -> None:
        self._database, self._objects, self._keys = database, objects, keys
        self._finding, self._store, self._days = finding, store, days

    @property
    def keeps(self) -> bool:
        """Whether this deployment keeps originals."""
        return self._days > 0

    def keep(self, exchange: str, key: SubjectKey, made: Sequence[Made]) -> None:
        """Keep the originals of one exchange durably; raises `ObjectsUnavailable`, and then nothing may be released."""
        rows = [self._row(f"{exchange}/{place}", key, one) for place, one in enumerate(made)]
        with self._database.transaction() as session:
            session.add_all(rows)
        for row, one in zip(rows, made, strict=True):
            self._objects.put(row.name, key.seal(one.data, row.context.encode()))

    def until(self, produce_id: str) -> datetime:
        """How long the original of an item will be kept. Raises `NoOriginal`."""
        return self._kept(produce_id).kept_until

    def open(self, produce_id: str) -> Made:
        """The original of an item. Raises `NoOriginal`, `ObjectsUnavailable`, `KeyUnavailable`."""
        row = self._kept(produce_id)
        with self._database.transaction() as session:
            key = self._keys.by_id(session, row.key_id)
        try:
            sealed = self._objects.get(row.name)
        except ObjectMissing as error:
            raise NoOriginal(produce_id=produce_id[:40]) from error
        return Made(produce_id, row.medium, row.format, row.media_type, key.open(sealed, row.context.encode()))

    def sweep(self) -> tuple[int, int]:
        """Delete what is over its time, and what no record released; returns how many of each."""
        expired = unreleased = 0
        while rows := self._over():
            expired += self._forget(rows)
        while rows := self._pending():
            lost = [row for row in rows if not self._store.find(row.number_lookup)]
            unreleased += self._forget(lost)
            self._settle([row.name for row in rows if row not in lost])
        if expired or unreleased:
            with self._database.transaction() as session:
                outbox.put(session, Event.ORIGINALS_SWEPT, expired=expired, unreleased=unreleased)
        return expired, unreleased

    def _row(self, context: str, key: SubjectKey, made: Made) -> Original:
        moment = now()
        return Original(
            name=self._objects.name(),
            number_lookup=self._finding.number(made.produce_id),
            context=context,
            medium=made.medium,
            format=made.format,
            media_type=made.media_type,
            size=len(made.data),
            key_id=key.id,
            created_at=moment,
            kept_until=moment + timedelta(days=self._days),
            settled=False,
        )

    def _kept(self, produce_id: str) -> Original:
        wanted = select(Original).where(Original.number_lookup == self._finding.number(produce_id))
        with self._database.transaction() as session:
            row = session.scalar(wanted)
        if row is None or row.kept_until <= now():
            raise NoOriginal(produce_id=produce_id[:40])
        return row

    def _over(self) -> list[Original]:
        with self._database.transaction() as session:
            return list(session.scalars(select(Original).where(Original.kept_until <= now()).limit(SOME)))

    def _pending(self) -> list[Original]:
        old = select(Original).where(Original.settled.is_(False), Original.created_at <= now() - PENDING)
        with self._database.transaction() as session:
            return list(session.scalars(old.limit(SOME)))

    def _forget(self, rows: Sequence[Original]) -> int:
        """The bytes first: a row without bytes is forgotten the next time, bytes without a row never."""
        names = [row.name for row in rows]
        self._objects.delete(names)
        with self._database.transaction() as session:
            session.execute(delete(Original).where(Original.name.in_(names)))
        return len(names)

    def _settle(self, names: Sequence[str]) -> None:
        with self._database.transaction() as session:
            for row in session.scalars(select(Original).where(Original.name.in_(names))):
                row.settled = True
