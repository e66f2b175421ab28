"""Log lines of the service: to standard error, with the kind and place of a fault and never its text."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog

_Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def to_standard_error() -> None:
    """Send structlog's and the standard library's lines to standard error; JSON where nobody watches."""
    watched = sys.stderr.isatty()
    shown: Any = structlog.dev.ConsoleRenderer() if watched else structlog.processors.JSONRenderer()
    stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)
    structlog.configure(
        processors=[structlog.processors.add_log_level, stamped, shown],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class Discreet(logging.Formatter):
    """Writes of an exception its kind and place only: its text might hold what somebody sent."""

    def formatException(self, ei: _Fault) -> str:  # noqa: N802 - the name that logging calls
        """The kind, and the last places that it passed."""
        if ei[1] is None:
            return ""
        frames = traceback.extract_tb(ei[2])[-5:]
        places = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
        return f"{type(ei[1]).__name__} at {places}"

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - the name that logging calls
        """No stack: it shows source lines."""
        return ""
