"""The command line: one thin module a command group, and one door."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 for yes, 1 for no, 2 for input that cannot be used."""
    from sealmark.cli.door import run

    return run(arguments)
