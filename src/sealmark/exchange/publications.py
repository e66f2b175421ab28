"""Making an item public: Article 9 gates it, whatever else is allowed, and the answer is recorded."""

import asyncio

from sealmark.errors import SealmarkError
from sealmark.exchange.admission import Admission
from sealmark.exchange.record import Event, Recorder
from sealmark.items.registry import ItemRegistry
from sealmark.ledger import Sequencer
from sealmark.people.service import Holder, Standing


class NotTheirs(SealmarkError):
    """No item was released to this end user under the production number."""

    code = "publish.unknown_item"
    status = 404
    zh = "没有向该最终使用者放行过编号为 {produce_id} 的内容。"
    en = "No item was released to this end user under the number {produce_id}."
    zh_next = "请核对回答中 aigc.ProduceID 的值。"
    en_next = "Check aigc.ProduceID of the answer."


class Publications:
    """The gate before the public."""

    def __init__(self, admission: Admission, items: ItemRegistry, recorder: Recorder, sequencer: Sequencer) -> None:
        self._admission, self._items = admission, items
        self._recorder, self._sequencer = recorder, sequencer

    async def publish(self, holder: Holder, reference: str, produce_id: str) -> dict[str, str]:
        """Let an identified end user publish a released item; raises `IdentityRequiredToPublish` (Art. 9)."""
        try:
            standing = await self._admission.publishing(holder, reference)
            await self._require_theirs(holder, standing, produce_id)
        except SealmarkError as error:
            await self._record(Event.UNPUBLISHED, holder, code=error.code, article=error.article)
            raise
        await self._record(Event.PUBLISHED, holder, end_user=standing.id, produce_id=produce_id)
        return {"produce_id": produce_id, "published": "allowed"}

    async def _require_theirs(self, holder: Holder, standing: Standing, produce_id: str) -> None:
        """Everyone publishes what was released to them, and nobody else's."""
        released_to = await asyncio.to_thread(self._items.released_to, produce_id)
        if released_to != (holder.id, standing.id):
            raise NotTheirs(produce_id=produce_id[:40])

    async def _record(self, kind: Event, holder: Holder, **fields: object) -> None:
        await self._sequencer.append(self._recorder.publication(kind, holder, fields))
