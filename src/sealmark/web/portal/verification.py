"""The verification page: an item goes in, its verdict comes out layer by layer (Art. 16, 17; Measures Art. 6)."""

from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

import sealmark
from sealmark.errors import Language, SealmarkError
from sealmark.media import FORMATS, Limits
from sealmark.web.design import languages
from sealmark.web.design.pages import NOT_KEPT
from sealmark.web.portal.card import card
from sealmark.web.portal.portal import Portal
from sealmark.web.portal.seen import LARGEST, Seen
from sealmark.web.portal.submission import Submission, opened_form, read_submission, text_field

TEMPLATE = "verify.html"


def routes(portal: Portal) -> list[Route]:
    """The addresses of this page."""
    return [
        Route("/verify", partial(form_page, portal), methods=["GET"]),
        Route("/verify", partial(submitted, portal), methods=["POST"]),
        Route("/verify/again", partial(again, portal), methods=["POST"]),
    ]


def form_page(portal: Portal, request: Request) -> Response:
    """`GET /verify`."""
    return portal.pages.page(request, TEMPLATE, error=None, **_page(portal))


async def submitted(portal: Portal, request: Request) -> Response:
    """`POST /verify`: a file or a text, and whether its poster declared it as generated."""
    text = ""
    try:
        portal.spend(request, portal.allowance)
        async with opened_form(request, portal.upload_limit) as form:
            text = text_field(form, "text")
            submission = await read_submission(form, portal.upload_limit)
        return await run_in_threadpool(_answer, portal, request, submission)
    except SealmarkError as error:
        return portal.failed(request, error, TEMPLATE, **_page(portal, text=text))


async def again(portal: Portal, request: Request) -> Response:
    """`POST /verify/again`: a verdict that was shown, in the other language."""
    async with opened_form(request, LARGEST) as form:
        chosen, signed = text_field(form, languages.CHOICE), text_field(form, "seen")
    language = cast(Language, chosen) if chosen in languages.LANGUAGES else None
    seen = portal.seen.read(signed)
    if seen is None:
        return RedirectResponse(f"/verify?{languages.CHOICE}={language or 'zh'}", 303, headers=portal.pages.headers)
    return await run_in_threadpool(_show, portal, request, seen, language=language)


def look(portal: Portal, submission: Submission) -> Seen:
    """Verify one item; raises what `sealmark.verify` raises, and `Busy`."""
    with portal.places.taken():
        verdict = sealmark.verify(
            submission.data,
            keys=portal.known_keys,
            registry=portal.items,
            name=submission.name,
            declaration=submission.declared,
            limits=Limits(size=portal.upload_limit),
        )
    digest, at = sha256(submission.data).hexdigest(), datetime.now(UTC).isoformat(timespec="seconds")
    shown = verdict.as_dict() | {"receipt": None}  # a receipt opens only with its own code
    return Seen(shown, submission.name, len(submission.data), digest, at, submission.declared)


def _answer(portal: Portal, request: Request, submission: Submission) -> Response:
    return _show(portal, request, look(portal, submission), text=submission.text)


def _show(
    portal: Portal, request: Request, seen: Seen, *, text: str = "", language: Language | None = None
) -> Response:
    made = card(seen, language or languages.of_request(request), portal.settings)
    values = _page(portal, text=text, card=made, signed=portal.seen.write(seen), both=bool(seen.name and text.strip()))
    return portal.pages.page(request, TEMPLATE, headers=NOT_KEPT, language=language, error=None, **values)


def _page(portal: Portal, **values: Any) -> dict[str, Any]:
    """What the page shows in every state."""
    extensions = [extension for form in FORMATS for extension in form.extensions]
    empty = {"card": None, "text": "", "signed": "", "both": False}
    return empty | {"formats": FORMATS, "extensions": extensions, "limit": portal.upload_limit} | values
