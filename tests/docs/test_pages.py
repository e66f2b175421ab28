"""The documents hold together: links lead somewhere, twins are twins, and commands that they name exist."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sealmark.demo.journey import STEPS
from sealmark.house import UNBUILT_GATES
from sealmark.web.design.typesetting import typeset
from tests.docs.pages import DOCS, READMES, ROOT, anchors, blocks, documents, headings, links, named, shell_lines, text
from tools import reference

TWINS = sorted(path.name for path in (DOCS / "zh").glob("*.md"))
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
CONFIGURATION = tomllib.loads(text(ROOT / "zensical.toml"))["project"]


def test_both_languages_have_the_same_pages() -> None:
    """A page in one language has its twin in the other."""
    assert sorted(path.name for path in (DOCS / "en").glob("*.md")) == TWINS
    assert "tutorial.md" in TWINS


@pytest.mark.parametrize("name", [*TWINS, "README"])
def test_twins_say_the_same(name: str) -> None:
    """Twins have headings of the same levels, the same number of code blocks and table rows, and the same links."""
    zh, en = (READMES[1], READMES[0]) if name == "README" else (DOCS / "zh" / name, DOCS / "en" / name)
    assert [level for level, _ in headings(zh)] == [level for level, _ in headings(en)]
    assert [block.language for block in blocks(zh)] == [block.language for block in blocks(en)]
    assert _rows(zh) == _rows(en)
    assert _targets(zh) == _targets(en)


def _rows(path: Path) -> int:
    return sum(line.startswith("|") for line in text(path).splitlines())


def _targets(path: Path) -> set[str]:
    """Where a page's links lead, whatever the language."""
    ours = {(target.relative_to(ROOT).as_posix(), anchor) for target, anchor in links(path)}
    plain = {f"{target}#{anchor}" for target, anchor in ours}
    return {re.sub(r"docs/(zh|en)/|\.zh-CN|-(zh|en)(?=\.png)", "", one) for one in plain} - {"README.md#"}


@pytest.mark.parametrize("path", documents(), ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    """Each link to a file of ours leads to one, and to a heading that is there."""
    for target, anchor in links(path):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), (target.name, anchor)


@pytest.mark.parametrize("path", documents(), ids=named)
def test_make_knows_what_the_documents_tell_to_make(path: Path) -> None:
    """Each `make …` that a page names is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    told = set(re.findall(r"(?:^|`)make ([a-z]+)", text(path), re.MULTILINE))
    assert told <= targets
    if path in READMES:
        assert {"run", "test", "docs"} <= told


@pytest.mark.parametrize("path", documents(), ids=named)
def test_commands_exist(path: Path) -> None:
    """Each `sealmark …` in a code block is a command, and each of its options one that the command has."""
    known = {command["name"]: command for command in reference.commands("en")}
    for line in shell_lines(path):
        if match := re.match(r"(?:\.venv/bin/)?(sealmark(?: [a-z]+)+)( .*|$)", line):
            name, rest = _longest(match[1], known), match[2]
            assert name != "sealmark", line
            options = {option for one in known[name]["parameters"] for option in one["name"].split(", ")}
            assert set(re.findall(r"(?<=\s)-{1,2}[a-z][a-z-]*", rest)) <= options, line


def _longest(words: str, known: dict[str, Any]) -> str:
    """The longest beginning of the words that is a command."""
    parts = words.split()
    names = (" ".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next(name for name in names if name in known)


def test_readme_names_every_gate_that_live_mode_waits_for() -> None:
    """The status is honest: each gate that is not built stands in both READMEs, and no other."""
    english = [f"- Article {article}: {en}" for article, _, en in UNBUILT_GATES]
    chinese = [f"- 第{reference.numeral(article)}条：{typeset(zh)}" for article, zh, _ in UNBUILT_GATES]
    assert re.findall(r"^- Article .+$", text(READMES[0]), re.MULTILINE) == english
    assert re.findall(r"^- 第.+条：.+$", text(READMES[1]), re.MULTILINE) == chinese


def test_decisions_are_short_and_numbered_in_turn() -> None:
    """Decisions are numbered without a gap, say context, decision and consequences, and take forty lines at most."""
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        assert [words for _, words in headings(path)][1:] == ["Context", "Decision", "Consequences"]
        assert len(text(path).splitlines()) <= 40


def test_every_page_stands_in_the_navigation() -> None:
    """The site's navigation names each page once."""
    pages = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
    assert sorted(_leaves(CONFIGURATION["nav"])) == pages


def _leaves(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    below = nav.values() if isinstance(nav, dict) else nav
    return [leaf for one in below for leaf in _leaves(one)]


def test_pictures_load_nothing_and_are_small() -> None:
    """No picture and no page of the site asks another host for anything; bitmaps stay under 200 kB."""
    for picture in (DOCS / "pictures").iterdir():
        assert picture.stat().st_size < 200_000
        if picture.suffix == ".svg":
            assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text(picture)) == []
    assert CONFIGURATION["theme"]["font"] is False


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """The documentation builds, in both languages, and the builder finds nothing to say against it."""
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    builder = Path(sys.executable).with_name("zensical")
    built = subprocess.run([builder, "build", "--strict"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "No issues found" in built.stdout + built.stderr
    for language in ("zh", "en"):
        page = (tmp_path / "site" / language / "tutorial" / "index.html").read_text("utf-8")
        assert f'<html lang="{language}"' in page
        assert f'hreflang="{"en" if language == "zh" else "zh"}"' in page


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_readme_shows_the_journey_as_it_is(readme: Path) -> None:
    """The steps that the READMEs quote are steps of the demo, under their numbers, titles and articles."""
    quoted = re.findall(r"^ ?(\d+) (.+?)  \[.*?([\d、, ]+).*?\]$", text(readme), re.MULTILINE)
    assert len(quoted) >= 5
    for number, title, articles in quoted:
        step = STEPS[int(number) - 1]
        assert title in (step.en, typeset(step.zh))
        assert tuple(int(one) for one in re.findall(r"\d+", articles)) == step.articles
    assert f"{len(STEPS)} of {len(STEPS)} steps" in text(READMES[0])
    assert f"{len(STEPS)} 步全部符合规定" in text(READMES[1])
