"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from sealmark.cli.spoken import said

Json = Annotated[
    bool, typer.Option("--json", help=said("每行输出一个 JSON 对象，供程序读取。", "Print one JSON object a line."))
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        show_default=False,
        help=said("数据目录；缺省取自配置。", "The deployment's data folder; the settings' one by default."),
    ),
]
Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE…",
        show_default=False,
        help=said("要处理的文件；目录代表其中的全部文件。", "The files; a folder stands for every file in it."),
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        metavar="N",
        show_default=False,
        help=said("同时工作的进程数；缺省按处理器核数。", "Processes at work; one a core by default."),
    ),
]
