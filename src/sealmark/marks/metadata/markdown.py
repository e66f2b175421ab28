"""Markdown: the map `AIGC:` of seven keys in the YAML front matter (guide 20258A 6.5).

Only what a label needs is read: a block or flow map of plain or quoted scalars, every scalar a string (YAML's
failsafe schema). Anchors, aliases and tags are refused, and with them every YAML bomb.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from sealmark.errors import why
from sealmark.marks.errors import BadLabel
from sealmark.marks.label import Label
from sealmark.marks.metadata.found import Found, Remains, found, gathered, whole
from sealmark.media.errors import Damaged
from sealmark.media.text import markdown, text
from sealmark.media.text.markdown import Document

_PLACE = "Markdown YAML AIGC"
_KEY = re.compile(r"(?:AIGC|\"AIGC\"|'AIGC')[ \t]*:(.*)", re.DOTALL)
_ENTRY = re.compile(r"[ \t]+(?P<key>[\"']?\w+[\"']?)[ \t]*:(?P<value>[ \t].*)?\Z")
_BLANK = re.compile(r"[ \t\r]*(?:#.*)?\Z", re.DOTALL)


def remains(data: bytes) -> Remains:
    """Every label in a Markdown document, whole or not."""
    whole = text.uncut(data)
    document, damage = markdown.remains(text.decode(whole))
    if whole != data:
        damage = damage or Damaged(format="Markdown", **why("最后一个字符不完整", "the last character is cut"))
    lines = document.front.split("\n")
    return gathered((lines[start:end] for start, end in _blocks(lines)), _read, damage)


def _read(lines: list[str]) -> list[Found]:
    return [_found(lines)]


def write(data: bytes, label: Label) -> bytes:
    """The document with this label as its one label; every other line stays as it is."""
    document = markdown.parse(text.decode(data))
    return _labelled(document, label).whole().encode()


def _labelled(document: Document, label: Label) -> Document:
    if not document.close:
        return Document(f"{document.head}---\n", "\n".join((*_yaml(label), "")), "---\n", document.body)
    end = "\r" if document.head.endswith("\r\n") else ""
    lines = document.front.split("\n")
    blocks = _blocks(lines)
    # Behind the last line there is an empty string, because every line ends in a line feed.
    at = blocks[0][0] if blocks else len(lines) - 1
    for start, stop in reversed(blocks):
        del lines[start:stop]
    lines[at:at] = [line + end for line in _yaml(label)]
    return replace(document, front="\n".join(lines))


def _blocks(lines: list[str]) -> list[tuple[int, int]]:
    """Where the AIGC properties stand: the line of the key with everything below it up to the next property."""
    starts = [index for index, line in enumerate(lines) if _KEY.match(line)]
    return [(start, _block_end(lines, start)) for start in starts]


def _block_end(lines: list[str], start: int) -> int:
    end = stop = start + 1
    # A flow map may close in the first column; empty lines at the end are not part of the property.
    while stop < len(lines) and (not lines[stop].strip() or lines[stop][0] in " \t}]"):
        stop += 1
        end = stop if lines[stop - 1].strip() else end
    return end


def _yaml(label: Label) -> list[str]:
    # A JSON string is a double-quoted YAML scalar.
    entries = (f"  {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in label.as_dict().items())
    return ["AIGC:", *entries]


def _found(lines: list[str]) -> Found:
    try:
        return found(_json(lines), _PLACE, main=True)
    except BadLabel as error:
        return Found(None, "\n".join(lines), _PLACE, main=True, error=error)


def _json(lines: list[str]) -> str:
    """The map as JSON text, whichever way it is written."""
    key = _KEY.match(lines[0])
    rest = key.group(1).strip() if key else ""
    if rest.startswith("{"):
        return "\n".join((rest, *lines[1:]))
    if rest and not rest.startswith("#"):
        return _scalar("AIGC", rest)
    pairs = list(_entries(lines[1:]))
    if len(dict(pairs)) != len(pairs):
        raise BadLabel(field="AIGC", **why("键重复出现", "a key stands twice"))
    return json.dumps(dict(pairs))


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if _BLANK.match(line):
            continue
        entry = _ENTRY.match(line.rstrip())
        if entry is None:
            raise BadLabel(field="AIGC", **why("不是由标量组成的映射", "not a map of scalars"))
        key = entry["key"].strip("\"'")
        yield key, _scalar(key, (entry["value"] or "").strip())


def _scalar(key: str, value: str) -> str:
    """The text of a YAML scalar on one line."""
    if value.startswith('"'):
        return _double_quoted(key, value)
    if value.startswith("'"):
        closed = re.match(r"'((?:[^']|'')*)'[ \t]*(?:#.*)?\Z", value)
        if closed is None:
            raise BadLabel(field=key, **why("引号没有闭合", "unclosed quotation"))
        return closed.group(1).replace("''", "'")
    if value[:1] in {"&", "*", "!", "|", ">", "{", "[", "@", "`", "%"}:
        raise BadLabel(field=key, **why("不是普通的标量", "not a plain scalar"))
    return re.split(r"[ \t]#|^#", value, maxsplit=1)[0].rstrip()


def _double_quoted(key: str, value: str) -> str:
    try:
        text_, end = json.JSONDecoder().raw_decode(value)
    except ValueError:
        raise BadLabel(field=key, **why("引号没有闭合", "unclosed quotation")) from None
    if not isinstance(text_, str) or not _BLANK.match(value[end:]):
        raise BadLabel(field=key, **why("不是普通的标量", "not a plain scalar"))
    return text_


CARRIER = whole("markdown", remains, write)
