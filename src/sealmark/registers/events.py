"""The closed list of what the registers room writes into the ledger."""

from enum import StrEnum


class Event(StrEnum):
    """Record kinds, `registers.subject.action`."""

    SERVICE_REGISTERED = "registers.service.registered"
    SERVICE_CHANGED = "registers.service.changed"
    SERVICE_WITHDRAWN = "registers.service.withdrawn"
    MARKING_APPROVED = "registers.marking.approved"
    SWITCH_SET = "registers.switch.set"
