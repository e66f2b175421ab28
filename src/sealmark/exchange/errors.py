"""What can go wrong on the way of an exchange."""

from sealmark.errors import SealmarkError


class NotJson(SealmarkError):
    """The body is not a JSON object."""

    code = "exchange.not_json"
    status = 400
    zh = "请求体不是有效的 JSON 对象。"
    en = "The request's body is not a JSON object."
    zh_next = "请发送 UTF-8 编码的 JSON 对象。"
    en_next = "Send a JSON object in UTF-8."


class UnusableRequest(SealmarkError):
    """A field of the request is missing or has the wrong type."""

    code = "exchange.unusable_request"
    status = 400
    zh = "请求字段有误：{field}。"
    en = "A field of the request cannot be used: {field}."
    zh_next = "请按 OpenAI 接口文档填写该字段。"
    en_next = "Fill it as the OpenAI API documents it."


class TooIntricate(SealmarkError):
    """The body is nested too deeply, or has too many fields, to be reviewed in reasonable time."""

    code = "exchange.too_intricate"
    status = 400
    zh = "请求体嵌套超过 {depth} 层，或文本字段超过 {fields} 个。"
    en = "The body is nested more than {depth} levels deep, or has more than {fields} fields of text."
    zh_next = "请简化请求结构。"
    en_next = "Make the request simpler."


class BodyTooLarge(SealmarkError):
    """The body is over the limit."""

    code = "exchange.body_too_large"
    status = 413
    zh = "请求体超过 {limit} 字节的上限。"
    en = "The request's body is over the limit of {limit} bytes."
    zh_next = "请缩短输入，或请服务提供者调整上限。"
    en_next = "Shorten the input, or ask the provider to raise the limit."


class NoSuchDoor(SealmarkError):
    """There is nothing at this address, or not for this method."""

    code = "exchange.no_such_endpoint"
    status = 404
    zh = "没有这个接口：{method} {path}。"
    en = "There is no such endpoint: {method} {path}."
    zh_next = "可用接口见 docs/reference/gateway.md。"
    en_next = "docs/reference/gateway.md lists the endpoints."


class UnknownKey(SealmarkError):
    """No API key, or one that is unknown, revoked, or of a disabled application."""

    code = "admission.unknown_key"
    status = 401
    zh = "缺少 API 密钥，或密钥无效。"
    en = "The API key is missing or not valid."
    zh_next = "请在 Authorization 头中携带有效密钥；密钥由服务提供者签发。"
    en_next = "Send a valid key in the Authorization header; the provider issues keys."


class UnknownModel(SealmarkError):
    """No registered service offers this model for this operation."""

    code = "admission.unknown_model"
    status = 404
    zh = "没有名为 {model} 的已登记服务可用于此接口。"
    en = "No registered service offers the model {model} here."
    zh_next = "用 GET /v1/models 查看可用模型。"
    en_next = "See what is offered with GET /v1/models."


class EndUserUnnamed(SealmarkError):
    """Live mode: the call does not say for whom it is made."""

    code = "admission.end_user_unnamed"
    status = 400
    zh = "请求没有指明最终使用者。"
    en = "The call does not name its end user."
    zh_next = "请用 user、safety_identifier 字段或 X-Sealmark-End-User 头指明。"
    en_next = "Name them in `user`, `safety_identifier` or the header X-Sealmark-End-User."


class EndUserUnknown(SealmarkError):
    """The end user is not registered."""

    code = "admission.end_user_unknown"
    status = 403
    zh = "该最终使用者尚未登记。"
    en = "This end user is not registered."
    zh_next = "请先用 POST /api/end-users 登记，再认证真实身份并接受服务协议。"
    en_next = "Register them with POST /api/end-users, then verify their identity and have the agreement accepted."


