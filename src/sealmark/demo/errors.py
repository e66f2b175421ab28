"""Why the demo cannot run, or what did not go as it must."""

from sealmark.errors import SealmarkError


class PartNotStarted(SealmarkError):
    """One of the demo's processes did not come up."""

    code = "demo.part_not_started"
    status = 503
    zh = "{zh_part}未能启动：{zh_reason}。"
    en = "The {en_part} did not start: {en_reason}."
    zh_next = "详情见 {log}；然后重新运行。"
    en_next = "See {log}, then run it again."


class PartEnded(SealmarkError):
    """One of the demo's processes ended while the demo was up; `exit_code` is what it ended with."""

    code = "demo.part_ended"
    status = 503
    zh = "{zh_part}意外结束（退出码 {exit_code}）。"
    en = "The {en_part} ended by itself (exit code {exit_code})."
    zh_next = "详情见 {log}；然后重新运行。"
    en_next = "See {log}, then run it again."


class AlreadyRunning(SealmarkError):
    """Another demo holds the output folder; `address` is where it answers, or will."""

    code = "demo.already_running"
    status = 409
    zh = "{folder} 中已有一个演示在运行（{address}）。"
    en = "A demo is running in {folder} already ({address})."
    zh_next = (
        "可以直接使用它；要重新开始，先在它的终端按 Ctrl-C（或执行 kill {pid}）；"
        "要同时再开一个，用 --out 指定其他目录。"
    )
    en_next = (
        "Use that one; to start afresh, first end it by Ctrl-C in its terminal (or: kill {pid}); "
        "to have another beside it, name another folder with --out."
    )


class FolderBusy(SealmarkError):
    """No demo holds the output folder, but something else has its ledger open for writing."""

    code = "demo.folder_busy"
    status = 409
    zh = "{folder} 里的账本正被另一个进程使用：刚结束的演示还没有收尾，或者有 sealmark serve 在这个目录上运行。"
    en = "Another process uses the ledger in {folder}: a demo that is still ending, or a sealmark serve on that folder."
    zh_next = "请稍候几秒再试，或先停止它，或用 --out 指定其他目录。"
    en_next = "Try again in a few seconds, stop it first, or name another folder with --out."


class FolderUnusable(SealmarkError):
    """The output folder cannot be made or written."""

    code = "demo.folder_unusable"
    status = 507
    zh = "不能在 {folder} 中写入（{zh_reason}）。"
    en = "{folder} cannot be written to ({en_reason})."
    zh_next = "请检查权限与磁盘空间，或用 --out 指定其他目录。"
    en_next = "Check its permissions and the space on the disk, or name another folder with --out."


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
    zh = "第 {number} 步“{zh_step}”的结果与规定不符：{zh_problem}。"
    en = "Step {number} ({en_step}) did not end as it must: {en_problem}."
    zh_next = "日志在 {logs} 中；请把它连同本行报告给我们。"
    en_next = "The logs lie in {logs}; report them with this line."
