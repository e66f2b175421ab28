"""The languages of the pages: Chinese as written in templates and code, English from `locale/en.po`."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from babel.messages.pofile import read_po
from starlette.requests import Request

from sealmark.errors import Language

LANGUAGES: Mapping[Language, tuple[str, str]] = {"zh": ("zh-Hans", "中文"), "en": ("en", "English")}
COOKIE = "sealmark-language"
CHOICE = "lang"


def noted(text: str) -> str:
    """A text of a table that a page will translate: marks it for the catalogue, and changes nothing."""
    return text


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text in that language; Chinese is what the texts are written in."""
    if language == "zh":
        return {}
    with (resources.files(__package__) / "locale" / f"{language}.po").open("rb") as file:
        found = read_po(file, locale=language)
    return {str(message.id): str(message.string) for message in found if message.id and message.string}


def translated(text: str, language: Language) -> str:
    """The text in a language; a text without a translation stays Chinese."""
    return catalogue(language).get(text, text)


def of_request(request: Request) -> Language:
    """The reader's language: as just chosen, as chosen before, as the browser asks; Chinese if nothing says so."""
    for said in (request.query_params.get(CHOICE), request.cookies.get(COOKIE)):
        if said in LANGUAGES:
            return said  # type: ignore[return-value]  # the keys of LANGUAGES are the literals
    return asked_for(request.headers.get("accept-language", ""))


def asked_for(header: str) -> Language:
    """The language that an Accept-Language header prefers among ours (RFC 9110, 12.5.4)."""
    best: Language = "zh"
    highest = 0.0
    for entry in header[:500].split(","):
        tag, _, parameter = entry.strip().lower().partition(";")
        weight = _weight(parameter)
        for language in LANGUAGES:
            if tag.partition("-")[0] == language and weight > highest:
                best, highest = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
