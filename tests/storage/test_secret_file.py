"""Files that hold one secret."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from sealmark.storage import secret_file
from sealmark.storage.keys import MasterKey
from sealmark.storage.secret_file import SecretFileUnusable

KEY = bytes(range(0x80, 0xA0))


def test_a_crash_leaves_nothing_under_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails before the content is safe on the disk, no file stands, neither whole nor in part."""

    def fails(_: int) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        with pytest.raises(OSError):  # noqa: PT011 - the failure itself, with nothing to match
            secret_file.create(tmp_path / "key", KEY)
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_wins(tmp_path: Path) -> None:
    """Made again, the file stays what it was; it is its owner's only, and nothing is left beside it."""
    path = tmp_path / "key"
    secret_file.create(path, KEY)
    secret_file.create(path, KEY[::-1])
    assert path.read_bytes() == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("spoil", "zh", "en"),
    [
        (lambda _: b"", "文件是空的", "it is empty"),
        (lambda key: key + b"\n", "它有 33 字节，以换行结尾", "33 bytes, ends with a line break"),
        (lambda key: b"\xef\xbb\xbf" + key, "以字节序标记（BOM）开头", "begins with a byte order mark"),
        (lambda key: b'"' + key + b'"', "带引号", "stands in quotes"),
        (lambda key: key.hex().encode(), "它有 64 字节，是写成文字的", "64 bytes, is written out as text"),
        (lambda key: key[:16], "它有 16 字节", "it has 16 bytes"),
    ],
)
def test_a_spoilt_master_key_is_explained(tmp_path: Path, spoil: Callable[[bytes], bytes], zh: str, en: str) -> None:
    """Empty, with a line break, a byte order mark or quotes, written as text, cut: each is said, nothing echoed."""
    path = tmp_path / "master.key"
    path.write_bytes(spoil(KEY))
    with pytest.raises(SecretFileUnusable) as caught:
        MasterKey.from_file(path, create=True)
    assert zh in caught.value.text("zh")
    assert en in caught.value.text("en")
    assert KEY.hex() not in caught.value.text("en")
    assert "{" not in caught.value.text("zh") + caught.value.text("en")
