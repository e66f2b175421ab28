"""`sealmark mark`: marked copies of own items, written beside and renamed, never over anything."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sealmark.cli.errors import WouldOverwrite
from sealmark.cli.many import File, each, files_of, processes
from sealmark.cli.options import DataDir, Files, Jobs, Json
from sealmark.cli.spoken import flowing, said
from sealmark.cli.terminal import (
    UNUSABLE,
    YES,
    as_json,
    complain,
    counted,
    json_line,
    line,
    progress,
    summary,
    warn,
    watched,
)
from sealmark.errors import SealmarkError, system_reason
from sealmark.media.errors import NotWritable

if TYPE_CHECKING:
    from sealmark.marks.explicit.options import ExplicitOptions
    from sealmark.marks.keys import SigningKeys
    from sealmark.marks.label import Label
    from sealmark.marks.marker import Made
    from sealmark.marks.note import Note
    from sealmark.settings import Settings

_HELP = flowing(
    """为自己的内容添加标识，写成副本；源文件不会被改动。

    元数据标识总会写入；能带显式标识的格式也总会加上，除非以 --grant 指明许可（《标识办法》第九条）。

    服务提供者编码只取自配置；未配置时使用演练编码并提示。""",
    """Write marked copies of your own items; the source is never touched.

    The metadata mark is always written, and so is the visible or audible one wherever a format can bear it, but for a
    copy that --grant allows (labelling Measures, Art. 9).

    The provider code comes from the settings only; without one a rehearsal code is used, and a warning says so.""",
)
Folder = Annotated[
    Path, typer.Option("-o", "--out", metavar="DIR", help=said("副本的输出目录。", "The folder for the copies."))
]
Layers = Annotated[
    str,
    typer.Option(
        metavar="NAMES",
        help=said(
            "标识层，逗号分隔：explicit, metadata, credential。",
            "Layers, comma-separated: explicit, metadata, credential.",
        ),
    ),
]
Place = Annotated[
    str,
    typer.Option(
        "--position",
        metavar="start|end|start_end|middle|start_middle_end",
        show_default=False,
        help=said(
            "文本与声音的标识位置；文本总在开头标识。缺省在开头，Markdown 在首尾。",
            "Where texts and sounds are marked; a text always at its start. By default the start; Markdown, both ends.",
        ),
    ),
]
Grant = Annotated[
    str | None,
    typer.Option(
        "--grant",
        metavar="ID",
        show_default=False,
        help=said(
            "许可编号：只写入该内容自己的元数据标识，不加显式标识；每个文件计一份。",
            "A grant's id: the item's own metadata mark alone, no explicit one; each file counts as a copy.",
        ),
    ),
]
OwnEdit = Annotated[
    bool,
    typer.Option(
        "--own-edit",
        help=said(
            "声明内容由自己生成或编辑：可替换其中已有的标识。",
            "Declare that you generated or edited the items yourself: a label that is there is replaced.",
        ),
    ),
]


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mark", help=_HELP, rich_help_panel=said("文件", "Files"))(mark)


def mark(
    files: Files,
    folder: Folder,
    *,
    layers: Layers = "explicit,metadata",
    position: Place = "",
    grant: Grant = None,
    own_edit: OwnEdit = False,
    jobs: Jobs = None,
    data_dir: DataDir = None,
    as_json_: Json = False,
) -> int:
    """Exit code 0 when every file was marked, 2 when one could not be."""
    from sealmark.cli.deployment import mark_keys, settings_of
    from sealmark.cli.granted import permitted

    chosen, settings = _layers(layers), settings_of(data_dir)
    keys, found = mark_keys(settings).signing, files_of(files, without=folder)
    if grant is None:
        label = _labels(data_dir)
        once = partial(_one, layers=chosen, explicit=_explicit(position), own_edit=own_edit, keys=keys)
        return _all(found, folder, as_json_, lambda: partial(once, label=label()), count=processes(found, jobs))
    with permitted(settings, grant) as permit:  # one after the other: each is counted
        granted = partial(permit.write, layers=chosen, own_edit=own_edit, keys=keys)
        return _all(found, folder, as_json_, lambda: granted, count=1)


def _all(
    found: "Sequence[File]", folder: Path, as_json_: bool, make: "Callable[[], Callable[..., Made]]", *, count: int
) -> int:
    """Make a copy of each file in the folder, by so many processes."""
    _make(folder)
    warned: set[str] = set()
    failed: Counter[str] = Counter()
    targets = _targets(found, folder)
    calls = [partial(_copy, make(), file.path, target) for file, target in zip(found, targets, strict=True)]
    with progress(len(found), said("标识", "Marking"), shown=not (as_json_ and watched())) as done:
        for file, target, outcome in zip(found, targets, each(calls, count, done), strict=True):
            if isinstance(outcome, SealmarkError):
                failed[outcome.code] += 1
                _refuse(file.path, outcome, as_json_)
                continue
            _warn_once(outcome.warnings, warned, str(file.path))
            (_show_json if as_json_ else _show)(file.path, cast(Path, target), outcome)
    if not as_json_:
        _summarise(failed, len(found), folder)
    return UNUSABLE if failed else YES


def _targets(found: "Sequence[File]", folder: Path) -> list[Path | None]:
    """Where each copy goes; None for a second one of the same name."""
    seen: set[Path] = set()
    targets: list[Path | None] = []
    for file in found:
        target = folder / file.below
        targets.append(None if target in seen else target)
        seen.add(target)
    return targets


def _copy(make: "Callable[..., Made]", path: Path, target: Path | None) -> "Made":
    """One copy, where nothing is yet."""
    if target is None:
        raise WouldOverwrite(path=path.name)
    _refuse_existing(target)
    _make(target.parent)
    return make(path, target)


def _refuse(path: Path, error: SealmarkError, as_json_: bool) -> None:
    if as_json_:
        json_line({"file": str(path), "error": as_json(error)})
    complain(error, str(path))


def _layers(names: str) -> tuple[str, ...]:
    from sealmark.marks.errors import UnknownLayer
    from sealmark.marks.marker import EVERY_LAYER

    chosen = tuple(name.strip() for name in names.split(",") if name.strip())
    for name in chosen:
        if name not in EVERY_LAYER:
            raise UnknownLayer(layer=name, available=", ".join(EVERY_LAYER))
    return chosen


def _explicit(position: str) -> "ExplicitOptions":
    from sealmark.marks.explicit.errors import UnknownPosition
    from sealmark.marks.explicit.options import PLACES, ExplicitOptions

    found = next((one for one in PLACES if one == position), None)
    if position and found is None:
        raise UnknownPosition(position=position, available=", ".join(PLACES))
    return ExplicitOptions(position=found)


def _labels(data_dir: Path | None) -> "Callable[[], Label | None]":
    """Gives each file its label; none, where there is no provider code: the marker then takes the rehearsal's."""
    from sealmark.cli.deployment import settings_of
    from sealmark.marks.label import Label
    from sealmark.marks.provider_code import ProviderCode

    settings = settings_of(data_dir)
    if not settings.provider_code:
        return lambda: None
    producer = ProviderCode.parse(settings.provider_code)
    numbers = _numbers(settings)
    return lambda: Label.first(producer, numbers())


