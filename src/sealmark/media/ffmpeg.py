"""FFmpeg by way of PyAV, the extra `video`."""

from typing import Any

from sealmark.media.errors import NeedsExtra


def library() -> Any:
    """The module `av`, quiet; raises `NeedsExtra` where it is not installed."""
    try:
        import av
    except ImportError:
        raise NeedsExtra(extra="video") from None
    av.logging.set_level(None)
    return av
