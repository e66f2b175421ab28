"""Files that hold one secret: written whole or not at all, and never read where they cannot be right.

What is told of an unusable one is its size and shape; its content is never echoed.
"""

import os
import secrets
from pathlib import Path

from sealmark.errors import SealmarkError, system_reason

_BOM = b"\xef\xbb\xbf"
_QUOTES = (b'"', b"'", b"`")


class SecretFileUnusable(SealmarkError):
    """A key file does not hold what it must; says what is wrong with it, and what it should look like."""

    code = "keys.file_unusable"
    zh = "密钥文件 {path} 不可用：{zh_problem}。它应当是：{zh_form}。"
    en = "The key file {path} cannot be used: {en_problem}. It should hold {en_form}."
    zh_next = "请从备份恢复原文件，不要用文本编辑器打开或另存。"
    en_next = "Restore the original from its backup; never open or save it in a text editor."


def read(path: Path, zh_form: str, en_form: str) -> bytes:
    """The file's content, as it is; `zh_form`, `en_form` say what it must be. Raises `SecretFileUnusable`."""
    try:
        return path.read_bytes()
    except OSError as failure:
        why = system_reason(failure)
        raise unusable(path, (why["zh_reason"], why["en_reason"]), zh_form, en_form) from failure


def unusable(path: Path, problem: tuple[str, str], zh_form: str, en_form: str) -> SecretFileUnusable:
    """The error for a file with this problem, said in Chinese and English."""
    zh, en = problem
    return SecretFileUnusable(path=path, zh_problem=zh, en_problem=en, zh_form=zh_form, en_form=en_form)


def create(path: Path, secret: bytes) -> None:
    """Make the file (0600) unless it is there already; under its name it is never seen half-written.

    Of two that make it at the same moment, one wins, and both then read the same.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        _stand(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _stand(beside: Path, path: Path) -> None:
    """Give the whole file its name, unless another has it, and let the folder remember."""
    try:
        os.link(beside, path)
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def shape(content: bytes) -> tuple[str, str]:
    """What is seen of a content that is not what it must be, in Chinese and English; nothing of what it says."""
    if not content:
        return "文件是空的", "it is empty"
    zh, en = f"它有 {len(content)} 字节", f"it has {len(content)} bytes"
    for seen, zh_seen, en_seen in (
        (content.startswith(_BOM), "以字节序标记（BOM）开头", "begins with a byte order mark"),
        (content.removeprefix(_BOM).strip()[:1] in _QUOTES, "带引号", "stands in quotes"),
        (content[-1:] in b"\r\n", "以换行结尾", "ends with a line break"),
        (_written(content), "是写成文字的", "is written out as text"),
    ):
        if seen:
            zh, en = f"{zh}，{zh_seen}", f"{en}, {en_seen}"
    return zh, en


def _written(content: bytes) -> bool:
    """Whether it is text: random bytes hardly ever are."""
    return content.removeprefix(_BOM).strip().isascii() and not any(byte < 9 for byte in content)
