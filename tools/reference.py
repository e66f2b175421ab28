"""Write the reference pages out of the code: settings, errors, record kinds, commands.

    python tools/reference.py            write docs/reference/*.md
    python tools/reference.py --check    say which of them are stale, and write nothing

What the code does not say of itself (the Chinese of a setting, what a record kind means) stands in reference.toml.
"""

import html
import importlib
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import sealmark
from sealmark.errors import SealmarkError, catalogue
from sealmark.settings import Settings
from sealmark.web.design.typesetting import typeset

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
MADE = "<!-- tools/reference.py 由代码生成，请勿手改。 Made from the code by tools/reference.py; do not edit. -->\n\n"
LANGUAGES = {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}
Command = dict[str, Any]


class Undocumented(Exception):
    """Something in the code has no words in reference.toml yet."""


# what is there


def import_everything() -> None:
    """Load every module of the package, so that every error and every record kind is known."""
    for module in pkgutil.walk_packages(sealmark.__path__, "sealmark."):
        if not module.name.endswith(("__main__", ".env", ".script")) and ".migrations.versions" not in module.name:
            importlib.import_module(module.name)


def errors() -> list[type[SealmarkError]]:
    """Every error a caller can meet; of those that share a code, the most general one."""
    import_everything()
    ours = (kind for kind in catalogue() if kind.__module__.startswith("sealmark."))
    by_code = groupby(ours, key=lambda kind: kind.code)
    return [min(kinds, key=lambda kind: len(kind.__mro__)) for _, kinds in by_code]


def record_kinds() -> list[str]:
    """Every kind of record that the ledger may hold: the members of every room's `Event`."""
    import_everything()
    rooms = [module for name, module in sys.modules.items() if name.startswith("sealmark.")]
    lists = {found for room in rooms if isinstance(found := getattr(room, "Event", None), type)}
    return sorted(str(kind) for found in lists if issubclass(found, StrEnum) for kind in found)


@cache
def commands(language: str) -> tuple[Command, ...]:
    """Every command as it describes itself to a reader of this language."""
    environment = os.environ | {"LC_ALL": LANGUAGES[language]}
    asked = [sys.executable, str(Path(__file__)), "--commands"]
    told = subprocess.run(asked, env=environment, capture_output=True, check=True)  # noqa: S603  # this file itself
    return tuple(json.loads(told.stdout))


@cache
def words() -> dict[str, dict[str, Any]]:
    """What stands in reference.toml."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def said_of(table: str, names: Iterable[str]) -> dict[str, Any]:
    """The words of a table for these names. Raises `Undocumented` unless each has its own, and none is left over."""
    found, wanted = words()[table], list(names)
    missing, left = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if missing or left:
        raise Undocumented(f"tools/reference.toml [{table}]: missing {missing}, no longer in the code {left}")
    return {name: found[name] for name in wanted}


# the pages


def settings_page() -> str:
    """Every setting with its variable, kind, default and description."""
    chinese = said_of("settings", Settings.model_fields)
    rows = [
        (
            _both(f"`{name}`", f"`SEALMARK_{name.upper()}`"),
            _both(_kind(field.annotation), _default(field.default)),
            _both(chinese[name], _cell(field.description or "")),
        )
        for name, field in Settings.model_fields.items()
    ]
    head = ("配置项 Setting", "类型与缺省 Kind, default", "说明 Description")
    return f"{MADE}{words()['introductions']['settings']}\n{_table(head, rows)}"


def errors_page() -> str:
    """Every error code with status, article and both sentences in both languages."""
    parts = [MADE + words()["introductions"]["errors"]]
    for group, kinds in groupby(errors(), key=lambda kind: kind.code.partition(".")[0]):
        zh, en = words()["groups"].get(group, (group, group))
        parts.append(f"## {zh} · {en}\n")
        parts += map(_error, kinds)
    return "\n".join(parts)


def events_page() -> str:
    """Every kind of record that the ledger may hold."""
    said = said_of("events", record_kinds())
    rows = [(f"`{kind}`", _both(*said[kind])) for kind in record_kinds()]
    return f"{MADE}{words()['introductions']['events']}\n{_table(('记录种类 Kind', '含义 Meaning'), rows)}"


def commands_page() -> str:
    """Every command with its arguments and options."""
    parts = [MADE + words()["introductions"]["cli"]]
    parts += [_command(zh, en) for zh, en in zip(commands("zh"), commands("en"), strict=True)]
    return "\n".join(parts)


PAGES = {
    "settings.md": settings_page,
    "errors.md": errors_page,
    "events.md": events_page,
    "cli.md": commands_page,
}


def _error(kind: type[SealmarkError]) -> str:
    article = f" · 第{numeral(kind.article)}条 · Article {kind.article}" if kind.article else ""
    zh, en = _sentence(typeset(kind.zh + kind.zh_next)), _sentence(f"{kind.en} {kind.en_next}")
    return f"### `{kind.code}`\n\n{kind.status}{article}\n\n{zh}\n\n{en}\n"


def numeral(number: int) -> str:
    """A number below 100 as Chinese writes it: 九, 十, 十六, 二十三."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return f"{digits[tens] if tens > 1 else ''}{'十' if tens else ''}{digits[ones] if ones or not tens else ''}"


