"""The journey's generations: what is released, marked and recorded, and what review holds back."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sealmark.demo.deployment import short
from sealmark.demo.traveller import Facts, Traveller, Unmet, require

CHAT_MODEL, IMAGE_MODEL, SPEECH_MODEL = "smollm2-135m-instruct", "ink-painter", "espeak-ng"
PROMPT = "Write two short lines about ink, paper and a red seal."
PICTURE = "A temple above a misty lake at dusk, red maples, a small boat"
SPOKEN = {
    "zh": "您好，这段语音由机器合成，深印已经为它加上标识。",
    "en": "Good day. A machine speaks, and Sealmark has marked it.",
}
BLOCKED_TERM = "zorbifig"  # an invented term of the seed library
# Two halves of an invented term: harmless apart, so that the prompt passes; the model joins them as it was shown.
_SHOWN = (("red", "panda"), ("tea", "pot"), ("brown", "bear"))
_HALVES = (("wumple", "quat"), ("floof", "melon"), ("plonk", "berry"))
_CODE, _EXCHANGE = "x-sealmark-receipt", "x-sealmark-exchange"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the gateway said no with, as the SDK gives it."""

    status: int | None
    code: str
    article: int | None
    message: str
    receipt: str

    def tell(self, traveller: Traveller) -> None:
        """Show code, article, and what happened with what to do."""
        article = f" · {traveller.say(f'第{self.article}条', f'Article {self.article}')}" if self.article else ""
        status = f"{self.status} " if self.status else ""
        traveller.narrator.row("拒绝", "refused", f"{status}{self.code}{article}", "refused")
        traveller.narrator.row("", "", self.message, "muted")


def ask(traveller: Traveller, prompt: str, *, user: str | None = None) -> str:
    """One chat answered whole."""
    with traveller.openai() as client:
        answer = client.chat.completions.create(
            model=CHAT_MODEL,
            messages=[{"role": "user", "content": prompt}],
            user=user or traveller.end_user,
            max_tokens=40,
            temperature=0,
            extra_headers=traveller.headers,
        )
    return answer.choices[0].message.content or ""


def refusal(call: Callable[[], object]) -> Refusal:
    """The refusal that a call meets; `Unmet` if it meets none."""
    import openai

    try:
        call()
    except openai.APIStatusError as error:
        return _refusal(error.body, error.status_code, error.response.headers.get(_CODE, ""))
    raise Unmet("请求没有被拒绝", "the call was not refused")


def chat(traveller: Traveller) -> Facts:
    """A streamed chat by the real model: the mark stands at the start, the label rides in the first piece."""
    traveller.narrator.row("提问", "prompt", PROMPT)
    text, label, code, error = _stream(traveller, [{"role": "user", "content": PROMPT}], most=60)
    require(
        error is None,
        f"流以 {error.code if error else ''} 结束",
        f"the stream ended with {error.code if error else ''}",
    )
    require("AI生成" in text[:24], "文字不以标识开头", "the text does not begin with its mark")
    require(label.get("Label") == "1", "首个数据块没有标识元素", "the first piece carries no label")
    traveller.file("chat.txt").write_text(text, "utf-8")
    # Plain text has no place for metadata: its label is kept beside it, as `sealmark mark` does.
    traveller.file("chat.txt.aigc.json").write_text(json.dumps({"AIGC": label}, ensure_ascii=False), "utf-8")
    _released(traveller, "chat.txt", label, code)
    return {"text": text, "produce_id": label["ProduceID"], "receipt": code}


def image(traveller: Traveller) -> Facts:
    """A picture with its visible mark and its metadata mark."""
    traveller.narrator.row("描述", "prompt", PICTURE)
    with traveller.openai() as client:
        raw = client.images.with_raw_response.generate(
            model=IMAGE_MODEL,
            prompt=PICTURE,
            size="1024x1024",
            user=traveller.end_user,
            extra_headers=traveller.headers,
        )
    answer = raw.parse()
    require(bool(answer.data and answer.data[0].b64_json), "没有得到图像", "no picture came")
    assert answer.data is not None
    data = base64.b64decode(answer.data[0].b64_json or "")
    traveller.file("painting.png").write_bytes(data)
    label = (answer.model_extra or {}).get("aigc", {})
    code = raw.headers[_CODE]
    _released(traveller, "painting.png", label, code)
    return {"bytes": len(data), "produce_id": label["ProduceID"], "receipt": code, "reviews": _unseen(traveller, code)}


def speech(traveller: Traveller) -> Facts:
    """Speech that begins with its announcement; the label lies in the file, and in a header."""
    spoken = SPOKEN[traveller.language]
    traveller.narrator.row("文本", "text", spoken)
    with traveller.openai() as client:
        raw = client.audio.speech.with_raw_response.create(
            model=SPEECH_MODEL,
            voice="alloy",
            input=spoken,
            response_format="wav",
            extra_body={"user": traveller.end_user},
            extra_headers=traveller.headers,
        )
    data = raw.content
    traveller.file("speech.wav").write_bytes(data)
    label, code = json.loads(raw.headers["x-sealmark-aigc"]), raw.headers[_CODE]
    _released(traveller, "speech.wav", label, code)
    return {"bytes": len(data), "produce_id": label["ProduceID"], "receipt": code, "reviews": _unseen(traveller, code)}


