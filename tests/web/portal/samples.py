"""Items that the portal is shown: real pictures and texts, marked by the library itself."""

import io
from datetime import UTC, datetime

from PIL import Image

import sealmark
from sealmark.items.registry import Opened
from sealmark.marks.label import REHEARSAL_CODE, Label

NUMBER = "R0123456789AB"
CODE = "abcdefghijklmnopqrstuvwxyz"
FOREIGN = "001191110102MAD55U9H0F10002"


def picture(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (96, 64), colour).save(out, "PNG")
    return out.getvalue()


def label(number: str = NUMBER, producer: str = str(REHEARSAL_CODE)) -> Label:
    return Label.first(producer, number)


def marked(number: str = NUMBER, producer: str = str(REHEARSAL_CODE)) -> bytes:
    return sealmark.mark(picture(), label(number, producer)).data


def relabelled(data: bytes, producer: str = FOREIGN) -> bytes:
    """The item with another producer in its label: what somebody did who wanted to hide where it came from."""
    return sealmark.mark(data, label(producer=producer), layers=("metadata",), own_edit=True).data


def opened(**given: object) -> Opened:
    values: dict[str, object] = {
        "exchange": "ex-k3v5q7mn2b4c6d8e",
        "operation": "chat",
        "service": "chat",
        "outcome": "released",
        "at": datetime(2026, 11, 23, 8, 29, 5, tzinfo=UTC),
        "end_user": "eu-5f2k",
        "named": "reader-17",
        "source": "192.0.2.7:50512",
        "client": "openai-python",
        "asked": {"model": "demo-chat", "messages": [{"role": "user", "content": "写一句话介绍城墙"}]},
        "answered": [{"content": "城墙很长"}],
        "code": None,
        "items": ({"medium": "text", "format": "text", "bytes": 812, "label": label().as_dict()},),
    }
    return Opened(**(values | given))  # type: ignore[arg-type]  # a test's own values
