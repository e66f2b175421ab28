"""The wrapped label in an EXIF user comment: the alternative of guide 20259A, annex B, read and never left stale."""

from sealmark.marks.metadata.found import Found, found
from sealmark.media.image import exif


def read(block: bytes) -> list[Found]:
    """The label in the user comment of an EXIF block, where that comment is one."""
    return labels(exif.comment_text(block))


def labels(text: str) -> list[Found]:
    """The label in the text of a user comment."""
    return [found(text, "EXIF UserComment", main=False)] if '"AIGC"' in text else []


def superseded(block: bytes) -> bytes:
    """The block with a label in its user comment emptied: the file's one label now stands in its main channel."""
    return exif.blanked(block) if read(block) else block
