"""One format of items: its names and how to know it by content."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

HEAD = 4096
Medium = Literal["text", "image", "audio", "video", "scene", "document"]


@dataclass(frozen=True, slots=True)
class Format:
    """What a format is called, and `sniff`, which tells from the bytes alone whether an item is one.

    `media_types` and `extensions` begin with the preferred one; extensions carry no dot. A `mapped` format is known
    by its first `HEAD` bytes, and its files, which may be large, are read through a memory map. A `textual` format's
    files are text, and look like other text: between those a declaration decides. `within` names a format that an
    item of this one may also be declared as: Opus in Ogg is Ogg.
    """

    name: str
    medium: Medium
    media_types: tuple[str, ...]
    extensions: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    mapped: bool = False
    within: str | None = None
    textual: bool = False

    def __reduce__(self) -> tuple[Callable[[str], "Format"], tuple[str]]:
        """From process to process a format goes by its name, and is the same one there."""
        from sealmark.media.registry import by_name

        return by_name, (self.name,)

    @property
    def media_type(self) -> str:
        """The media type that we write."""
        return self.media_types[0]

    @property
    def extension(self) -> str:
        """The extension that we write, without a dot."""
        return self.extensions[0]
