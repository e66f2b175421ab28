"""What can go wrong between us and an upstream."""

from sealmark.errors import SealmarkError


class UpstreamUnreachable(SealmarkError):
    """No connection to the upstream."""

    code = "upstream.unreachable"
    status = 502
    zh = "无法连接上游模型。"
    en = "The upstream model cannot be reached."
    zh_next = "请稍后重试。"
    en_next = "Try again shortly."


class UpstreamTimeout(SealmarkError):
    """The upstream took too long."""

    code = "upstream.timeout"
    status = 504
    zh = "上游模型超时。"
    en = "The upstream model took too long."
    zh_next = "请稍后重试，或缩短请求。"
    en_next = "Try again shortly, or shorten the request."


class UpstreamRubbish(SealmarkError):
    """What the upstream answered is not what its interface promises."""

    code = "upstream.rubbish"
    status = 502
    zh = "上游模型的回答无法解析（{zh_reason}），未予放行。"
    en = "The upstream's answer cannot be read ({en_reason}); nothing of it is released."
    zh_next = "请稍后重试；若仍出现，请联系服务提供者。"
    en_next = "Try again shortly; if it persists, tell the provider."


class UpstreamBroken(SealmarkError):
    """The upstream broke off in the middle of its answer."""

    code = "upstream.broken"
    status = 502
    zh = "上游模型中途断开，尚未审核完的部分已丢弃。"
    en = "The upstream broke off; what was not reviewed yet is dropped."
    zh_next = "请重试。"
    en_next = "Try again."


class UpstreamRefused(SealmarkError):
    """The upstream refused the request; its own words are not passed on, since nobody reviewed them."""

    code = "upstream.refused"
    status = 400
    zh = "上游模型拒绝了该请求(状态 {upstream_status})。"
    en = "The upstream refused the request (status {upstream_status})."
    zh_next = "请检查请求参数。"
    en_next = "Check the request's parameters."


class UpstreamFailed(SealmarkError):
    """The upstream failed."""

    code = "upstream.failed"
    status = 502
    zh = "上游模型出错(状态 {upstream_status})。"
    en = "The upstream failed (status {upstream_status})."
    zh_next = "请稍后重试。"
    en_next = "Try again shortly."


class UpstreamBusy(SealmarkError):
    """The upstream takes no more for now."""

    code = "upstream.busy"
    status = 503
    zh = "上游模型繁忙。"
    en = "The upstream is busy."
    zh_next = "请稍后重试。"
    en_next = "Try again shortly."