def _numbers(settings: "Settings") -> Callable[[], str]:
    """Production numbers: the deployment's own, so that none is given twice; random ones where there is none."""
    from sealmark.cli.deployment import master_key
    from sealmark.items.numbers import ProductionNumbers
    from sealmark.marks.label import production_id
    from sealmark.storage.database import Database

    rehearsal = settings.rehearsal
    if not settings.ledger_path.exists():
        return lambda: production_id(secrets.randbelow(1 << 48), rehearsal=rehearsal)
    key, database = master_key(settings).numbering_key, Database(settings.workplace_url)
    numbers = ProductionNumbers(database, key, rehearsal=rehearsal)

    def take() -> str:
        with closing(database):  # between two blocks nothing is open
            return numbers.take()

    return take


def _one(
    path: Path,
    target: Path,
    *,
    label: "Label | None",
    layers: tuple[str, ...],
    explicit: "ExplicitOptions",
    own_edit: bool,
    keys: "SigningKeys",
) -> "Made":
    """Mark one file, here or in a process of its own."""
    from sealmark.cli.granted import require_mark
    from sealmark.marks.marker import mark_file
    from sealmark.marks.metadata.sidecar import beside
    from sealmark.media.target import replacing

    if "explicit" not in layers:
        require_mark(path)
    result = mark_file(path, target, label, layers=layers, explicit=explicit, keys=keys, own_edit=own_edit)
    if result.sidecar is not None:
        with replacing(beside(target)) as file:
            file.write(result.sidecar.encode())
    return result


def _refuse_existing(target: Path) -> None:
    from sealmark.marks.metadata.sidecar import beside

    for path in (target, beside(target)):
        if path.exists():
            raise WouldOverwrite(path=path)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise NotWritable(path=folder, **system_reason(failure)) from failure


def _warn_once(notes: "Iterable[Note]", warned: set[str], about: str) -> None:
    for note in notes:
        if note.code not in warned:
            warned.add(note.code)
            warn(f"{about}{said('：', ': ')}{said(note.zh, note.en)}")


def _show_json(path: Path, target: Path, marked: "Made") -> None:
    from sealmark.marks.metadata.sidecar import beside

    json_line(
        {
            "file": str(path),
            "written": str(target),
            "format": marked.format.name,
            "layers": list(marked.layers),
            "label": marked.label.as_dict(),
            "sidecar": str(beside(target)) if marked.sidecar else None,
            "warnings": [note.as_dict() for note in marked.warnings],
        }
    )


def _show(path: Path, target: Path, marked: "Made") -> None:
    layers = ", ".join(marked.layers)
    line(("✓ ", "holds"), f"{path} → {target}  ", (f"{marked.label.produce_id}  {layers}", "muted"))


def _summarise(failed: Counter[str], total: int, folder: Path) -> None:
    done = total - failed.total()
    why = said("、", ", ").join(f"{count} {code}" for code, count in failed.most_common())
    zh = f"已标识 {done}/{total} 个文件，写入 {folder}" + (f"；未成 {why}。" if failed else "。")
    en = f"{done} of {counted(total, 'file')} marked, written to {folder}" + (f"; not: {why}." if failed else ".")
    summary(said(zh, en), good=not failed)
