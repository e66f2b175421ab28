"""Why an item could not be marked: nothing leaves without its metadata mark (Art. 16)."""

from sealmark.errors import SealmarkError


class MarkError(SealmarkError):
    """The item could not be marked; the subclasses say why."""

    code = "marks.failed"
    status = 422
    article = 16
    zh = "这份内容未能加上标识，因此没有放行。"
    en = "The item could not be marked and was not released."
    zh_next = "请检查内容与标识设置后重试。"
    en_next = "Check the item and the marking options and try again."


class BadLabel(MarkError):
    """A label that GB 45438 Annex E does not allow; `field` says where."""

    code = "marks.bad_label"
    zh = "标识元素 {field} 不符合 GB 45438 附录 E({zh_reason})。"
    en = "The label field {field} does not satisfy GB 45438 Annex E ({en_reason})."
    zh_next = "请改正该字段后重试。"
    en_next = "Correct the field and try again."


class BadProviderCode(MarkError):
    """A provider code that does not follow the 27-character coding rules."""

    code = "marks.bad_provider_code"
    zh = "服务提供者编码不符合编码规则({zh_reason})。"
    en = "The provider code does not follow the coding rules ({en_reason})."
    zh_next = "请核对 27 位编码及其中的统一社会信用代码。"
    en_next = "Check the 27 characters and the unified social credit code within."


class DamagedMetadata(MarkError):
    """The place of the label holds something that cannot be read safely."""

    code = "marks.damaged_metadata"
    zh = "文件中 {place} 处的元数据无法安全读取({zh_reason})。"
    en = "The metadata at {place} cannot be read safely ({en_reason})."
    zh_next = "请修复或重新导出该文件；为不破坏他人的元数据，系统不会覆盖它。"
    en_next = "Repair or export the file again; it is not overwritten, so that no other metadata is lost."


class NoRoom(MarkError):
    """The container cannot hold the label beside what is there already."""

    code = "marks.no_room"
    status = 413
    zh = "{place} 处已没有空间写入标识。"
    en = "There is no room left for the label at {place}."
    zh_next = "请精简文件中已有的元数据后重试。"
    en_next = "Shorten the metadata that the file already holds and try again."


class NoMetadataPlace(MarkError):
    """The format has no metadata: a plain text."""

    code = "marks.no_metadata_place"
    status = 415
    zh = "{format} 格式没有元数据区，无法写入文件元数据标识。"
    en = "The format {format} has no place for a metadata label."
    zh_next = "请使用可见标识与伴随文件，或改用带元数据的格式。"
    en_next = "Use the visible mark with a sidecar, or a format that has metadata."


class UnreadableLabel(MarkError):
    """A foreign label is there, but cannot be understood, so its producer's fields cannot be kept."""

    code = "marks.unreadable_label"
    status = 409
    zh = "文件已带有无法解析的 AIGC 标识；覆盖它会篡改他人的标识。"
    en = "The file carries an AIGC label that cannot be parsed; replacing it would tamper with another's label."
    zh_next = "若这是本服务自己生成或编辑的内容，请声明后重试；否则请人工处理。"
    en_next = "If this is your own generation or edit, say so and try again; otherwise have a person look at it."


class NotReadable(MarkError):
    """The label that was just written did not read back: the item is not released."""

    code = "marks.not_readable"
    status = 500
    zh = "写入的标识未能读回，内容没有放行。"
    en = "The label that was written did not read back; the item was not released."
    zh_next = "请重试；若仍出现，请换用其他格式并告知服务提供者。"
    en_next = "Try again; if it persists, use another format and tell the provider."


class UnknownLayer(MarkError):
    """A layer of marks that does not exist or is not built yet."""

    code = "marks.unknown_layer"
    zh = "标识层 {layer} 不存在或尚未提供。"
    en = "The layer {layer} does not exist or is not available yet."
    zh_next = "可用的标识层：{available}。"
    en_next = "Available layers: {available}."


class NoExplicitMark(MarkError):
    """A format whose visible or audible mark is not built yet."""

    code = "marks.no_explicit_mark"
    status = 415
    zh = "暂不能为 {format} 添加显式标识。"
    en = "An explicit mark cannot be put on {format} yet."
    zh_next = "请只写入元数据标识（--layers metadata），并自行提供显式标识。"
    en_next = "Write the metadata mark alone (--layers metadata), and provide the visible one yourself."


