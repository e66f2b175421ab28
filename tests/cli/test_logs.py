"""The log of the service names no person and quotes no text."""

import logging

import pytest

from sealmark.cli.logs import Discreet


def record_of(error: BaseException) -> logging.LogRecord:
    return logging.LogRecord("x", logging.ERROR, "f", 1, "failed", None, (type(error), error, error.__traceback__))


def test_an_exception_is_kind_and_place() -> None:
    """The exception's text and the source lines stay out of the log."""

    def inner() -> None:
        raise ValueError("reader-1 asked about ink")

    with pytest.raises(ValueError, match="reader-1") as caught:
        inner()
    line = Discreet("%(message)s").format(record_of(caught.value))
    assert "ValueError at " in line
    assert "inner:" in line
    assert "reader-1" not in line
    assert "raise" not in line


def test_no_stack_is_shown() -> None:
    """A stack shows source lines with what stands in them; it is left out."""
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", None, None, sinfo="the stack")
    assert "the stack" not in Discreet("%(message)s").format(record)