class IdentityRequired(SealmarkError):
    """The policy `identity.required_for = all` asks for a verified identity before anything is generated."""

    code = "admission.identity_required"
    status = 403
    zh = "该最终使用者尚未完成真实身份认证，本服务的规则要求先认证再生成。"
    en = "This end user's real identity is not verified, which this service's rules ask for before generating."
    zh_next = "请用 POST /api/end-users/identity 以移动电话号码、身份证件号码或统一社会信用代码认证。"
    en_next = "Verify it with POST /api/end-users/identity: mobile number, identity document or credit code."


class IdentityRequiredToPublish(SealmarkError):
    """Article 9: nobody publishes who is not identified."""

    code = "admission.identity_required_to_publish"
    status = 403
    article = 9
    zh = "依照《深度合成管理规定》第九条，不得向未进行真实身份信息认证的使用者提供信息发布服务。"
    en = "Article 9 of the Provisions: no publishing for users whose real identity is not verified."
    zh_next = IdentityRequired.zh_next
    en_next = IdentityRequired.en_next


class AgreementRequired(SealmarkError):
    """The end user has not accepted the service agreement in force."""

    code = "admission.agreement_required"
    status = 403
    article = 8
    zh = "该最终使用者尚未接受现行服务协议({version})。"
    en = "This end user has not accepted the service agreement in force ({version})."
    zh_next = "请展示 GET /api/agreement 的文本，并用 POST /api/end-users/agreement 记录接受。"
    en_next = "Show the text of GET /api/agreement and record acceptance with POST /api/end-users/agreement."


class Sanctioned(SealmarkError):
    """The end user is suspended, closed, or restricted from this operation."""

    code = "admission.sanctioned"
    status = 403
    article = 10
    zh = "该最终使用者已被采取处置措施（{zh_reason}），暂不能使用此功能。"
    en = "This end user is under a sanction ({en_reason}) and may not use this."
    zh_next = "如有异议，可按服务协议所载方式申诉。"
    en_next = "They may appeal in the way that the service agreement describes."


class Unassessed(SealmarkError):
    """A tool of Article 15 without its security assessment."""

    code = "admission.unassessed"
    status = 403
    article = 15
    zh = "该服务({service})尚未完成第十五条要求的安全评估。"
    en = "The security assessment that Article 15 asks of this service ({service}) is missing."
    zh_next = "请联系服务提供者。"
    en_next = "Ask the provider."


class Stale(SealmarkError):
    """This worker has not seen the register's changes for more than five seconds; it might not know of an order."""

    code = "admission.stale"
    status = 503
    zh = "服务暂时无法确认最新的登记与处置情况。"
    en = "The service cannot confirm the newest registrations and sanctions just now."
    zh_next = "请稍后重试。"
    en_next = "Try again shortly."


class InputBlocked(SealmarkError):
    """The review of the input found what must not be worked on."""

    code = "review.input_blocked"
    status = 400
    article = 10
    zh = "输入未通过审核(风险类别 {risk})，没有发送给模型。"
    en = "The input did not pass review (risk class {risk}); it was not sent to the model."
    zh_next = "请修改后重试；如有异议，凭交互编号申诉。"
    en_next = "Change it and try again; to appeal, give the exchange number."


class MarkUnwanted(SealmarkError):
    """A request to take a mark off, crop it out, cover it or paint over it."""

    code = "review.mark_unwanted"
    status = 400
    article = 18
    zh = "请求要求去除、裁掉或遮盖人工智能生成合成标识；任何人不得这样做，因此没有发送给模型。"
    en = "The request asks for a mark of AI generation to be taken off, cropped out or covered; it was not sent on."
    zh_next = "请去掉这一要求后重试；如有异议，凭交互编号申诉。确需不带显式标识的内容，可按《标识办法》第九条申请。"
    en_next = (
        "Leave that out and try again; to appeal, give the exchange number. An item without its visible mark can be "
        "asked for under Article 9 of the labelling Measures."
    )


class OutputBlocked(SealmarkError):
    """The review of what was generated found what must not be released."""

    code = "review.output_blocked"
    status = 400
    article = 10
    zh = "生成结果未通过审核(风险类别 {risk})，未予放行。"
    en = "What was generated did not pass review (risk class {risk}) and is not released."
    zh_next = "请换一种提问；如有异议，凭交互编号申诉。"
    en_next = "Ask in another way; to appeal, give the exchange number."


