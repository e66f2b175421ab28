"""A house that is small enough to hold in one hand: the same attributes, everything in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sealmark.items.registry import Opened
from sealmark.marks.keys import KnownKeys
from sealmark.marks.label import Label
from sealmark.marks.verifier import Known
from sealmark.media.pieces import Buffer
from sealmark.registers.service import Service
from sealmark.settings import Settings


@dataclass
class Shelf:
    """Remembers what a test released."""

    released: dict[str, tuple[bytes, Label]] = field(default_factory=dict)
    receipts: dict[str, tuple[Opened, str]] = field(default_factory=dict)

    def release(self, data: bytes, label: Label) -> bytes:
        self.released[label.produce_id] = (data, label)
        return data

    def by_number(self, produce_id: str) -> Known | None:
        found = self.released.get(produce_id)
        return Known(produce_id, label=found[1]) if found else None

    def by_bytes(self, data: Buffer) -> Known | None:
        numbers = [number for number, (kept, _) in self.released.items() if kept == data]
        return replace(known, unchanged=True) if numbers and (known := self.by_number(numbers[0])) else None

    def by_text(self, text: str) -> Known | None:
        return self.by_bytes(text.strip().encode())

    def opened(self, code: str) -> Opened | None:
        return self.receipts[code][0] if code in self.receipts else None

    def receipt(self, code: str) -> str | None:
        return self.receipts[code][1] if code in self.receipts else None


@dataclass
class Registers:
    services: Mapping[Any, Service]

    @property
    def snapshot(self) -> "Registers":
        return self


@dataclass
class Key:
    vkey: str = "sealmark/rehearsal/rehearsal+8f0c2a11+AVf2k0"


@dataclass
class SmallHouse:
    """What the portal sees of a house."""

    settings: Settings
    items: Shelf
    admission: Registers
    signer: Key = field(default_factory=Key)
    known_keys: KnownKeys = field(default_factory=KnownKeys)


def service(**given: Any) -> Service:
    values: dict[str, Any] = {
        "id": "chat",
        "model": "demo-chat",
        "operation": "chat",
        "zh": "演练对话",
        "en": "Rehearsal chat",
        "technology": 1,
        "upstream_url": "http://127.0.0.1:9",
        "upstream_model": "m",
        "marking_class": "17(1)",
    }
    return Service(**(values | given))


SERVICES = (
    service(),
    service(
        id="speech",
        model="demo-voice",
        operation="speech",
        zh="演练朗读",
        en="Rehearsal voice",
        technology=2,
        marking_class="17(2)",
    ),
    service(
        id="image",
        model="demo-painter",
        operation="image",
        zh="程序绘图",
        en="Procedural painter",
        technology=5,
        marking_class="17(5)",
    ),
)


def small_house(folder: Path, **settings: Any) -> SmallHouse:
    given: dict[str, Any] = {"mode": "rehearsal", "data_dir": folder, "verify_per_minute": 1000}
    return SmallHouse(
        Settings(**(given | settings)), Shelf(), Registers({(one.operation, one.model): one for one in SERVICES})
    )