def _sentence(text: str) -> str:
    """A sentence of an error, its placeholders as code."""
    return _cell(re.sub(r"(\{\w+\})", r"`\1`", text))


def _command(zh: Command, en: Command) -> str:
    level = "##" if zh["name"].count(" ") < 2 else "###"
    parts = [f"{level} `{zh['name']}`\n", f"```\n{zh['usage']}\n```\n", typeset(zh["help"]) + "\n", en["help"] + "\n"]
    pairs = zip(zh["parameters"], en["parameters"], strict=True)
    rows = [_row(one, other) for one, other in pairs if one["name"] != "--json"]  # the introduction speaks of it
    if rows:
        parts.append(_table(("参数 Parameter", "缺省 Default", "说明 Description"), rows))
    return "\n".join(parts)


def _row(zh: dict[str, str], en: dict[str, str]) -> tuple[str, ...]:
    return f"`{zh['name']}`", zh["default"], _both(_cell(typeset(zh["help"])), _cell(en["help"]))


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " / ".join(f"`{one}`" for one in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "列表 list"
    names = {int: "整数 integer", float: "数 number", str: "文本 text", Path: "路径 path"}
    return next(names[kind] for kind in (annotation, *get_args(annotation)) if kind in names)


def _default(value: object) -> str:
    return "–" if value in ("", None, ()) else f"`{value}`"


def _both(first: str, second: str) -> str:
    """Two languages, or two names, in one cell."""
    return f"{first}<br>{second}"


def _cell(text: str) -> str:
    """Text that may stand in a table or a paragraph, on one line."""
    pieces = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(piece if piece.startswith("`") else html.escape(piece, quote=False) for piece in pieces).replace(
        "|", "\\|"
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


# what a command says of itself


def describe_commands() -> list[Command]:
    """Every command, depth first, in the language of the environment."""
    from typer.main import get_command

    from sealmark.cli.door import app

    return list(_described(get_command(app()), "sealmark"))


def _described(command: Any, name: str) -> Iterator[Command]:
    shown = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    below = ["COMMAND"] if hasattr(command, "commands") else []
    yield {
        "name": name,
        "usage": " ".join([name, *(_usage(one) for one in shown), *below]),
        "help": _in_markdown(inspect.cleandoc(command.help or "")),
        "parameters": [_parameter(one) for one in shown],
    }
    for part, inner in getattr(command, "commands", {}).items():
        yield from _described(inner, f"{name} {part}")


def _in_markdown(text: str) -> str:
    return re.sub(r"\[/?bold\]", "**", re.sub(r"\bSEALMARK_[A-Z_*]+", r"`\g<0>`", text))


def _usage(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    return f"{parameter.opts[0]}{value}" if parameter.required else f"[{parameter.opts[0]}{value}]"


def _parameter(parameter: Any) -> dict[str, str]:
    argument = parameter.param_type_name == "argument"
    plain = parameter.default in (None, False, "", ()) or parameter.required
    name = parameter.metavar or parameter.name.upper() if argument else ", ".join(parameter.opts)
    default = "–" if plain else f"`{parameter.default}`"
    return {"name": name.replace("|", " / "), "help": parameter.help or "", "default": default}


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` only say which are stale. Returns 1 if one is."""
    if arguments == ["--commands"]:
        print(json.dumps(describe_commands(), ensure_ascii=False))
        return 0
    stale = [name for name, page in PAGES.items() if _stored(name) != page()]
    for name in stale:
        if arguments != ["--check"]:
            (FOLDER / name).write_text(PAGES[name](), "utf-8")
        print(f"docs/reference/{name}")
    return 1 if stale and arguments == ["--check"] else 0


def _stored(name: str) -> str:
    path = FOLDER / name
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
