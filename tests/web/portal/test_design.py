"""What holds for tokens, styles, pictures, words and dates."""

import re
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from sealmark.web.design import assets, moments
from sealmark.web.design.typesetting import typeset

WEB = Path(str(resources.files("sealmark.web")))
DESIGN = WEB / "design"
STYLES = sorted((DESIGN / "styles").glob("*.css"))
PICTURES = sorted((DESIGN / "pictures").glob("*.svg"))
TEMPLATES = sorted((DESIGN / "templates").glob("*.html"))
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch|lab|hwb)a?\(|:\s*(?:red|black|white|gr[ae]y|gold)\b")
LENGTH = re.compile(r"(?<![\w#.-])\d*\.?\d+(?:px|rem|em|ch|vw|vh|pt|mm|cm|in|ex)\b")
RELATIVE = re.compile(r"(?<![\w.-])(?:100vh|0\.\d+em)\b")  # the window itself; a share of the type around it
# WCAG 2.2: 4.5:1 for text (1.4.3), 3:1 for the edges of controls (1.4.11).
TEXT = [
    ("--ink", "--paper"), ("--ink", "--card"), ("--muted", "--paper"), ("--muted", "--card"),
    ("--on-cinnabar", "--cinnabar"), ("--cinnabar", "--card"), ("--jade", "--card"), ("--slate", "--card"),
    ("--jade", "--jade-wash"), ("--slate", "--slate-wash"), ("--cinnabar", "--cinnabar-wash"),
    ("--amber-text", "--amber-wash"), ("--amber-text", "--card"), ("--ink", "--cinnabar-wash"),
    ("--muted", "--slate-wash"), ("--muted", "--jade-wash"), ("--muted", "--cinnabar-wash"),
]  # fmt: skip
EDGES = [("--muted", "--card"), ("--amber", "--card"), ("--cinnabar", "--paper")]


def schemes() -> dict[str, dict[str, str]]:
    """The tokens in light, in dark, and in print."""
    text = (DESIGN / "tokens.css").read_text("utf-8")
    defined = re.compile(r"(--[\w-]+):\s*([^;]+);")
    light, dark, printed = (dict(defined.findall(part)) for part in re.split(r"@media", text))
    return {"light": light, "dark": light | dark, "print": light | printed}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_contrast(scheme: str) -> None:
    """WCAG AA in every scheme: text on whatever it stands on, and the edges of controls."""
    tokens = schemes()[scheme]
    weak = {pair: ratio for pair in TEXT if (ratio := contrast(tokens[pair[0]], tokens[pair[1]])) < 4.5}
    weak |= {pair: ratio for pair in EDGES if (ratio := contrast(tokens[pair[0]], tokens[pair[1]])) < 3}
    assert weak == {}


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_only_the_tokens_name_colours_and_sizes(style: Path) -> None:
    """Every other style sheet says var(--…)."""
    text = re.sub(r"/\*.*?\*/", "", style.read_text("utf-8"), flags=re.DOTALL)
    assert COLOUR.findall(text) == []
    assert LENGTH.findall(RELATIVE.sub("", text)) == []


@pytest.mark.parametrize("file", [*STYLES, *PICTURES, *TEMPLATES], ids=lambda path: path.name)
def test_every_token_that_is_used_exists(file: Path) -> None:
    """A misspelt token would silently fall back to nothing."""
    text = file.read_text("utf-8")
    own = set(re.findall(r"(--[\w-]+):", text))
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= own | set(assets.tokens())


@pytest.mark.parametrize("file", [*PICTURES, *TEMPLATES], ids=lambda path: path.name)
def test_pictures_and_templates_name_no_colour(file: Path) -> None:
    """Drawings take their ink from the tokens, or from the words around them."""
    paints = re.findall(r'\b(?:fill|stroke|color)="([^"]*)"', file.read_text("utf-8"))
    assert all(paint in ("none", "currentColor") or paint.startswith("var(--") for paint in paints)


def messages() -> set[str]:
    """Every text that a template or a table of the portal asks to be translated."""
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    found: set[str] = set()
    for path in TEMPLATES:
        with path.open("rb") as file:
            found |= {
                str(text) for _, text, _, _ in extract("jinja2.ext:babel_extract", file, {"_": None}, (), options)
            }
    for path in WEB.rglob("*.py"):
        with path.open("rb") as file:
            found |= {str(text) for _, text, _, _ in extract("python", file, {"noted": None})}
    return found


def test_nothing_lacks_its_english() -> None:
    """Every text has an English translation, none is fuzzy, none is left over, and placeholders agree."""
    with (DESIGN / "locale" / "en.po").open("rb") as file:
        catalogue = {str(one.id): one for one in read_po(file, locale="en") if one.id}
    said = messages()
    assert len(said) > 100
    assert said - {text for text, one in catalogue.items() if one.string and not one.fuzzy} == set()
    assert set(catalogue) - said == set()
    for text, one in catalogue.items():
        assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", str(one.string)))
        assert not re.search(r"[\u4e00-\u9fff]", str(one.string).replace("深印", "")), text


def test_chinese_is_set_with_chinese_punctuation() -> None:
    """Half-width marks between Chinese characters become full-width; English and numbers stay."""
    assert typeset("声明是 jpeg,内容是 png(见表)。") == "声明是 jpeg，内容是 png（见表）。"
    assert typeset("上限 32,768 字节:是(C2PA)") == "上限 32,768 字节：是（C2PA）"
    assert typeset("a, b (c): d") == "a, b (c): d"


@given(st.text(max_size=60))
def test_typesetting_once_is_enough(text: str) -> None:
    """Setting twice changes nothing more, and no character is lost but a space after a mark."""
    once = typeset(text)
    assert typeset(once) == once
    assert len(once) <= len(text)


def test_moments_carry_their_zone() -> None:
    """The law's clock: Beijing time, said so, in both languages; how long ago stands beside."""
    at = datetime(2026, 1, 9, 17, 0, 1, tzinfo=UTC)
    assert moments.written(at, "zh") == "2026年1月10日 01:00:01 北京时间（UTC+8）"
    assert moments.written(at, "en") == "10 Jan 2026, 01:00:01 Beijing time (UTC+8)"
    assert moments.ago(at, "zh", at + timedelta(minutes=7)) == "7分钟前"
    assert moments.ago(at, "en", at + timedelta(hours=3)) == "3 hours ago"


def test_assets_are_kept_exactly_as_long_as_they_are_the_same(client: TestClient) -> None:
    """An address with the right version may be kept for a year; any other must be asked again."""
    found = assets.all_assets()["page.css"]
    kept = client.get(f"/design/page.css?v={found.version}")
    assert "immutable" in kept.headers["cache-control"]
    assert kept.headers["content-type"].startswith("text/css")
    asked = client.get("/design/page.css", headers={"If-None-Match": kept.headers["etag"]})
    assert asked.status_code == 304
    assert client.get("/design/page.css?v=old").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["pages.py", "en.po", "..%2Fpages.py", "page.html", "", "tokens.css%00"])
def test_only_assets_are_served(client: TestClient, name: str) -> None:
    """Code, templates and catalogues beside the assets are not reachable."""
    assert client.get(f"/design/{name}").status_code == 404


def test_the_seal_stands_alone(client: TestClient) -> None:
    """As an icon no style sheet reaches it: its tokens are filled in."""
    icon = client.get("/favicon.ico")
    assert icon.headers["content-type"].startswith("image/svg+xml")
    assert assets.tokens()["--cinnabar"] in icon.text
    assert "var(" not in icon.text
