"""What can go wrong for a visitor of the public pages."""

from sealmark.errors import SealmarkError


class TooManyVisits(SealmarkError):
    """One address asks too often; `wait` is in seconds."""

    code = "portal.too_many_visits"
    status = 429
    zh = "来自这个地址的核验请求太多了。"
    en = "Too many verifications were asked for from this address."
    zh_next = "请在 {wait} 秒后重试。"
    en_next = "Try again in {wait} seconds."


class NothingSubmitted(SealmarkError):
    """Neither a file nor a text came with the form."""

    code = "portal.nothing_submitted"
    status = 400
    zh = "没有收到文件，也没有收到文本。"
    en = "Neither a file nor a text was received."
    zh_next = "请选择一个文件，或粘贴一段文本。"
    en_next = "Choose a file or paste a text."


class UnusableForm(SealmarkError):
    """The request is not a form that this page sent."""

    code = "portal.unusable_form"
    status = 400
    zh = "提交的表单无法读取。"
    en = "The form that was sent cannot be read."
    zh_next = "请回到页面重新提交。"
    en_next = "Go back to the page and submit it again."


class PageUnknown(SealmarkError):
    """There is no page at this address."""

    code = "portal.page_unknown"
    status = 404
    zh = "这个地址没有页面。"
    en = "There is no page at this address."
    zh_next = "请核对地址，或从首页开始。"
    en_next = "Check the address, or start from the home page."


class WrongMethod(SealmarkError):
    """The page exists, but not for this kind of request."""

    code = "portal.wrong_method"
    status = 405
    zh = "这个页面不接受这种请求。"
    en = "This page does not take this kind of request."
    zh_next = "请从首页打开该页面。"
    en_next = "Open the page from the home page."


class Busy(SealmarkError):
    """As many verifications as may run at once are running."""

    code = "portal.busy"
    status = 503
    zh = "正在核验的内容太多，暂时排不上。"
    en = "Too many items are being verified just now."
    zh_next = "请过几秒重试。"
    en_next = "Try again in a few seconds."
