"""What the command line itself refuses."""

from sealmark.errors import SealmarkError


class Misused(SealmarkError):
    """The command was not written as it must be."""

    code = "cli.usage"
    status = 400
    zh = "命令的写法不对：{problem}。"
    en = "The command cannot be understood: {problem}."
    zh_next = "用 {command} --help 查看用法。"
    en_next = "See: {command} --help"


class WouldOverwrite(SealmarkError):
    """A file already stands where the result would go."""

    code = "cli.would_overwrite"
    status = 409
    zh = "{path} 已存在，不会覆盖。"
    en = "{path} exists already and is never overwritten."
    zh_next = "请换一个输出目录，或先移走该文件。"
    en_next = "Choose another folder, or move that file away first."


class PortTaken(SealmarkError):
    """The address to listen on cannot be had."""

    code = "cli.port_unusable"
    status = 409
    zh = "无法监听 {host}:{port}（{zh_reason}）。"
    en = "Cannot listen on {host}:{port} ({en_reason})."
    zh_next = "请停止占用它的程序，或用 --port 指定其他端口。"
    en_next = "Stop what uses it, or name another port with --port."


class NotStarted(SealmarkError):
    """The service did not start, and did not say why."""

    code = "cli.not_started"
    status = 503
    zh = "服务未能启动。"
    en = "The service did not start."
    zh_next = "原因见日志；处理后重新启动。"
    en_next = "The log says why; remove the cause and start it again."


class NeedsExtra(SealmarkError):
    """The demo's parts are an extra that is not installed."""

    code = "cli.needs_extra"
    status = 501
    zh = "缺少组件 {package}。"
    en = "The part {package} is not installed."
    zh_next = "请安装附加项：sealmark[{extra}]。"
    en_next = "Install the extra: sealmark[{extra}]."


class KeyTextUnusable(SealmarkError):
    """What was given as the ledger's public key is none; its text is not repeated."""

    code = "cli.key_unusable"
    status = 400
    zh = "这不是账本的公钥（vkey）：{zh_reason}。"
    en = "This is no public key (vkey) of a ledger: {en_reason}."
    zh_next = "它是一行文字：账本名称、8 位编号、base64，以加号相连，不带引号；在服务的 /api/ledger 里可以找到。"
    en_next = (
        "It is one line without quotes: the ledger's name, an id of 8 digits and base64, joined by plus signs; "
        "the service shows it at /api/ledger."
    )


class UnknownOperation(SealmarkError):
    """What is to be restricted is no operation of the gateway."""

    code = "cli.unknown_operation"
    status = 400
    zh = "没有名为 {operation} 的操作。"
    en = "There is no operation {operation}."
    zh_next = "请使用以下之一：{known}。"
    en_next = "Use one of: {known}."
