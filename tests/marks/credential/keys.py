"""Keys for tests: a rehearsal's chain, those who believe it, and those who do not."""

from datetime import UTC, datetime

from sealmark.marks.credential import CredentialKeys, TrustList, rehearsal
from sealmark.marks.keys import KnownKeys, SigningKeys
from sealmark.marks.label import Label

CHAIN = rehearsal.make(datetime(2026, 1, 1, tzinfo=UTC))
SIGNER = CredentialKeys.from_pem(CHAIN.chain, CHAIN.key)
TRUST = (TrustList.from_pem("ours", CHAIN.root),)
KEYS, KNOWN = SigningKeys(credential=SIGNER), KnownKeys(credentials=TRUST)
OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
THEIRS = Label.first("someone-else", "Z9")
EVERY = ("explicit", "metadata", "credential")
