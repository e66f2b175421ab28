"""Why a copy without explicit mark is not given (labelling Measures, Art. 9)."""

from sealmark.errors import SealmarkError

ZH = "《人工智能生成合成内容标识办法》第九条"
EN = "Article 9 of the labelling Measures"


class GrantRequired(SealmarkError):
    """A copy without explicit mark was asked for without a grant."""

    code = "grants.required"
    status = 403
    article = 17
    zh = f"{{format}} 可以带显式标识；依照{ZH}，不带显式标识的副本只能凭许可提供。"
    en = f"{{format}} can bear an explicit mark; by {EN}, a copy without one is given under a grant only."
    zh_next = "请去掉 --layers metadata，或用 --grant 指明许可编号；许可由应用以 POST /api/grants 申请。"
    en_next = (
        "Leave --layers metadata out, or name a grant with --grant; applications ask for one with POST /api/grants."
    )


class NoSuchGrant(SealmarkError):
    """There is no grant with this id, or it belongs to another application."""

    code = "grants.unknown"
    status = 404
    zh = f"没有编号为 {{grant}} 的许可（{ZH}）。"
    en = f"There is no grant {{grant}} ({EN})."
    zh_next = "请核对编号；许可由应用以 POST /api/grants 申请。"
    en_next = "Check the id; applications ask for a grant with POST /api/grants."


class GrantOver(SealmarkError):
    """A grant was revoked, its time is over, or its copies are used up."""

    code = "grants.over"
    status = 410
    zh = f"许可 {{grant}} 已不能使用（{ZH}）：{{zh_reason}}。"
    en = f"The grant {{grant}} can no longer be used ({EN}): {{en_reason}}."
    zh_next = "如仍需要，请重新申请。"
    en_next = "Ask for another if it is still needed."


class NotReleasedToThem(SealmarkError):
    """The item was not released to this end user, or not as a whole."""

    code = "grants.unknown_item"
    status = 404
    zh = f"没有向该最终使用者完整放行过编号为 {{produce_id}} 的内容；{ZH}的副本只给内容的使用者本人。"
    en = f"No item {{produce_id}} was released to this end user as a whole; by {EN} a copy goes to its own user only."
    zh_next = "请核对回答中 aigc.ProduceID 的值。"
    en_next = "Check aigc.ProduceID of the answer."


class NothingToLeaveOut(SealmarkError):
    """The item bears no explicit mark as it is."""

    code = "grants.unmarked"
    status = 409
    zh = f"编号为 {{produce_id}} 的内容本来就不带显式标识，不需要{ZH}的许可。"
    en = f"The item {{produce_id}} bears no explicit mark as it is; no grant of {EN} is needed."
    zh_next = "请直接使用已放行的内容。"
    en_next = "Use the item as it was released."


class IdentityRequiredToCopy(SealmarkError):
    """A copy without explicit mark goes to nobody whose identity is not verified."""

    code = "grants.identity_required"
    status = 403
    article = 9
    zh = f"该最终使用者尚未完成真实身份认证（《深度合成管理规定》第九条），不能按{ZH}取得不带显式标识的副本。"
    en = f"This end user's real identity is not verified (Article 9 of the Provisions): no copy under {EN}."
    zh_next = "请先用 POST /api/end-users/identity 认证。"
    en_next = "Verify it with POST /api/end-users/identity first."


class LabellingAgreementRequired(SealmarkError):
    """The end user has not accepted the labelling agreement in force."""

    code = "grants.agreement_required"
    status = 403
    zh = f"该最终使用者尚未接受现行标识协议（{{version}}）；{ZH}要求先约定其标识义务与使用责任。"
    en = f"This end user has not accepted the labelling agreement in force ({{version}}), which {EN} asks for first."
    zh_next = "请展示 GET /api/labelling-agreement 的文本，并用 POST /api/end-users/labelling-agreement 记录接受。"
    en_next = "Show GET /api/labelling-agreement and record acceptance with POST /api/end-users/labelling-agreement."


class NoSuchLabellingAgreement(SealmarkError):
    """This version of the labelling agreement was never published, or none was."""

    code = "grants.no_such_agreement"
    status = 404
    zh = f"没有这一版本的标识协议：{{version}}（{ZH}）。"
    en = f"There is no version {{version}} of the labelling agreement ({EN})."
    zh_next = "用 GET /api/labelling-agreement 查看现行版本；它由登记文件的 [labelling_agreement] 公布。"
    en_next = (
        "See the current one with GET /api/labelling-agreement; the seed file publishes it as [labelling_agreement]."
    )


class LabellingAgreementPublished(SealmarkError):
    """Another text was published under this version."""

    code = "grants.agreement_published"
    status = 409
    zh = f"版本 {{version}} 的标识协议（{ZH}）已经公布，文本不能再改。"
    en = f"Version {{version}} of the labelling agreement ({EN}) is published; its text cannot change any more."
    zh_next = "请为新文本使用新的版本号。"
    en_next = "Give the new text a version of its own."


class NoPlaceForTheLabel(SealmarkError):
    """A file of a format without metadata would bear no mark at all."""

    code = "grants.no_place"
    status = 415
    article = 16
    zh = f"{{format}} 文件没有元数据区：去掉显式标识就没有任何标识，而{ZH}的副本须保留隐式标识。"
    en = f"{{format}} has no metadata: without its explicit mark it would bear none; copies of {EN} keep one."
    zh_next = "请改用 POST /api/grants/…/copies，标识在其信封中。"
    en_next = "Use POST /api/grants/…/copies, whose envelope holds the label."


class GrantForAnother(SealmarkError):
    """The file is of another medium than the item that the grant is for."""

    code = "grants.another_item"
    status = 409
    zh = f"许可 {{grant}} 针对的不是这样的内容（{{medium}}）；{ZH}的许可只用于其中写明的那一份内容。"
    en = (
        f"The grant {{grant}} is for another item than this ({{medium}}); by {EN} it counts for the item that it names."
    )
    zh_next = "用 sealmark grants show 查看许可针对的内容。"
    en_next = "See what it is for with: sealmark grants show."
