"""The home page: what this service is, what it offers, and its filing (Art. 17, 19, 23)."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sealmark.web.portal import words
from sealmark.web.portal.portal import Portal


def routes(portal: Portal) -> list[Route]:
    """The addresses of this page."""
    return [Route("/", partial(home, portal))]


def home(portal: Portal, request: Request) -> Response:
    """`GET /`."""
    return portal.pages.page(
        request,
        "home.html",
        services=portal.services(),
        vkey=portal.vkey,
        technologies=words.TECHNOLOGIES,
        marking_classes=words.MARKING_CLASSES,
        operations=words.OPERATIONS,
    )
