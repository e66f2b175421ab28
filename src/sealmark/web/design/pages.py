"""Makes pages: one template, one language, and the headers that every answer to a browser carries."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sealmark.errors import Language
from sealmark.settings import Settings
from sealmark.web.design import assets, languages, moments
from sealmark.web.design.typesetting import typeset

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_YEAR = 365 * 24 * 3600  # seconds
_UNITS = ("B", "KB", "MB", "GB")
NOT_KEPT = {"Cache-Control": "no-store"}


class Pages:
    """Renders the pages of one deployment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.headers: Mapping[str, str] = {
            "Content-Security-Policy": _POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] = {},
        language: Language | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """The page in the reader's language, or in `language` where the page itself was asked to change it."""
        spoken = language or languages.of_request(request)
        about: dict[str, Any] = {"settings": self._settings, "language": spoken, "path": request.url.path}
        about["filing_link"] = public_link(self._settings.filing_link)
        text = environment(spoken).get_template(template).render(about | values)
        own = {"Cache-Control": "no-cache, private", "Vary": "Accept-Language, Cookie", "Content-Language": spoken}
        answer = HTMLResponse(text, status, {**self.headers, **own, **headers})
        if language or languages.CHOICE in request.query_params:
            _remember(answer, request, spoken)
        return answer

    def asset(self, request: Request) -> Response | None:
        """A style, script or picture; None if there is none of that name."""
        found = assets.all_assets().get(request.path_params["name"])
        if found is None:
            return None
        known = request.query_params.get("v") == found.version
        kept = f"public, max-age={_YEAR}, immutable" if known else "no-cache"
        headers = {**self.headers, "Cache-Control": kept, "ETag": f'"{found.version}"'}
        if request.path_params["name"] in assets.EMBEDDED:
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(found.data, media_type=found.media_type, headers=headers)


def public_link(address: str) -> str | None:
    """An address from the settings, if it is one that a browser may follow."""
    return address if urlsplit(address).scheme in ("http", "https") else None


def _remember(answer: Response, request: Request, language: Language) -> None:
    secure = request.url.scheme == "https"
    answer.set_cookie(languages.COOKIE, language, max_age=_YEAR, samesite="lax", httponly=True, secure=secure)


@cache
def environment(language: Language) -> Environment:
    """The templates of one language, escaped, with every missing value an error."""
    here = resources.files(__package__)
    made = Environment(
        loader=FileSystemLoader([str(here / "templates"), str(here / "pictures")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )

    def said(text: str) -> str:
        return languages.translated(text, language)

    def plural(one: str, many: str, number: int) -> str:
        return said(one if number == 1 else many)

    made.install_gettext_callables(said, plural, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    made.globals |= {"html_lang": languages.LANGUAGES[language][0], "LANGUAGES": languages.LANGUAGES}
    made.globals["asset"] = _address
    made.filters["written"] = lambda at: moments.written(at, language)
    made.filters["ago"] = lambda at: moments.ago(at, language)
    made.filters["bytes"] = size
    made.filters["typeset"] = typeset if language == "zh" else str
    made.filters["word"] = said  # for words of tables: unlike `_`, it formats nothing, so any text may go through
    return made


def size(number: int) -> str:
    """A number of bytes in the unit that a person would use (1 KB = 1024 bytes)."""
    power = min((max(number, 1).bit_length() - 1) // 10, len(_UNITS) - 1)
    return f"{number / 1024**power:.1f}".removesuffix(".0") + f" {_UNITS[power]}"


def _address(name: str) -> str:
    return f"/design/{name}?v={assets.all_assets()[name].version}"
