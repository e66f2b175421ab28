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


class ApplicationDisabled(SealmarkError):
    """The application is disabled; it gets no new keys."""

    code = "people.application_disabled"
    status = 409
    zh = "应用 {application} 已停用，不能再签发密钥：它的任何调用都会被拒绝。"
    en = "The application {application} is disabled and gets no new key: every call of it would be refused."
    zh_next = "停用不可恢复；如需继续调用，请登记一个新应用。"
    en_next = "Disabling is final; to go on, register a new application."


class UnusableName(SealmarkError):
    """An application without a name."""

    code = "people.unusable_name"
    status = 400
    zh = "应用须有名称。"
    en = "An application needs a name."
    zh_next = "请给出一个便于辨认的名称，最长 200 个字符。"
    en_next = "Give it a name to know it by, of at most 200 characters."


class NoSuchKey(SealmarkError):
    """No API key has this id."""

    code = "people.no_such_key"
    status = 404
    zh = "没有编号为 {key} 的密钥。"
    en = "There is no key with the id {key}."
    zh_next = "用 sealmark keys list 应用编号 查看密钥编号；编号不是密钥本身。"
    en_next = "See the ids with: sealmark keys list APP. The id is not the key itself."


class NoSuchEndUser(SealmarkError):
    """The end user is not registered with this application."""

    code = "people.no_such_end_user"
    status = 404
    article = 9
    zh = "该最终使用者尚未在本应用登记。"
    en = "This end user is not registered with the application."
    zh_next = "请核对其标识；尚未登记时，先由应用用 POST /api/end-users 登记。"
    en_next = "Check the reference; if they are not registered yet, the application does so with POST /api/end-users."


class NoSuchSanction(SealmarkError):
    """No sanction has this id."""

    code = "people.no_such_sanction"
    status = 404
    article = 10
    zh = "没有编号为 {sanction} 的处置措施。"
    en = "There is no sanction with the id {sanction}."
    zh_next = "用 sealmark end-users show 查看某人的全部处置措施。"
    en_next = "See an end user's sanctions with: sealmark end-users show."


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


class UnusableSanction(SealmarkError):
    """A restriction that names nothing to be restricted from, or another sanction that does."""

    code = "people.unusable_sanction"
    status = 400
    article = 10
    zh = "限制功能（restrict）须指明限制哪些操作；其他措施不能指明。"
    en = "A restriction names the operations that it takes away, and no other sanction does."
    zh_next = "请改正后重试。"
    en_next = "Correct it and try again."
