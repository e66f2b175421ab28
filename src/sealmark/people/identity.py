"""Real identity (Art. 9): the kinds of number, their checksums, and the verifier that asks an authority.

Only form and checksum can be judged here. That a number belongs to a person is for an authorised source to say:
an operator, the national network identity service, a company register. Each is a `Verifier`.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

from sealmark.errors import SealmarkError

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
ID_CHECKS = "10X98765432"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


class UnknownDocument(SealmarkError):
    """This kind of identity number is not known here."""

    code = "identity.unknown_document"
    status = 400
    article = 9
    zh = "未知的身份证明种类：{document}。"
    en = "Unknown kind of identity number: {document}."
    zh_next = "请使用以下之一：{known}。"
    en_next = "Use one of: {known}."


class MalformedNumber(SealmarkError):
    """The number cannot be right: its form or its check digit is wrong."""

    code = "identity.malformed_number"
    status = 400
    article = 9
    zh = "{zh}格式或校验位不正确。"
    en = "The {en} has a wrong form or check digit."
    zh_next = "请核对后重新提交。"
    en_next = "Check it and submit it again."


@dataclass(frozen=True, slots=True)
class Document:
    """A kind of identity number."""

    name: str
    zh: str
    en: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an authority answered."""

    matched: bool


class Verifier(Protocol):
    """Asks an authority whether a number is real and belongs to the one who gives it."""

    name: str
    sandbox: bool

    def verify(self, document: Document, number: str) -> Outcome:
        """Ask; blocks until there is an answer. `number` is in its normal form."""
        ...


class SandboxVerifier:
    """Stands in for an authority in rehearsal; live mode refuses it.

    Agrees to every well-formed number but those that end in `0000`, so that a refusal can be rehearsed too.
    """

    name = "sandbox"
    sandbox = True

    def verify(self, document: Document, number: str) -> Outcome:
        """Agree, unless the number ends in 0000."""
        return Outcome(matched=not number.endswith("0000"))


def gb11643(number: str) -> bool:
    """Whether the check character of an 18-character identity number is right."""
    total = sum(int(digit) * weight for digit, weight in zip(number, ID_WEIGHTS, strict=False))
    return number[17] == ID_CHECKS[total % 11]


def gb32100(number: str) -> bool:
    """Whether the check character of an 18-character unified social credit code is right."""
    total = sum(USCC_ALPHABET.index(c) * weight for c, weight in zip(number, USCC_WEIGHTS, strict=False))
    return number[17] == USCC_ALPHABET[-total % 31]


CHECKS: dict[str, Callable[[str], bool]] = {"gb11643": gb11643, "gb32100": gb32100, "": lambda _: True}


@cache
def documents() -> dict[str, Document]:
    """The known kinds of identity number, by name."""
    table = tomllib.loads(files(__package__).joinpath("documents.toml").read_text("utf-8"))
    return {
        name: Document(name, row["zh"], row["en"], re.compile(row["pattern"], re.ASCII), CHECKS[row.get("check", "")])
        for name, row in table.items()
    }


def normal(document: str, number: str) -> tuple[Document, str]:
    """The kind and the number in its normal form (no blanks or hyphens, capitals).

    Raises `UnknownDocument` or `MalformedNumber`.
    """
    kind = documents().get(document)
    if kind is None:
        raise UnknownDocument(document=document, known=", ".join(documents()))
    number = re.sub(r"[\s-]", "", number).upper()
    if not kind.pattern.fullmatch(number) or not kind.check(number):
        raise MalformedNumber(zh=kind.zh, en=kind.en)
    return kind, number
