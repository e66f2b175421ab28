"""Who may call the API: the operator of the deployment, or an application with its key."""

import hmac
from typing import Annotated

from fastapi import Depends, Request

from sealmark.errors import SealmarkError
from sealmark.exchange.errors import UnknownKey
from sealmark.house import House
from sealmark.people.service import Holder, key_digest


class NotOperator(SealmarkError):
    """Only the operator may do this."""

    code = "api.not_operator"
    status = 401
    zh = "此操作需要运营者密钥。"
    en = "This needs the operator's key."
    zh_next = "请在 Authorization 头中携带运营者密钥;它在数据目录的 operator.key 中。"
    en_next = "Send the operator's key in the Authorization header; it lies in operator.key in the data folder."


def house_of(request: Request) -> House:
    """The running house."""
    house: House = request.app.state.house
    return house


def _bearer(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _operator(request: Request) -> None:
    given, kept = _bearer(request), house_of(request).operator_key
    if not given or not hmac.compare_digest(given.encode(), kept.encode()):
        raise NotOperator


def _application(request: Request) -> Holder:
    house, digest = house_of(request), key_digest(_bearer(request))
    with house.database.transaction() as session:
        holder = house.people.holder(session, digest)
    if holder is None:
        raise UnknownKey
    return holder


Running = Annotated[House, Depends(house_of)]
Operator = Depends(_operator)
Caller = Annotated[Holder, Depends(_application)]
