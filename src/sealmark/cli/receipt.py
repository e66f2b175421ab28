"""What a checked receipt proves, in words: when, what was asked of whom, which reviews, which items with which marks.

Only the receipt's signature is the ledger's: the record's own shape is not taken for granted, nor its characters.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sealmark.cli.spoken import said

if TYPE_CHECKING:
    from sealmark.ledger import Checked

Row = tuple[str, str]  # the name of a line, and what stands in it; an empty name goes on with the line above
_KINDS = {
    "exchange.answer.closed": ("一次回答结束", "an answer ended"),
    "exchange.stream.opened": ("流式回答开始之前", "a streamed answer was about to begin"),
    "exchange.request.refused": ("一次请求被拒绝", "a request was refused"),
    "exchange.item.published": ("允许公开一份内容", "an item was allowed to be published"),
    "exchange.item.publishing_refused": ("拒绝公开一份内容", "an item was refused to be published"),
    "items.copy.released": ("交付一份不带显式标识的副本", "a copy without explicit mark was handed over"),
    "exchange.house.started": ("服务启动", "the service started"),
}
_OUTCOMES = {"released": ("放行", "released"), "refused": ("拒绝", "refused"), "broken": ("中断", "broken off")}
_OPERATIONS = {
    "chat": ("对话", "chat"),
    "image": ("图像", "image"),
    "speech": ("语音", "speech"),
    "item": ("提交的内容", "submitted item"),
    "propagation": ("传播的内容", "item passed on"),
}
_RESULTS = {
    "pass": ("通过", "passed"),
    "block": ("不通过", "blocked"),
    "unreviewed": ("没有审核过", "not reviewed"),
}
_MEDIUMS = {
    "text": ("文本", "text"),
    "image": ("图像", "image"),
    "audio": ("音频", "audio"),
    "video": ("视频", "video"),
    "scene": ("场景", "scene"),
    "document": ("文档", "document"),
}
_MARKS = {"explicit": ("显式", "explicit"), "metadata": ("元数据", "metadata")}
_PLACES = {"start": ("开头", "start"), "end": ("结尾", "end"), "envelope": ("随信封", "envelope")}


def in_json(found: "Checked") -> dict[str, Any]:
    """The receipt as `--json` shows it: its sense by name, then the record as it is."""
    record = found.record
    return {
        "holds": True,
        "index": found.index,
        "origin": found.checkpoint.origin,
        "size": found.checkpoint.size,
        "at": record.get("at"),
        "operation": record.get("operation"),
        "service": record.get("service"),
        "outcome": _outcome(record),
        "reviews": _listed(record, "reviews"),
        "items": [_item(found, place, item) for place, item in enumerate(_listed(record, "items"))],
        "record": record,
        "opened": found.opened,
    }


def in_words(found: "Checked") -> Iterator[Row]:
    """The receipt line by line."""
    record = found.record
    kind = str(record.get("kind", ""))
    yield said("记录", "record"), f"{_word(_KINDS, kind)} ({kind})" if kind in _KINDS else kind
    yield said("时间", "at"), str(record.get("at", "")).replace("T", " ").replace("+00:00", " UTC")
    for field, zh, en in (("exchange", "交互编号", "exchange"), ("application", "应用编号", "application")):
        if record.get(field):
            yield said(zh, en), str(record[field])
    if operation := record.get("operation"):
        service = record.get("service") or said("未登记的服务", "no registered service")
        yield said("服务", "service"), f"{_word(_OPERATIONS, operation)} · {service}"
    if outcome := _outcome(record):
        yield said("结果", "outcome"), said("，", ", ").join([_word(_OUTCOMES, outcome), *_fault(record)])
    yield from _reviews(record)
    for place, item in enumerate(_listed(record, "items")):
        yield from _spoken_item(_item(found, place, item), place + 1)
    for name, value in found.opened.items():
        if not name.startswith("items."):
            yield _opening(name), value


def plain(text: str) -> str:
    """The text without characters that would steer a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _outcome(record: Mapping[str, Any]) -> str | None:
    """What became of the request; a refused one was never answered, and its record names no outcome of its own."""
    outcome = record.get("outcome")
    return outcome if outcome else ("refused" if record.get("kind") == "exchange.request.refused" else None)


def _fault(record: Mapping[str, Any]) -> Iterator[str]:
    if code := record.get("code"):
        yield str(code)
    if article := record.get("article"):
        yield said(f"第 {article} 条", f"Article {article}")


def _reviews(record: Mapping[str, Any]) -> Iterator[Row]:
    reviews = _listed(record, "reviews")
    for number, review in enumerate(reviews, 1):
        name = f"{said('审核', 'review')} {number}"
        if review.get("result") == "unreviewed":
            yield name, said("没有审核过：尚无审核器能看这种内容", "not reviewed: no reviewer sees such content yet")
            continue
        coverage = review.get("coverage")
        characters = coverage.get("characters", 0) if isinstance(coverage, dict) else 0
        seen = said(f"{characters} 个字符", f"{characters} characters") if characters else said("没有文字", "no text")
        yield name, f"{_word(_RESULTS, review.get('result'))} · {seen} · {review.get('reviewer')}"
        yield "", str(review.get("version", ""))
    for one in _listed(record, "findings"):
        zh, en = f"{one.get('risk')}，条目 {one.get('entry')}", f"{one.get('risk')}, entry {one.get('entry')}"
        yield said("命中", "finding"), said(zh, en)


def _item(found: "Checked", place: int, item: Mapping[str, Any]) -> dict[str, Any]:
    """An item that was released: its number and marks, and the digest of its bytes where the receipt opens it."""
    label = item.get("label")
    return {
        "medium": item.get("medium"),
        "format": item.get("format"),
        "bytes": item.get("bytes"),
        "produce_id": label.get("ProduceID") if isinstance(label, dict) else None,
        "label": label,
        "marks": item.get("marks"),
        "digest": found.opened.get(f"items.{place}.digest"),
    }


def _spoken_item(item: Mapping[str, Any], number: int) -> Iterator[Row]:
    size = said(f"{item['bytes']} 字节", f"{item['bytes']} bytes")
    yield f"{said('内容', 'item')} {number}", f"{_word(_MEDIUMS, item['medium'])} · {item['format']} · {size}"
    yield f"  {said('编号', 'number')}", str(item["produce_id"])
    marks = item["marks"] if isinstance(item["marks"], list) else []
    yield f"  {said('标识', 'marks')}", said("、", ", ").join(map(_mark, marks)) or said("无", "none")
    if item["digest"]:
        yield "  SHA-256", str(item["digest"])


def _mark(mark: object) -> str:
    """`explicit:start` as one says it."""
    layer, _, place = str(mark).partition(":")
    where = f" ({_word(_PLACES, place)})" if place else ""
    return f"{_word(_MARKS, layer)}{where}"


def _opening(place: str) -> str:
    return said("流的 SHA-256", "stream SHA-256") if place == "wire" else place


def _listed(record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = record.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _word(table: Mapping[str, tuple[str, str]], name: object) -> str:
    return said(*table[str(name)]) if str(name) in table else str(name)
