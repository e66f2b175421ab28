"""Proofs of inclusion and consistency: made from tiles (RFC 6962 2.1), verified as RFC 9162 2.1 writes it.

A proof is a list of 32-byte hashes, from the leaf's side to the root's.
"""

from collections.abc import Sequence

from sealmark.ledger.errors import ProofInvalid, RecordUnknown
from sealmark.ledger.tree import EMPTY_ROOT, HASH_BYTES, Nodes, TileReader, node_hash


def inclusion(read: TileReader, index: int, size: int) -> list[bytes]:
    """The path from leaf `index` to the root of the tree of `size` (RFC 6962 2.1.1).

    Raises `RecordUnknown` if the leaf is not in that tree.
    """
    if not 0 <= index < size:
        raise RecordUnknown(zh_what=f"{size} 条记录中的第 {index} 条", en_what=f"record {index} of {size}")
    nodes, path = Nodes.of(size, read), []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(nodes.span(middle, stop))
            stop = middle
        else:
            path.append(nodes.span(start, middle))
            start = middle
    return path[::-1]


def consistency(read: TileReader, first: int, second: int) -> list[bytes]:
    """The proof that the tree of `first` leaves is a prefix of that of `second` (RFC 6962 2.1.2).

    Empty where it is trivial: `first` is 0, or both are the same. Raises `RecordUnknown` if `first` > `second`.
    """
    if not 0 <= first <= second:
        raise RecordUnknown(
            zh_what=f"{second} 条记录中的前 {first} 条", en_what=f"the first {first} of {second} records"
        )
    if first in (0, second):
        return []
    nodes, path = Nodes.of(second, read), []
    start, stop = 0, second
    while first != stop:
        middle = start + _split(stop - start)
        if first <= middle:
            path.append(nodes.span(middle, stop))
            stop = middle
        else:
            path.append(nodes.span(start, middle))
            start = middle
    if start:
        path.append(nodes.span(start, stop))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raise `ProofInvalid` unless the path leads from this leaf hash to this root (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofInvalid(zh_reason="记录序号超出账本大小", en_reason="the record's index lies outside the tree")
    _check_hashes([leaf, *path, root])
    place, last, found = index, size - 1, leaf
    for sibling in path:
        if not last:
            raise ProofInvalid(zh_reason="路径过长", en_reason="the path is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            place, last = _up_to_right_child(place, last)
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise ProofInvalid(
            zh_reason="由记录算出的根与检查点的根不一致", en_reason="the path does not lead to the checkpoint's root"
        )


def check_consistency(first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes) -> None:
    """Raise `ProofInvalid` unless the first tree is a prefix of the second (RFC 9162 2.1.4.2)."""
    _check_hashes([first_root, second_root, *path])
    if not 0 <= first <= second:
        raise ProofInvalid(
            zh_reason="先前的账本比后来的还大", en_reason="the earlier tree is larger than the later one"
        )
    if first in (0, second):
        _check_trivial(first, path, first_root, second_root, same=first == second)
        return
    hashes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not hashes:
        raise ProofInvalid(zh_reason="证明为空", en_reason="the proof is empty")
    _check_climb(first, second, hashes, first_root, second_root)


def _check_climb(first: int, second: int, hashes: Sequence[bytes], first_root: bytes, second_root: bytes) -> None:
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if not last:
            raise ProofInvalid(zh_reason="证明过长", en_reason="the proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            place, last = _up_to_right_child(place, last)
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    if last or old != first_root or new != second_root:
        raise ProofInvalid(
            zh_reason="后来的账本不是先前账本的延续", en_reason="the later tree does not continue the earlier one"
        )


def _check_trivial(first: int, path: Sequence[bytes], first_root: bytes, second_root: bytes, *, same: bool) -> None:
    expected = second_root if same else EMPTY_ROOT
    if path or first_root != expected or (first == 0 and first_root != EMPTY_ROOT):
        raise ProofInvalid(
            zh_reason="后来的账本不是先前账本的延续", en_reason="the later tree does not continue the earlier one"
        )


def _up_to_right_child(place: int, last: int) -> tuple[int, int]:
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofInvalid(zh_reason="有一个散列值不是 32 字节", en_reason="a hash is not 32 bytes long")


def _split(width: int) -> int:
    """The largest power of two below `width` (RFC 6962 2.1: k < n <= 2k)."""
    return 1 << (width - 1).bit_length() - 1
