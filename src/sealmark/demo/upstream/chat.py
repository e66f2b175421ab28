"""`/v1/chat/completions`: the request checked, and the model's chunks in OpenAI's shapes, streamed or whole."""

import secrets
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from sealmark.demo.upstream import fields
from sealmark.demo.upstream.errors import BadRequest, EngineFailed
from sealmark.demo.upstream.fields import Body
from sealmark.demo.upstream.language import CONTEXT, MODEL, Chunk, LanguageModel

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "user"}
_DEFAULT_TOKENS = 256  # a small model rambles: an answer ends here unless more is asked for
_LONGEST_MESSAGE = 64_000


def request(body: Body) -> dict[str, Any]:
    """What the engine is asked. Raises `BadRequest` for fields that are wrong or that this model cannot honour."""
    _refuse_unsupported(body)
    asked = {
        "messages": [_message(message) for message in _messages(body)],
        "max_tokens": _most_tokens(body),
        "temperature": fields.number(body, "temperature", 0, 2, 0.2),
        "top_p": fields.number(body, "top_p", 0, 1, 0.9),
        "presence_penalty": fields.number(body, "presence_penalty", -2, 2),
        "frequency_penalty": fields.number(body, "frequency_penalty", -2, 2),
        "seed": _seed(body),
        "stop": _stops(body),
        "logprobs": fields.flag(body, "logprobs") or None,
        "top_logprobs": fields.whole(body, "top_logprobs", 0, 20),
        "response_format": _form(body),
        "cache_prompt": False if body.get("seed") is not None else None,  # a cached prompt rounds otherwise
        "stream_options": {"include_usage": True},
    }
    return {name: value for name, value in asked.items() if value is not None}


def _refuse_unsupported(body: Body) -> None:
    if fields.whole(body, "n", 1, 128, 1) != 1:
        raise BadRequest(
            param="n", zh_reason="此模型每次只给一个回答", en_reason="this model gives one answer at a time"
        )
    if body.get("tool_choice") not in (None, "auto", "none"):
        raise BadRequest(param="tool_choice", zh_reason="此模型不调用工具", en_reason="this model calls no tools")


def _messages(body: Body) -> list[Any]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequest(
            param="messages", zh_reason="须为至少含一条消息的列表", en_reason="a list of at least one message is needed"
        )
    return messages


def _message(message: object) -> dict[str, str]:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        raise BadRequest(
            param="messages",
            zh_reason=f"每条消息须有角色：{', '.join(_ROLES)}",
            en_reason=f"each message needs a role of {', '.join(_ROLES)}",
        )
    return {"role": _ROLES[message["role"]], "content": _content(message.get("content"))}


def _content(content: object) -> str:
    """A message's text: a string, or parts of type text joined."""
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None for part in parts]
    if any(not isinstance(text, str) for text in texts):
        raise BadRequest(param="messages", zh_reason="此模型只读文字", en_reason="this model reads text only")
    joined = "".join(str(text) for text in texts)
    if len(joined) > _LONGEST_MESSAGE:
        raise BadRequest(
            param="messages",
            zh_reason=f"有一条消息超过 {_LONGEST_MESSAGE} 个字符",
            en_reason=f"a message is longer than {_LONGEST_MESSAGE} characters",
        )
    return joined


def _most_tokens(body: Body) -> int:
    older = fields.whole(body, "max_tokens", 1, CONTEXT, _DEFAULT_TOKENS)
    most = fields.whole(body, "max_completion_tokens", 1, CONTEXT, older)
    return most or _DEFAULT_TOKENS


def _seed(body: Body) -> int | None:
    seed = fields.whole(body, "seed", -(2**63), 2**63 - 1)
    return None if seed is None else seed % 2**32


def _stops(body: Body) -> list[str] | None:
    stop = body.get("stop")
    if stop is None:
        return None
    stops = stop if isinstance(stop, list) else [stop]
    if len(stops) > 4 or not all(isinstance(each, str) and 0 < len(each) <= 256 for each in stops):
        raise BadRequest(param="stop", zh_reason="须为一至四个字符串", en_reason="one to four strings are needed")
    return stops


def _form(body: Body) -> Body | None:
    form = fields.mapping(body, "response_format")
    kind = fields.choice(form, "type", ("text", "json_object", "json_schema"), "text")
    return form if kind != "text" else None


def new_envelope(kind: str) -> dict[str, Any]:
    """The fields that all chunks of one answer share."""
    number = f"chatcmpl-{secrets.token_hex(12)}"
    return {"id": number, "object": kind, "created": int(time.time()), "model": MODEL, "system_fingerprint": None}


async def stream(model: LanguageModel, asked: dict[str, Any], with_usage: bool) -> AsyncGenerator[Chunk, None]:
    """Chunks as OpenAI streams them: the role first, then text, the reason of the end, and usage if asked for."""
    envelope = new_envelope("chat.completion.chunk")
    usage: dict[str, Any] = {"usage": None} if with_usage else {}
    async for chunk in model.generate(asked):
        for choice in chunk.get("choices", []):
            yield {**envelope, "choices": [_choice(choice)], **usage}
        if with_usage and chunk.get("usage"):
            yield {**envelope, "choices": [], "usage": chunk["usage"]}


def _choice(choice: dict[str, Any]) -> dict[str, Any]:
    delta = dict(choice.get("delta", {}))
    if "role" in delta:
        delta["content"] = delta.get("content") or ""
    return {
        "index": 0,
        "delta": delta,
        "logprobs": choice.get("logprobs"),
        "finish_reason": choice.get("finish_reason"),
    }


@dataclass(slots=True)
class _Answer:
    """What the chunks of one answer add up to."""

    text: list[str] = field(default_factory=list)
    logprobs: list[Any] = field(default_factory=list)
    reason: str | None = None
    usage: dict[str, Any] | None = None

    def hear(self, chunk: Chunk) -> None:
        self.usage = chunk.get("usage") or self.usage
        for choice in chunk.get("choices", []):
            self.text.append(choice["delta"].get("content") or "")
            self.logprobs += (choice.get("logprobs") or {}).get("content") or []
            self.reason = choice.get("finish_reason") or self.reason


async def whole(model: LanguageModel, asked: dict[str, Any]) -> dict[str, Any]:
    """The answer in one piece. Raises `EngineFailed` where the model broke off without saying why."""
    answer = _Answer()
    async for chunk in model.generate(asked):
        answer.hear(chunk)
    if answer.reason is None:
        raise EngineFailed(engine=MODEL)
    message = {"role": "assistant", "content": "".join(answer.text), "refusal": None}
    logprobs = {"content": answer.logprobs} if answer.logprobs else None
    choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": answer.reason}
    return {**new_envelope("chat.completion"), "choices": [choice], "usage": answer.usage}