def blocked_prompt(traveller: Traveller) -> Facts:
    """A prompt with a term of the feature library is not sent to the model (Art. 6, 10)."""
    prompt = f"Write a poem about the {BLOCKED_TERM}."
    traveller.narrator.row("提问", "prompt", prompt)
    invented = traveller.say(
        f"“{BLOCKED_TERM}”是种子特征库中的虚构词", f"“{BLOCKED_TERM}” is an invented term of the seed library"
    )
    traveller.narrator.row("", "", invented, "muted")
    error = refusal(lambda: ask(traveller, prompt))
    require(error.code == "review.input_blocked" and error.article == 10, *_met(error))
    error.tell(traveller)
    traveller.receipts["blocked-prompt"] = error.receipt
    return {"code": error.code, "article": error.article, "receipt": error.receipt}


def blocked_answer(traveller: Traveller) -> Facts:
    """The model itself says a term: what came before is released, the term and what follows never is (Art. 10)."""
    for halves in _HALVES:
        messages = _joining(*halves)
        traveller.narrator.row("提问", "prompt", messages[-1]["content"])
        harmless = traveller.say(
            "两半各自无害，提问通过；前面的示例对话(未显示)教模型把它们连成特征库中的词",
            "each half is harmless; examples before the prompt, not shown, teach the model to join them into a term",
        )
        traveller.narrator.row("", "", harmless, "muted")
        text, _, code, error = _stream(traveller, messages, most=24)
        if error is None:
            continue  # the model did not say it; try another pair
        require(error.code == "review.output_blocked" and error.article == 10, *_met(error))
        require(not any(half in text.lower() for half in halves), "放出了词的一部分", "a part of the term was released")
        error.tell(traveller)
        traveller.receipts["blocked-answer"] = code
        return {"code": error.code, "article": error.article, "released": text, "receipt": code}
    raise Unmet("模型没有说出任何一个词", "the model said none of the terms")


def _joining(first: str, second: str) -> list[dict[str, str]]:
    """A conversation in which words are joined, and the last pair waits to be."""
    said = []
    for one, other in _SHOWN:
        said.append({"role": "user", "content": f"{one} then {other}"})
        said.append({"role": "assistant", "content": f"You joined them: {one}-{other}."})
    return [*said, {"role": "user", "content": f"{first} then {second}"}]


def _stream(
    traveller: Traveller, messages: list[dict[str, str]], *, most: int
) -> tuple[str, dict[str, str], str, Refusal | None]:
    """A streamed chat: the text, the label, the receipt's code, and what broke it off, if anything did."""
    import openai

    text, label = "", dict[str, str]()
    with traveller.openai() as client:
        stream = client.chat.completions.create(
            model=CHAT_MODEL,
            messages=cast(Any, messages),  # plain dictionaries of the SDK's shape
            user=traveller.end_user,
            max_tokens=most,
            temperature=0,
            stream=True,
            extra_headers=traveller.headers,
        )
        code = stream.response.headers[_CODE]
        try:
            for chunk in stream:
                label = label or (chunk.model_extra or {}).get("aigc", {})
                piece = "".join(choice.delta.content or "" for choice in chunk.choices)
                text += piece
                traveller.narrator.piece(piece)
        except openai.APIError as error:
            return text, label, code, _refusal(error.body, None, code)
    return text, label, code, None


def _refusal(body: object, status: int | None, receipt: str) -> Refusal:
    said: dict[str, Any] = body if isinstance(body, dict) else {}
    return Refusal(status, str(said.get("code")), said.get("article"), str(said.get("message")), receipt)


def _met(error: Refusal) -> tuple[str, str]:
    return f"得到 {error.code}，第 {error.article} 条", f"{error.code}, Article {error.article}"


def _unseen(traveller: Traveller, code: str) -> list[str]:
    """The results of the reviews that the record names: what was asked was seen, what was made was not (Art. 10)."""
    record = json.loads(json.loads(traveller.application.text(f"/api/receipts/{code}"))["record"])
    results = [review["result"] for review in record["reviews"]]
    require(
        "pass" in results and "unreviewed" in results,
        f"记录所写的审核是 {results}",
        f"the record says of its reviews: {results}",
    )
    zh = "文字已审核；尚无审核器能看、能听成品，记录如实写明，仅演练放行"
    en = "the words were reviewed; what was made was not, the record says so, and only a rehearsal releases it"
    traveller.narrator.row("审核", "review", traveller.say(zh, en), "due")
    return results


def _released(traveller: Traveller, name: str, label: dict[str, str], code: str) -> None:
    traveller.numbers[name], traveller.receipts[name.partition(".")[0]] = label["ProduceID"], code
    tell = traveller.narrator.row
    tell("标识", "label", f"Label={label['Label']}  {label['ContentProducer']}  {label['ProduceID']}", "good")
    tell("保存", "saved", short(traveller.file(name)), "muted")
