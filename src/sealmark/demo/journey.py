"""The journey: every stage of an exchange, met from outside, through the doors that everybody has.

Calls go over HTTP (the gateway by the official OpenAI SDK, only `base_url` and `api_key` changed) and by the command
line. Each step tells what came back, checks that it is what the law asks, and returns it as facts.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sealmark.demo import evidence, generation, people
from sealmark.demo.errors import Unexpected
from sealmark.demo.traveller import Facts, Narrator, Traveller, Unmet
from sealmark.errors import Language


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name in the facts, its articles of the Provisions, its title."""

    name: str
    articles: tuple[int, ...]
    zh: str
    en: str
    take: Callable[[Traveller], Facts]

    def title(self, language: Language) -> str:
        """The title in the reader's language."""
        return self.zh if language == "zh" else self.en


STEPS = (
    Step("register", (7,), "登记应用与最终使用者", "Register an application and its end users", people.register),
    Step("refused", (8, 9), "手续未齐就提问：被拒绝", "Ask too early: refused", people.refused),
    Step("identity", (9,), "认证真实身份", "Verify a real identity", people.identity),
    Step("agreement", (8,), "接受服务协议", "Accept the service agreement", people.agreement),
    Step("chat", (16, 17), "对话，流式输出", "A chat, streamed", generation.chat),
    Step("image", (16, 17), "一幅画", "A picture", generation.image),
    Step("speech", (16, 17), "一段语音", "Speech", generation.speech),
    Step("blocked_prompt", (6, 10), "提问命中特征库：被拦截", "A prompt that review blocks", generation.blocked_prompt),
    Step(
        "blocked_answer", (6, 10), "回答命中特征库：被截断", "An answer that review blocks", generation.blocked_answer
    ),
    Step("publish", (9,), "公开发布：须先认证身份", "Publish: only who is identified", people.publish),
    Step("verify", (16,), "核验每件内容", "Verify every artefact", evidence.verify),
    Step("alter", (18,), "改动一处标识：被发现", "Alter one value of a label: found", evidence.alter),
    Step("receipts", (10, 16), "离线核对凭证", "Check receipts offline", evidence.receipts),
    Step("ledger", (10, 16), "核对整个账本", "Audit the whole ledger", evidence.ledger),
)


class Teller(Narrator, Protocol):
    """A narrator who also hears of beginnings and ends."""

    def began(self, number: int, step: Step) -> None:
        """A step begins."""

    def ended(self, step: Step, seconds: float) -> None:
        """A step ended as it must."""


def walk(traveller: Traveller, teller: Teller) -> dict[str, Facts]:
    """Take every step. Returns the facts by step; raises `Unexpected` at the first that does not end as it must."""
    told: dict[str, Facts] = {}
    for number, step in enumerate(STEPS, 1):
        teller.began(number, step)
        started = time.monotonic()
        try:
            told[step.name] = step.take(traveller)
        except Unmet as problem:
            raise Unexpected(
                number=number,
                zh_step=step.zh,
                en_step=step.en,
                zh_problem=problem.zh,
                en_problem=problem.en,
                logs=traveller.deployment.logs,
            ) from problem
        teller.ended(step, time.monotonic() - started)
    return told