class UnreviewedMedium(SealmarkError):
    """Live mode: no reviewer sees what is in this medium."""

    code = "review.unreviewed_medium"
    status = 403
    article = 10
    zh = "没有能够审核{medium}内容的审核器，正式模式不予放行。"
    en = "No reviewer sees the content of this medium ({medium}); live mode does not release it."
    zh_next = "请由服务提供者启用相应审核器。"
    en_next = "The provider must enable a reviewer for it."


class UnknownBinary(SealmarkError):
    """Binary content where none is expected: nobody could review it."""

    code = "review.unknown_binary"
    status = 400
    article = 10
    zh = "字段 {field} 含有无法审核的二进制内容。"
    en = "The field {field} holds binary content that cannot be reviewed."
    zh_next = "请移除该字段的二进制内容。"
    en_next = "Take the binary content out of it."


class RemoteContent(SealmarkError):
    """Content that the upstream would fetch itself, so that nobody here has seen it."""

    code = "review.remote_content"
    status = 400
    article = 10
    zh = "字段 {field} 指向远程内容，无法在生成前审核。"
    en = "The field {field} points to remote content, which cannot be reviewed before generating."
    zh_next = "请以 data: 地址内联提交。"
    en_next = "Send it inline, as a data: URL."


class WorkersBusy(SealmarkError):
    """Every process that works on pixels and samples is taken."""

    code = "workers.busy"
    status = 503
    zh = "图像与音频处理队列已满。"
    en = "The queue for pictures and sounds is full."
    zh_next = "请稍后重试。"
    en_next = "Try again shortly."


class WorkerDied(SealmarkError):
    """The process that worked on this item died or took too long; the item is not released."""

    code = "workers.died"
    status = 502
    zh = "处理该内容的进程超出了时间或内存限制，内容未予放行。"
    en = "The process that worked on this item went over its limits; the item is not released."
    zh_next = "请换一个较小的尺寸或时长重试。"
    en_next = "Try again with a smaller size or length."


class InlineMedium(SealmarkError):
    """A text answer holds a picture or sound as a `data:` URL: nobody reviewed it, and it bears no mark."""

    code = "exchange.inline_medium"
    status = 502
    article = 16
    zh = "文字回答中夹带了内嵌的图像、音频或视频，它未经标识，未予放行。"
    en = "The text answer holds an inline picture, sound or video, which bears no mark; it is not released."
    zh_next = "请通过图像或语音接口生成；若仍出现，请联系服务提供者。"
    en_next = "Generate it through the image or speech endpoint; if it persists, tell the provider."


class BodyTooSlow(SealmarkError):
    """The request's body did not come in time."""

    code = "exchange.body_too_slow"
    status = 408
    zh = "请求体未在 {seconds} 秒内传完。"
    en = "The request's body did not come within {seconds} seconds."
    zh_next = "请检查网络后重试。"
    en_next = "Check the network, then try again."


class TooLong(SealmarkError):
    """A stream reached its time limit: the upstream goes on, or the client does not read."""

    code = "exchange.too_long"
    status = 504
    zh = "流式回答超过了时限，已经结束。"
    en = "The streamed answer reached its time limit and was ended."
    zh_next = "请缩短请求，或分几次生成。"
    en_next = "Ask for less, or generate it in several calls."


class Stopping(SealmarkError):
    """The service stops while an answer is on its way."""

    code = "exchange.stopping"
    status = 503
    zh = "服务正在停止，回答没有完成。"
    en = "The service is stopping; the answer was not completed."
    zh_next = "请稍后重试。"
    en_next = "Try again shortly."


class ClientLeft(SealmarkError):
    """The client closed the connection before the answer was complete; recorded, never shown."""

    code = "exchange.client_left"
    status = 499
    zh = "客户端在回答结束前断开。"
    en = "The client left before the answer was complete."
    zh_next = "无需处理。"
    en_next = "Nothing to do."
