"""What can go wrong with the people who ask."""

from sealmark.errors import SealmarkError


class NoSuchApplication(SealmarkError):
    """The application is not registered."""

    code = "people.no_such_application"
    status = 404
    zh = "没有这个应用：{application}。"
    en = "There is no application {application}."
    zh_next = "用 sealmark applications list 查看全部应用。"
    en_next = "See them all with: sealmark applications list."


class NoSuchEndUser(SealmarkError):
    """The end user is not registered with this application."""

    code = "people.no_such_end_user"
    status = 404
    article = 9
    zh = "该最终使用者尚未在本应用登记。"
    en = "This end user is not registered with the application."
    zh_next = "请先用 POST /api/end-users 登记。"
    en_next = "Register them first with POST /api/end-users."


class NoSuchAgreement(SealmarkError):
    """This version of the service agreement was never published."""

    code = "people.no_such_agreement"
    status = 404
    article = 8
    zh = "没有这一版本的服务协议：{version}。"
    en = "There is no version {version} of the service agreement."
    zh_next = "用 GET /api/agreement 查看现行版本。"
    en_next = "See the current one with GET /api/agreement."


class AgreementPublished(SealmarkError):
    """Another text was published under this version; what people accepted never changes."""

    code = "people.agreement_published"
    status = 409
    article = 8
    zh = "版本 {version} 的服务协议已经公布，文本不能再改。"
    en = "Version {version} of the service agreement is published; its text cannot change any more."
    zh_next = "请为新文本使用新的版本号。"
    en_next = "Give the new text a version of its own."


class UnusableReference(SealmarkError):
    """A name for an end user that cannot be used."""

    code = "people.unusable_reference"
    status = 400
    zh = "最终使用者标识须为 1 到 256 个字符。"
    en = "An end user's reference has 1 to 256 characters."
    zh_next = "请换一个标识，例如贵方系统中的随机用户编号。"
    en_next = "Use another, such as the random user number of your own system."


class RehearsalFull(SealmarkError):
    """A rehearsal takes only a few end users."""

    code = "people.rehearsal_full"
    status = 403
    zh = "演练模式最多登记 {most} 个最终使用者。"
    en = "A rehearsal takes at most {most} end users."
    zh_next = "请使用已登记的最终使用者，或在备案等条件具备后转为正式模式。"
    en_next = "Use one that is registered, or go live once every gate is passed."


class UnknownSanction(SealmarkError):
    """Not one of the sanctions of Article 10."""

    code = "people.unknown_sanction"
    status = 400
    article = 10
    zh = "未知的处置措施：{kind}。"
    en = "Unknown sanction: {kind}."
    zh_next = "请使用 warn、restrict、suspend 或 close。"
    en_next = "Use warn, restrict, suspend or close."
