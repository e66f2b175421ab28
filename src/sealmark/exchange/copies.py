"""Copies without explicit mark, under a grant of the labelling Measures' Article 9 and in no other way.

A picture or a sound is marked anew from the original that was kept encrypted, a text is the body that its record kept
apart from its marks: nothing here takes a mark off (Art. 18). The label is the released item's own, written and read
back like any other; the copy is recorded, with whom it goes to, before it leaves.
"""

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

import orjson

from sealmark.exchange.admission import Admission
from sealmark.exchange.media import credential_layer, item_of
from sealmark.exchange.record import Exchange, Incoming, Item
from sealmark.exchange.stages import Stages
from sealmark.items import texts
from sealmark.items.registry import ItemRegistry, Release
from sealmark.marks.errors import MarkError
from sealmark.marks.keys import SigningKeys
from sealmark.marks.marker import Marked, Options, mark_bytes
from sealmark.media.format import Format
from sealmark.people.grant_errors import NoSuchGrant, NothingToLeaveOut, NotReleasedToThem
from sealmark.people.grants import Given, Grants, Terms
from sealmark.people.service import Holder, People, Standing
from sealmark.registers.service import Operation


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as a file, and the exchange that gave it; `label` is its label as JSON."""

    data: bytes
    media_type: str
    name: str
    label: str
    exchange: Exchange


class Copies:
    """Gives grants, and the copies that they are for."""

    def __init__(self, stages: Stages, items: ItemRegistry, grants: Grants, people: People) -> None:
        self._stages, self._items, self._grants, self._people = stages, items, grants, people

    @property
    def _admission(self) -> Admission:
        return self._stages.admission

    async def ask(self, holder: Holder, reference: str, terms: Terms) -> Given:
        """A grant for an item that was released to this end user.

        Raises what `Admission.copying` does, `NotReleasedToThem`, `NothingToLeaveOut`, `NoOriginal` or
        `LabellingAgreementRequired`.
        """
        standing = await self._admission.copying(holder, reference)
        return await asyncio.to_thread(self._give, holder, standing, terms)

    async def find(self, holder: Holder, grant: str) -> Given:
        """A grant of this application. Raises `NoSuchGrant`."""
        given = await asyncio.to_thread(self._grants.find, grant)
        if given.application != holder.id:
            raise NoSuchGrant(grant=grant[:40])
        return given

    async def take(self, holder: Holder, grant: str, incoming: Incoming) -> Copy:
        """One copy, recorded durably. Raises `NoSuchGrant`, `GrantOver`, and what `ask` does; then none is counted."""
        await self.find(holder, grant)
        given = await asyncio.to_thread(self._grants.take, grant)
        try:
            return await self._copied(holder, given, incoming)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(self._grants.give_back, grant))
            raise

    def _give(self, holder: Holder, standing: Standing, terms: Terms) -> Given:
        release = self._release(holder.id, standing.id, terms.produce_id)
        until = None if _is_text(release) else self._stages.originals.until(terms.produce_id)
        return self._grants.give(holder.id, standing.id, terms, until=until)

    def _release(self, application: str, end_user: str, produce_id: str) -> Release:
        """How the item was released to this very end user, with an explicit mark."""
        release = self._items.release(produce_id)
        if release is None or (release.application, release.end_user) != (application, end_user):
            raise NotReleasedToThem(produce_id=produce_id[:40])
        if not release.marked:
            raise NothingToLeaveOut(produce_id=produce_id[:40])
        return release

    async def _copied(self, holder: Holder, given: Given, incoming: Incoming) -> Copy:
        standing = await asyncio.to_thread(self._standing, given.end_user)
        self._admission.require_copying(standing)
        release = await asyncio.to_thread(self._release, holder.id, standing.id, given.terms.produce_id)
        exchange = Exchange(cast(Operation, release.operation), incoming, holder=holder, standing=standing)
        make = self._text if _is_text(release) else self._file
        copy, items = await make(exchange, given, release)
        await self._stages.record(self._stages.recorder.copied(exchange, given, items))
        return copy

    def _standing(self, end_user: str) -> Standing:
        with self._people.database.transaction() as session:
            return self._people.standing_of(session, end_user)

    async def _file(self, exchange: Exchange, given: Given, release: Release) -> tuple[Copy, list[Item]]:
        original = await asyncio.to_thread(self._stages.originals.open, given.terms.produce_id)
        layers = ("metadata", *credential_layer(self._stages, original.data))
        keys = SigningKeys(credential=self._stages.keys.signing.credential)
        options = Options(layers, media_type=original.media_type, own_edit=True, fresh=True, keys=keys)
        marked = await self._stages.workers.run(mark_bytes, original.data, release.label, options)
        _require_implicit(marked, release)
        form: Format = marked.format
        name = f"{given.terms.produce_id}.{form.extension}"
        copy = Copy(marked.data, form.media_type, name, release.label.inner(), exchange)
        return copy, [item_of(self._stages.recorder, marked)]

    async def _text(self, exchange: Exchange, given: Given, release: Release) -> tuple[Copy, list[Item]]:
        bodies = [texts.bare(row["content"]) for row in release.output if row.get("content")]
        label, items = release.label, [self._text_item(release, body) for body in bodies]
        body = orjson.dumps({"grant": given.id, "aigc": label.as_dict(), "texts": bodies})
        return Copy(body, "application/json", f"{given.terms.produce_id}.json", label.inner(), exchange), items

    def _text_item(self, release: Release, body: str) -> Item:
        data, finding = body.encode(), self._stages.recorder.finding
        keys = (finding.file(data), *finding.texts([body]))
        digest = sha256(data).hexdigest()
        return Item("text", "text", release.label, digest, len(data), ("metadata:envelope",), keys)


def _is_text(release: Release) -> bool:
    return all(item["medium"] == "text" for item in release.items) and _has_bodies(release.output)


def _has_bodies(output: Any) -> bool:
    """Whether the record kept a text apart from its marks; early ones did not."""
    return isinstance(output, list) and any(isinstance(row.get("content"), list) for row in output)


def _require_implicit(marked: Marked, release: Release) -> None:
    """Fail closed: the copy bears the released item's label in its metadata, and no explicit mark."""
    if marked.label != release.label or "metadata" not in marked.layers or "explicit" in marked.layers:
        raise MarkError
