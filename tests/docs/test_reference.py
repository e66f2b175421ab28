"""The reference says what is there: whatever the code has and a page has not, or the other way round, fails here."""

import re
from dataclasses import fields
from typing import Any, get_args

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.media import FORMATS
from sealmark.people.identity import documents
from sealmark.registers.marking import classes
from sealmark.registers.service import FLAGS, SWITCHES, Operation, Service
from sealmark.settings import Settings
from sealmark.web.api import grants, items, people, submissions
from sealmark.web.api import verification as desk
from sealmark.web.gateway import app as gateway
from sealmark.web.portal import home, receipts, verification
from tests.docs.pages import DOCS, text
from tools import reference

GATEWAY = text(DOCS / "reference" / "gateway.md")
SERVICES = text(DOCS / "reference" / "services.md")


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    """A generated page is the one that the code makes now; `python tools/reference.py` makes it so again."""
    assert text(reference.FOLDER / name) == reference.PAGES[name]()


def test_every_setting_is_documented() -> None:
    """Each setting stands on its page with its environment variable."""
    page = text(reference.FOLDER / "settings.md")
    for name in Settings.model_fields:
        assert f"| `{name}`<br>`SEALMARK_{name.upper()}` |" in page


def test_every_error_is_documented() -> None:
    """Each code that a caller can meet has a heading of its own, once, and says what happened in both languages."""
    page = text(reference.FOLDER / "errors.md")
    kinds = reference.errors()
    assert len(kinds) > 50
    for kind in kinds:
        assert page.count(f"### `{kind.code}`\n\n{kind.status}") == 1
        assert kind.zh.strip()
        assert kind.en.strip()


def test_every_record_kind_is_documented() -> None:
    """Each kind of record that a room may write is explained in both languages, and no other."""
    page = text(reference.FOLDER / "events.md")
    listed = re.findall(r"^\| `([a-z_.]+)` \| .+<br>.+ \|$", page, re.MULTILINE)
    assert listed == reference.record_kinds()
    assert "exchange.answer.closed" in listed


def test_every_command_is_documented() -> None:
    """Each command has a heading, in the same order for readers of both languages."""
    page = text(reference.FOLDER / "cli.md")
    names = [command["name"] for command in reference.commands("en")]
    assert names == [command["name"] for command in reference.commands("zh")]
    assert re.findall(r"^##+ `(.+)`$", page, re.MULTILINE) == names
    assert "sealmark ledger check" in names


def test_what_has_no_words_is_refused() -> None:
    """A setting or a record kind without its words in reference.toml stops the tool, and so does a word left over."""
    with pytest.raises(reference.Undocumented, match="invented"):
        reference.said_of("settings", [*Settings.model_fields, "invented"])
    with pytest.raises(reference.Undocumented, match="no longer"):
        reference.said_of("events", reference.record_kinds()[1:])


@pytest.mark.parametrize(
    ("number", "written"), [(1, "一"), (9, "九"), (10, "十"), (16, "十六"), (20, "二十"), (23, "二十三")]
)
def test_articles_are_numbered_as_chinese_numbers_them(number: int, written: str) -> None:
    """Articles are cited by Chinese numerals."""
    assert reference.numeral(number) == written


def test_every_endpoint_is_documented() -> None:
    """Each way of the gateway, each endpoint of the API and each page stands in gateway.md."""
    ways = [f"`{method} {path}`" for method, path in gateway.WAYS]
    api = [route for router in (people.router, items.router, grants.router) for route in router.routes]
    ways += [
        f"`{method} {route.path}`" for route in api if isinstance(route, APIRoute) for method in route.methods or ()
    ]
    unused: Any = None  # routes only bind the portal
    ways += [f"`POST {path}`" for path in (*submissions.DOORS, desk.PATH)]
    pages: list[Route] = [route for room in (home, verification, receipts) for route in room.routes(unused)]
    ways += [f"`{route.path}`" for route in pages]
    assert len(ways) > 15
    assert [way for way in ways if way not in GATEWAY] == []


def test_every_header_is_documented() -> None:
    """Each header of ours that the gateway reads or writes stands in gateway.md."""
    source = "".join(path.read_text("utf-8") for path in (reference.ROOT / "src/sealmark/web").rglob("*.py"))
    headers = set(re.findall(r'b"(x-sealmark-[a-z-]+)"', source))
    assert "x-sealmark-receipt" in headers
    assert [header for header in headers if header not in GATEWAY.lower()] == []


def test_every_kind_of_identity_number_is_documented() -> None:
    """Each kind of number that the API takes stands in gateway.md."""
    assert [name for name in documents() if f"`{name}`" not in GATEWAY] == []


def test_every_field_of_a_service_is_documented() -> None:
    """Each field, flag, class, operation and switch of the register stands in services.md."""
    names = [field.name for field in fields(Service)] + [field.name for field in fields(ExplicitOptions)]
    names += [*FLAGS, *get_args(Operation), *SWITCHES, *(value for values in SWITCHES.values() for value in values)]
    assert [name for name in names if f"`{name}`" not in SERVICES] == []
    assert [one.id for one in classes().values() if f"| `{one.id}` | {one.zh}" not in SERVICES] == []


def test_every_format_is_documented() -> None:
    """Each format that we know stands in formats.md."""
    page = (reference.ROOT / "docs/reference/formats.md").read_text("utf-8")
    assert [one.name for one in FORMATS if f"`{one.name}`" not in page] == []
