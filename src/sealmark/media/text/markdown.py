"""Markdown in UTF-8, with or without a YAML front matter between lines of three dashes."""

import re
from dataclasses import dataclass
from itertools import takewhile

from sealmark.errors import why
from sealmark.media.errors import Damaged
from sealmark.media.format import Format
from sealmark.media.text import text

_OPEN = re.compile(r"\ufeff?---[ \t]*\r?\n")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
# A line that front matter may hold: empty, indented, a comment, a list entry, or one with a key.
_PLAUSIBLE = re.compile(r"[ \t]*\r?\Z|[ \t]|#|-[ \t]|[^\s#][^\n]*:(?:\s|\Z)|[}\]]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LABELLED = re.compile(r"^(?:AIGC|\"AIGC\"|'AIGC')[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown document: `head` up to and with the opening dashes, `front` the lines between, `close`, `body`.

    Without a front matter the first three are empty (`head` may hold a byte order mark). The four together
    are the document.
    """

    head: str
    front: str
    close: str
    body: str

    def whole(self) -> str:
        """The document's text."""
        return self.head + self.front + self.close + self.body


def parse(content: str) -> Document:
    """Split a document at its front matter."""
    opening = _OPEN.match(content)
    closing = _CLOSE.search(content, opening.end()) if opening else None
    if opening and closing:
        front = content[opening.end() : closing.start()]
        if all(_PLAUSIBLE.match(line) for line in front.split("\n")):
            return Document(content[: opening.end()], front, closing.group(), content[closing.end() :])
    cut = len(text.BOM) if content.startswith(text.BOM) else 0
    return Document(content[:cut], "", "", content[cut:])


def remains(content: str) -> tuple[Document, Damaged | None]:
    """As `parse`; of a front matter that does not end, or holds what none holds, the lines before that.

    It counts as one where it bears a label: three dashes alone may be a rule.
    """
    document, opening = parse(content), _OPEN.match(content)
    if document.close or opening is None:
        return document, None
    lines = (line.group() for line in _LINE.finditer(content, opening.end()))
    front = "".join(takewhile(_stands_in_front, lines))
    if _LABELLED.search(front) is None:
        return document, None
    damage = Damaged(format="Markdown", **why("开头的元数据不完整", "the front matter does not end as one"))
    return Document(opening.group(), front, "", content[opening.end() + len(front) :]), damage


def _stands_in_front(line: str) -> bool:
    return _CLOSE.match(line) is None and _PLAUSIBLE.match(line.removesuffix("\n")) is not None


def is_markdown(data: bytes) -> bool:
    """Whether a labelled front matter shows that this text is Markdown; other Markdown shows by its name."""
    if not data.startswith((b"---", b"\xef\xbb\xbf---")) or not text.is_text(data):
        return False
    return _LABELLED.search(parse(data.decode()).front) is not None


FORMAT = Format(
    "markdown", "text", ("text/markdown", "text/x-markdown"), ("md", "markdown", "mdown"), is_markdown, textual=True
)
