"""Receipts: who holds a receipt's code sees who asked, when and what, and takes the proof along (Art. 10, 16)."""

from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sealmark.errors import SealmarkError
from sealmark.items.registry import UnknownReceipt
from sealmark.web.design.pages import NOT_KEPT
from sealmark.web.portal import words
from sealmark.web.portal.passages import answers, passages, pretty
from sealmark.web.portal.portal import Portal
from sealmark.web.portal.submission import opened_form, text_field

TEMPLATE = "receipts.html"
_FORM_LIMIT = 4096  # bytes
_LONGEST_CODE = 64


def routes(portal: Portal) -> list[Route]:
    """The addresses of these pages."""
    return [
        Route("/receipts", partial(form_page, portal), methods=["GET"]),
        Route("/receipts", partial(asked, portal), methods=["POST"]),
        Route("/receipts/{code}", partial(receipt, portal), methods=["GET"]),
        Route("/receipts/{code}/receipt.json", partial(download, portal), methods=["GET"]),
    ]


def form_page(portal: Portal, request: Request) -> Response:
    """`GET /receipts`."""
    return portal.pages.page(request, TEMPLATE, code="", error=None)


async def asked(portal: Portal, request: Request) -> Response:
    """`POST /receipts`: from the code that was typed to the receipt's own page."""
    async with opened_form(request, _FORM_LIMIT) as form:
        code = "".join(text_field(form, "code").split()).lower()[:_LONGEST_CODE]
    where = f"/receipts/{quote(code, safe='')}" if code else "/receipts"
    return RedirectResponse(where, 303, headers={**portal.pages.headers, **NOT_KEPT})


def receipt(portal: Portal, request: Request) -> Response:
    """`GET /receipts/{code}`."""
    code = request.path_params["code"]
    try:
        portal.spend(request, portal.receipts)
        opened = portal.items.opened(code)
        if opened is None:
            raise UnknownReceipt
    except SealmarkError as error:
        return portal.failed(request, error, TEMPLATE, code=code[:_LONGEST_CODE])
    return portal.pages.page(
        request,
        "receipt.html",
        headers=NOT_KEPT,
        code=code,
        opened=opened,
        command=f"sealmark ledger check receipt.json --vkey '{portal.vkey}'",
        asked=passages(opened.asked),
        answered=answers(opened.answered),
        asked_whole=pretty(opened.asked),
        answered_whole=pretty(opened.answered),
        roles=words.ROLES,
        operation=words.OPERATIONS.get(opened.operation, opened.operation),
        outcome=words.OUTCOMES.get(opened.outcome, opened.outcome),
    )


def download(portal: Portal, request: Request) -> Response:
    """`GET /receipts/{code}/receipt.json`: the proof, to be checked offline with `sealmark ledger check`."""
    code = request.path_params["code"]
    portal.spend(request, portal.receipts)
    text = portal.items.receipt(code)
    if text is None:
        raise UnknownReceipt
    headers = {**portal.pages.headers, **NOT_KEPT, "Content-Disposition": 'attachment; filename="receipt.json"'}
    return Response(text, media_type="application/json", headers=headers)
