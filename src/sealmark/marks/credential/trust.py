"""Whom a reader of credentials believes: lists of root certificates, each under a name (C2PA 2.4, 14.4).

None is shipped: the C2PA's own list changes, and its publisher's licence names no right to pass it on.
"""

from dataclasses import dataclass

from sealmark.errors import why
from sealmark.marks.errors import BadTrustList


@dataclass(frozen=True, slots=True)
class TrustList:
    """Root certificates in PEM, and what the list is called."""

    name: str
    anchors: str

    @classmethod
    def from_pem(cls, name: str, anchors: str) -> "TrustList":
        """The list of a PEM bundle; raises `BadTrustList` where it holds no certificate or a damaged one."""
        from cryptography import x509

        try:
            x509.load_pem_x509_certificates(anchors.encode())
        except ValueError:
            raise BadTrustList(name=name, **why("不是 PEM 证书", "no certificates in PEM")) from None
        return cls(name, anchors)