class BadKey(MarkError):
    """A key for the labels' signatures that cannot be used."""

    code = "marks.bad_key"
    zh = "密钥无法使用({zh_reason})。"
    en = "The key cannot be used ({en_reason})."
    zh_next = "请提供 SM2 密钥的 PEM 文件(PKCS#8，曲线 1.2.156.10197.1.301)，或为公钥提供十六进制形式。"
    en_next = "Give the PEM file of an SM2 key (PKCS#8, curve 1.2.156.10197.1.301), or a public key in hexadecimal."


class NotSigned(MarkError):
    """The label was to be signed and was not: the item is not released."""

    code = "marks.not_signed"
    status = 500
    zh = "标识未能签名({zh_reason})，内容没有放行。"
    en = "The label could not be signed ({en_reason}); the item was not released."
    zh_next = "请检查签名密钥或签名设备后重试。"
    en_next = "Check the signing key or the signing device and try again."


class SignedPackage(MarkError):
    """A digitally signed document: writing the label would break the signature."""

    code = "marks.signed_package"
    status = 409
    zh = "这份 {format} 文档带有数字签名；写入标识会破坏签名，因此未作改动。"
    en = "The {format} document is digitally signed; writing a label would break the signature, so it was left alone."
    zh_next = "请先写入标识，再对文档签名。"
    en_next = "Write the label first, then sign the document."


class Sealed(MarkError):
    """A file whose signature allows no change at all: a label would make the signature invalid."""

    code = "marks.sealed"
    status = 409
    zh = "文件的签名声明不允许任何改动；写入标识会使签名失效。"
    en = "The file's signature allows no change at all; writing a label would make it invalid."
    zh_next = "请在签名之前写入标识，或请签名者改用允许改动的级别。"
    en_next = "Write the label before the file is signed, or have it certified at a level that allows changes."


class BadCredentialKey(MarkError):
    """A certificate chain or key that cannot sign content credentials."""

    code = "marks.bad_credential_key"
    zh = "内容凭证的证书或私钥无法使用({zh_reason})。"
    en = "The certificates or the key for content credentials cannot be used ({en_reason})."
    zh_next = "请提供 PEM 证书链(签名证书在前)与未加密的 PEM 私钥；证书用途须含 C2PA 签名。"
    en_next = (
        "Give a PEM chain, the signing certificate first, and an unencrypted PEM key; it must be for C2PA signing."
    )


class BadTrustList(MarkError):
    """A list of trusted certificates that cannot be read."""

    code = "marks.bad_trust_list"
    zh = "信任列表 {name} 无法使用({zh_reason})。"
    en = "The trust list {name} cannot be used ({en_reason})."
    zh_next = "请提供 PEM 格式的根证书文件。"
    en_next = "Give a file of root certificates in PEM."


class NoCredentialKey(MarkError):
    """A credential was asked for, and nobody signs."""

    code = "marks.no_credential_key"
    zh = "未配置内容凭证的证书与私钥。"
    en = "No certificates and key for content credentials are set."
    zh_next = "请在配置中给出 credential_chain_file 与 credential_key_file，或不写 credential 标识层。"
    en_next = "Set credential_chain_file and credential_key_file, or leave the credential layer out."


class NoCredentialPlace(MarkError):
    """A format, or a file of it, that no content credential can be put into."""

    code = "marks.no_credential_place"
    status = 415
    zh = "无法在这份 {format} 文件中写入内容凭证({zh_reason})。"
    en = "No content credential can be put into this {format} file ({en_reason})."
    zh_next = "请不写 credential 标识层，或换用其他格式。"
    en_next = "Leave the credential layer out, or use another format."


class CredentialNotSigned(MarkError):
    """A credential was to be signed and was not: the item is not released."""

    code = "marks.credential_not_signed"
    status = 500
    zh = "内容凭证未能签署({zh_reason})，内容没有放行。"
    en = "The content credential could not be signed ({en_reason}); the item was not released."
    zh_next = "请检查证书、私钥或签名设备后重试。"
    en_next = "Check the certificates, the key or the signing device and try again."
