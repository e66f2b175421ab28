"""Where an edited file goes: written beside, then renamed, so that nobody ever sees half of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sealmark.errors import system_reason
from sealmark.media.errors import NotWritable


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file to write into, which takes the target's name at the end, durably; on an error there is none.

    Raises `NotWritable`.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("xb+") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.rename(target)
    except OSError as failure:
        beside.unlink(missing_ok=True)
        raise NotWritable(path=target, **system_reason(failure)) from failure
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
