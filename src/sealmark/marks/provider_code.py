"""The 27-character code of a service provider (TC260 practice guide TC260-PG-20252A).

`00` + subject (kind, binding, eighteen characters) + service + four characters of the provider's own.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from sealmark.errors import why
from sealmark.marks.errors import BadProviderCode

Service = Literal["0", "1", "2"]

# GB 32100-2015: the 31 characters and the weights of the first seventeen.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC = re.compile(rf"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}")
_CODE = re.compile(r"00[0-9A-Z]{25}")
# Kind 1 is an organisation, binding 1 its unified social credit code; other values are not published.
_ORGANISATION = "11"


def uscc_check(first_seventeen: str) -> str:
    """The check character of a unified social credit code (GB 32100-2015)."""
    total = sum(_ALPHABET.index(c) * weight for c, weight in zip(first_seventeen, _WEIGHTS, strict=True))
    return _ALPHABET[-total % 31]


def is_uscc(text: str) -> bool:
    """Whether a text is a formally sound unified social credit code."""
    return _USCC.fullmatch(text) is not None and text[17] == uscc_check(text[:17])


@dataclass(frozen=True, slots=True)
class ProviderCode:
    """A sound provider code; `str()` gives the 27 characters."""

    subject: str
    service: Service
    app: str

    @classmethod
    def parse(cls, text: str) -> "ProviderCode":
        """The parts of a code; raises `BadProviderCode` where one breaks the rules.

        Of subjects other than organisations only the form is checked: their coding is not published.
        """
        if _CODE.fullmatch(text) is None:
            raise BadProviderCode(**why("应为 00 加 25 位数字或大写字母", "00 and 25 digits or capital letters"))
        subject, service, app = text[2:22], text[22], text[23:]
        if subject[:2] == _ORGANISATION and not is_uscc(subject[2:]):
            raise BadProviderCode(**why("统一社会信用代码的校验位不符合 GB 32100", "GB 32100 check character"))
        # Positions 23-27 are 00000 where no service extension is used.
        if service not in {"1", "2"} and service + app != "00000":
            raise BadProviderCode(**why("服务类型应为 1、2 或 00000", "service type 1, 2, or 00000"))
        return cls(subject, service, app)  # type: ignore[arg-type]  # checked against the literals above

    @classmethod
    def of(cls, uscc: str, service: Service = "1", app: str = "0001") -> "ProviderCode":
        """The code of an organisation by its unified social credit code; service 1 generates, 2 propagates."""
        return cls.parse(f"00{_ORGANISATION}{uscc}{service}{app}")

    @property
    def propagating(self) -> "ProviderCode":
        """The same provider's code for passing content on (position 23); one without service extension serves both."""
        return replace(self, service="2") if self.service == "1" else self

    def __str__(self) -> str:
        return f"00{self.subject}{self.service}{self.app}"


# Invented, and to be seen as such: no district has the number 000000, and the organisation part reads REHEAR5AL
# (S is no character of GB 32100). Formally sound, so that rehearsal takes the same way as live operation.
_REHEARSAL_SUBJECT = "91000000REHEAR5AL"
REHEARSAL_CODE = ProviderCode.of(_REHEARSAL_SUBJECT + uscc_check(_REHEARSAL_SUBJECT), "1", "DEMO")
