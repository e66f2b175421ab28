"""What the demo upstream refuses, in sentences that its OpenAI-shaped error bodies carry."""

from typing import ClassVar

from sealmark.errors import SealmarkError


class BadRequest(SealmarkError):
    """A field of the request is missing, of the wrong kind or out of range; `param` names it."""

    code: ClassVar[str] = "demo.bad_request"
    status: ClassVar[int] = 400
    zh: ClassVar[str] = "请求的字段 {param} 不可用：{zh_reason}。"
    en: ClassVar[str] = "The request's field {param} cannot be used: {en_reason}."
    zh_next: ClassVar[str] = "请改正该字段后重试。"
    en_next: ClassVar[str] = "Correct the field and send the request again."


class UnknownModel(SealmarkError):
    """The request names a model that this endpoint does not run."""

    code: ClassVar[str] = "demo.model_not_found"
    status: ClassVar[int] = 404
    zh: ClassVar[str] = "没有名为 {model} 的模型，此接口的模型是 {offered}。"
    en: ClassVar[str] = "There is no model named {model}; this endpoint runs {offered}."
    zh_next: ClassVar[str] = "请改用列出的模型。"
    en_next: ClassVar[str] = "Use the model that is named."


class Busy(SealmarkError):
    """Too many generations wait already."""

    code: ClassVar[str] = "demo.busy"
    status: ClassVar[int] = 503
    zh: ClassVar[str] = "排队的生成任务已满。"
    en: ClassVar[str] = "Too many generations are waiting already."
    zh_next: ClassVar[str] = "请稍后重试。"
    en_next: ClassVar[str] = "Try again in a few seconds."


class MissingEngine(SealmarkError):
    """A generator's package is not installed or cannot be loaded."""

    code: ClassVar[str] = "demo.engine_missing"
    status: ClassVar[int] = 501
    zh: ClassVar[str] = "缺少生成器所需的组件 {package}。"
    en: ClassVar[str] = "The part {package} that this generator needs is not installed."
    zh_next: ClassVar[str] = "请安装附加项:sealmark[demo]。"
    en_next: ClassVar[str] = "Install the extra: sealmark[demo]."


class EngineFailed(SealmarkError):
    """A generator broke off; what it had made is not released as whole."""

    code: ClassVar[str] = "demo.engine_failed"
    status: ClassVar[int] = 500
    zh: ClassVar[str] = "生成器 {engine} 出错，本次没有生成完整内容。"
    en: ClassVar[str] = "The generator {engine} failed; nothing complete was made."
    zh_next: ClassVar[str] = "请重试；若仍出现，请缩短输入。"
    en_next: ClassVar[str] = "Try again; if it persists, shorten the input."
