"""Why the demo cannot run, or what did not go as it must."""

from sealmark.errors import SealmarkError


class PartNotStarted(SealmarkError):
    """One of the demo's processes did not come up."""

    code = "demo.part_not_started"
    status = 503
    zh = "{part} 未能启动：{reason}"
    en = "The {part} did not start: {reason}"
    zh_next = "详情见 {log}；然后重新运行。"
    en_next = "See {log}, then run it again."


class PartEnded(SealmarkError):
    """One of the demo's processes ended while the demo was up; `exit_code` is what it ended with."""

    code = "demo.part_ended"
    status = 503
    zh = "{part} 意外结束（退出码 {exit_code}）。"
    en = "The {part} ended by itself (exit code {exit_code})."
    zh_next = "详情见 {log}；然后重新运行。"
    en_next = "See {log}, then run it again."


class FolderForeign(SealmarkError):
    """The output folder holds something that no demo wrote: nothing in it is replaced."""

    code = "demo.folder_foreign"
    status = 409
    zh = "{folder} 中已有并非演示写入的内容，不会在其中覆盖任何文件。"
    en = "{folder} holds what no demo wrote; nothing in it will be replaced."
    zh_next = "请用 --out 指定一个新目录。"
    en_next = "Name a new folder with --out."


class PortTaken(SealmarkError):
    """The port that was asked for is in use."""

    code = "demo.port_taken"
    status = 409
    zh = "端口 {port} 已被占用。"
    en = "The port {port} is in use."
    zh_next = "请停止占用它的程序，或用 --port 指定其他端口。"
    en_next = "Stop what uses it, or name another with --port."


class Refused(SealmarkError):
    """The API refused a call; carries what it said."""

    code = "demo.refused"
    zh = "接口拒绝了请求（{status}）：{title} {detail}"
    en = "The API refused a call ({status}): {title} {detail}"
    zh_next = "请按其说明处理后重新运行。"
    en_next = "Do what it says, then run the demo again."


class Unexpected(SealmarkError):
    """A step of the journey did not end as the law asks: a fault of Sealmark, not of the visitor."""

    code = "demo.unexpected"
    zh = "第 {number} 步“{step}”的结果与规定不符：{problem}。"
    en = "Step {number} ({step}) did not end as it must: {problem}."
    zh_next = "日志在 {logs} 中；请把它连同本行报告给我们。"
    en_next = "The logs lie in {logs}; report them with this line."
