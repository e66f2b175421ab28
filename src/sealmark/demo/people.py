"""The journey's people: an application, an end user who does what the rules ask, and one who does not."""

import secrets
from functools import partial

from sealmark.demo.errors import Refused
from sealmark.demo.generation import ask, refusal
from sealmark.demo.traveller import Facts, Traveller, Unmet, require
from sealmark.people.identity import ID_CHECKS, ID_WEIGHTS

_QUESTION = "What is a seal?"
_NO_DISTRICT = "000000"  # no district of China has this number, so the identity number is nobody's


def register(traveller: Traveller) -> Facts:
    """An application gets its key from the operator, and registers two end users (Art. 7)."""
    made = traveller.operator.post("/api/applications", name="Sealmark demo", shows_label=False)
    traveller.api_key = traveller.operator.post(f"/api/applications/{made['id']}/keys")["key"]
    for name in (traveller.end_user, traveller.stranger):
        traveller.application.post("/api/end-users", user=name)
    tell = traveller.narrator.row
    tell("应用", "application", f"{made['name']}  {made['id']}", "good")
    tell("密钥", "API key", f"{traveller.api_key[:12]}…", "good")
    tell("最终使用者", "end users", f"{traveller.end_user}, {traveller.stranger}", "good")
    return {
        "application": made["id"],
        "api_key": traveller.api_key,
        "end_users": [traveller.end_user, traveller.stranger],
    }


def refused(traveller: Traveller) -> Facts:
    """Who has not accepted the agreement is refused, and so is who has, but is not identified (Art. 8, 9)."""
    version = traveller.application.get("/api/agreement")["version"]
    traveller.application.post("/api/end-users/agreement", user=traveller.stranger, version=version)
    found = {}
    for user, code in (
        (traveller.end_user, "admission.agreement_required"),
        (traveller.stranger, "admission.identity_required"),
    ):
        error = refusal(partial(ask, traveller, _QUESTION, user=user))
        require(error.code == code, f"得到 {error.code}，应为 {code}", f"{error.code} instead of {code}")
        traveller.narrator.row("提问者", "asks", user)
        error.tell(traveller)
        found[code] = error.status
    return {"refusals": found}


def identity(traveller: Traveller) -> Facts:
    """The end user's real identity is verified by an invented number, which the sandbox agrees to (Art. 9)."""
    number = invented_resident_id()
    answer = traveller.application.post(
        "/api/end-users/identity", user=traveller.end_user, document="resident_id", number=number
    )
    require(answer["verified"] is True, "身份没有通过核验", "the identity was not verified")
    tell = traveller.narrator.row
    tell("证件", "document", f"{number[:6]}********{number[-4:]}", "muted")
    tell(
        "结果",
        "verified",
        traveller.say(
            "沙箱核验通过；号码为虚构，只加密保存", "by the sandbox; the number is invented, and kept encrypted only"
        ),
        "good",
    )
    return {"verified": True, "number": number}


def agreement(traveller: Traveller) -> Facts:
    """The end user reads the agreement in force and accepts it (Art. 8)."""
    shown = traveller.application.get("/api/agreement")
    traveller.application.post("/api/end-users/agreement", user=traveller.end_user, version=shown["version"])
    title = shown[traveller.language].strip().partition("\n")[0]
    traveller.narrator.row("协议", "agreement", title, "muted")
    traveller.narrator.row("已接受", "accepted", shown["version"], "good")
    return {"version": shown["version"]}


def publish(traveller: Traveller) -> Facts:
    """The identified end user may make the picture public; the other may not (Art. 9)."""
    number = traveller.numbers["painting.png"]
    answer = traveller.application.post("/api/publications", user=traveller.end_user, produce_id=number)
    tell = traveller.narrator.row
    tell("已认证", "identified", traveller.say(f"允许发布 {number}", f"may publish {number}"), "good")
    try:
        traveller.application.post("/api/publications", user=traveller.stranger, produce_id=number)
    except Refused as error:
        problem = error.details
        require(
            problem["article"] == 9,
            f"拒绝所引的是第 {problem['article']} 条",
            f"the refusal names Article {problem['article']}",
        )
        tell("未认证", "not identified", f"{problem['status']} {problem['code']}", "refused")
        tell("", "", str(problem["title"]), "muted")
        return {"allowed": answer["published"], "refused": problem["code"], "article": problem["article"]}
    raise Unmet("未认证者竟可以发布", "an end user who is not identified could publish")


def invented_resident_id() -> str:
    """A resident identity number that is well formed (GB 11643) and nobody's."""
    first = f"{_NO_DISTRICT}19900101{secrets.randbelow(999) + 1:03}"
    total = sum(int(digit) * weight for digit, weight in zip(first, ID_WEIGHTS, strict=True))
    return first + ID_CHECKS[total % 11]
