"""What the public pages stand on: settings, the registry of items, the register of services."""

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from sealmark.errors import Language, SealmarkError
from sealmark.items.registry import Opened
from sealmark.marks.keys import KnownKeys
from sealmark.marks.verifier import Registry
from sealmark.registers.service import Service
from sealmark.settings import Settings
from sealmark.web.design.pages import NOT_KEPT, Pages
from sealmark.web.places import Places
from sealmark.web.portal import seen
from sealmark.web.portal.allowance import Allowance

UPLOAD_FACTOR = 8  # an item may be larger than what one may ask for in a request's body
_BUSY_WAIT = "5"  # seconds


class Items(Registry, Protocol):
    """What the portal asks of the registry of items."""

    def opened(self, code: str) -> Opened | None:
        """What a receipt's code opens; None if no record answers to it."""

    def receipt(self, code: str) -> str | None:
        """The receipt as text that anyone can check offline."""


class Snapshot(Protocol):
    """What the portal asks of the registers."""

    @property
    def services(self) -> Mapping[Any, Service]:
        """Every registered service."""


class Admission(Protocol):
    """Who holds the current snapshot."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest registers."""


class Signer(Protocol):
    """Who signs the ledger's checkpoints."""

    @property
    def vkey(self) -> str:
        """The public key that receipts are checked against, in C2SP's form."""


class Behind(Protocol):
    """The house, as far as the public pages see it."""

    @property
    def settings(self) -> Settings:
        """The deployment's settings."""

    @property
    def items(self) -> Items:
        """What we know of our own items."""

    @property
    def known_keys(self) -> KnownKeys:
        """Whose signatures of labels are known."""

    @property
    def admission(self) -> Admission:
        """Who knows the services."""

    @property
    def signer(self) -> Signer:
        """Who signs the ledger."""


class Portal:
    """One deployment's public pages: what they share."""

    def __init__(self, house: Behind) -> None:
        self._house = house
        self.settings = house.settings
        self.items, self.known_keys = house.items, house.known_keys
        self.pages = Pages(house.settings)
        self.allowance = Allowance(house.settings.verify_per_minute)
        self.receipts = Allowance(house.settings.verify_per_minute)  # a crowd that verifies keeps nobody from theirs
        self.seen = seen.Signer()
        self.vkey = house.signer.vkey
        self.places = Places()

    @property
    def upload_limit(self) -> int:
        """The largest item that may be verified, in bytes."""
        return self.settings.body_limit * UPLOAD_FACTOR

    def services(self) -> list[Service]:
        """The services on offer, by the Article 23 class and name."""
        found = self._house.admission.snapshot.services.values()
        return sorted(found, key=lambda service: (service.technology, service.id))

    def spend(self, request: Request, allowance: Allowance) -> None:
        """Count a request against its sender's allowance; raises `TooManyVisits`."""
        allowance.spend(request.client.host if request.client else "")

    def failed(self, request: Request, error: SealmarkError, template: str = "error.html", **values: Any) -> Response:
        """The page that says what happened, the article, and what to do."""
        headers = dict(NOT_KEPT)
        if error.status in (429, 503):
            headers["Retry-After"] = str(error.details.get("wait", _BUSY_WAIT))
        language: Language | None = values.pop("language", None)
        return self.pages.page(
            request, template, status=error.status, headers=headers, language=language, error=error, **values
        )
