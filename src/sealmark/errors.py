"""What can go wrong, said so that a person knows what to do next.

Every error that a caller can meet derives from `SealmarkError` and carries a stable code, the HTTP status,
the article of the Provisions where there is one, and two sentences in Chinese and English: what happened,
and what to do. Rooms define their own beside the code that raises them; `catalogue` lists them all.
"""

import errno
from collections.abc import Iterator
from typing import ClassVar, Literal

Language = Literal["zh", "en"]


class SealmarkError(Exception):
    """The base of all our errors; raised itself only for what no room foresaw.

    Keyword arguments fill the placeholders of the sentences and travel in `details`; they never hold
    personal information or content, since error texts reach logs.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    article: ClassVar[int | None] = None
    zh: ClassVar[str] = "服务内部出错，本次请求没有放行任何内容。"
    en: ClassVar[str] = "Something failed inside the service; nothing of this request was released."
    zh_next: ClassVar[str] = "请稍后重试；若仍出现，请把交互编号告诉服务提供者。"
    en_next: ClassVar[str] = "Try again later; if it persists, give the provider the exchange number."

    def __init__(self, **details: object) -> None:
        super().__init__()
        self.details = details

    def happened(self, language: Language = "zh") -> str:
        """What happened, in one sentence."""
        return (self.zh if language == "zh" else self.en).format_map(_Lenient(self.details))

    def to_do(self, language: Language = "zh") -> str:
        """What to do next, in one sentence."""
        return (self.zh_next if language == "zh" else self.en_next).format_map(_Lenient(self.details))

    def text(self, language: Language = "zh") -> str:
        """Both sentences."""
        gap = "" if language == "zh" else " "
        return f"{self.happened(language)}{gap}{self.to_do(language)}"

    def __str__(self) -> str:
        return f"[{self.code}] {self.text('en')}"


class _Lenient(dict[str, object]):
    """Leaves a placeholder standing that nobody filled: an error text must never raise."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


_SYSTEM = {
    errno.EACCES: ("没有权限", "no permission"),
    errno.EPERM: ("不允许", "not permitted"),
    errno.ENOENT: ("文件或目录不存在", "no such file or folder"),
    errno.EEXIST: ("已有同名文件", "a file of that name exists"),
    errno.ENOTDIR: ("路径中有一段不是目录", "a part of the path is no folder"),
    errno.EISDIR: ("这是目录", "it is a folder"),
    errno.ENOSPC: ("磁盘已满", "no space is left"),
    errno.EDQUOT: ("超出磁盘配额", "the disk quota is used up"),
    errno.EROFS: ("文件系统只读", "the file system is read-only"),
    errno.ENAMETOOLONG: ("名称过长", "the name is too long"),
    errno.EADDRINUSE: ("端口已被占用", "the port is in use"),
    errno.EADDRNOTAVAIL: ("本机没有这个地址", "this machine has no such address"),
}


def system_reason(failure: OSError) -> dict[str, str]:
    """Why the operating system refused, as `zh_reason` and `en_reason`; what is not known here, in its own words."""
    own = failure.strerror or type(failure).__name__
    return why(*_SYSTEM.get(failure.errno or 0, (own, own)))


def why(zh: str, en: str) -> dict[str, str]:
    """A reason in both languages, for the placeholders `zh_reason` and `en_reason` of an error's sentences."""
    return {"zh_reason": zh, "en_reason": en}


def catalogue() -> Iterator[type[SealmarkError]]:
    """Every error class that is loaded, each once, ordered by code."""
    seen: set[type[SealmarkError]] = set()
    waiting: list[type[SealmarkError]] = [SealmarkError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            if kind not in seen:
                seen.add(kind)
                waiting.append(kind)
    seen.add(SealmarkError)
    yield from sorted(seen, key=lambda kind: kind.code)
