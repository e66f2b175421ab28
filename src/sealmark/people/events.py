"""The closed list of what the people room writes into the ledger."""

from enum import StrEnum


class Event(StrEnum):
    """Record kinds, `people.subject.action`."""

    APPLICATION_CREATED = "people.application.created"
    APPLICATION_DISABLED = "people.application.disabled"
    KEY_ISSUED = "people.key.issued"
    KEY_REVOKED = "people.key.revoked"
    END_USER_REGISTERED = "people.end_user.registered"
    IDENTITY_CHECKED = "people.identity.checked"
    AGREEMENT_PUBLISHED = "people.agreement.published"
    AGREEMENT_ACCEPTED = "people.agreement.accepted"
    SANCTION_IMPOSED = "people.sanction.imposed"
    SANCTION_LIFTED = "people.sanction.lifted"
    LABELLING_AGREEMENT_PUBLISHED = "people.labelling_agreement.published"
    LABELLING_AGREEMENT_ACCEPTED = "people.labelling_agreement.accepted"
    GRANT_GIVEN = "people.grant.given"
    GRANT_REVOKED = "people.grant.revoked"
