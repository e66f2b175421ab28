"""The definitions of RFC 6962, read as literally as Python allows: the oracle for trees and proofs."""

import hashlib
from collections.abc import Sequence


def split(width: int) -> int:
    power = 1
    while power * 2 < width:
        power *= 2
    return power


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH (2.1)."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH (2.1.1)."""
    if len(leaves) <= 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), root(leaves[k:])]
    return [*path(index - k, leaves[k:]), root(leaves[:k])]


def proof(first: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF (2.1.2)."""
    return subproof(first, leaves, whole=True)


def subproof(first: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF (2.1.2)."""
    if first == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if first <= k:
        return [*subproof(first, leaves[:k], whole=whole), root(leaves[k:])]
    return [*subproof(first - k, leaves[k:], whole=False), root(leaves[:k])]
