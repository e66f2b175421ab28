"""Proofs are RFC 6962's, for every size and index, and nothing altered passes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.ledger.errors import ProofInvalid, RecordUnknown
from sealmark.ledger.proof import check_consistency, check_inclusion, consistency, inclusion
from sealmark.ledger.tree import EMPTY_ROOT, leaf_hash

from . import naive
from .test_tree import CT_LEAVES
from .trees import tree_of

A, B = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    ("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
)
C, D = (
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
)
E, F = (
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    ("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
)
G, H = (
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    ("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
)
I = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"  # noqa: E741 - the name in the published vectors

LEAVES = [b"%d" % number for number in range(1100)]
TREE = tree_of(LEAVES)


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, F]), (2, 3, [G]), (1, 5, [H, B, D])],
)
def test_published_inclusion(index: int, size: int, path: list[str]) -> None:
    """The published inclusion paths of the eight-leaf tree."""
    tree = tree_of(CT_LEAVES)
    assert [one.hex() for one in inclusion(tree.read, index, size)] == path


@pytest.mark.parametrize(
    ("first", "second", "path"), [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [I, E, F]), (2, 5, [B, D])]
)
def test_published_consistency(first: int, second: int, path: list[str]) -> None:
    """The published consistency proofs of the eight-leaf tree."""
    tree = tree_of(CT_LEAVES)
    assert [one.hex() for one in consistency(tree.read, first, second)] == path


def test_every_small_inclusion() -> None:
    """Every index of every size up to 40 proves, by the path that the definition gives."""
    for size in range(1, 41):
        root = naive.root(LEAVES[:size])
        for index in range(size):
            path = inclusion(TREE.read, index, size)
            assert path == naive.path(index, LEAVES[:size])
            check_inclusion(leaf_hash(LEAVES[index]), index, size, path, root)


def test_every_small_consistency() -> None:
    """Every pair of sizes up to 40 proves, by the proof that the definition gives."""
    roots = [naive.root(LEAVES[:size]) for size in range(41)]
    for second in range(1, 41):
        for first in range(1, second + 1):
            path = consistency(TREE.read, first, second)
            assert path == naive.proof(first, LEAVES[:second])
            check_consistency(first, second, path, roots[first], roots[second])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_inclusion_and_consistency_across_tiles(data: st.DataObject) -> None:
    """The same for trees of several tiles, at the right edge of partial ones above all."""
    size = data.draw(st.integers(1, len(LEAVES)) | st.sampled_from([255, 256, 257, 511, 512, 513, 1024]))
    index = data.draw(st.integers(0, size - 1) | st.just(size - 1))
    path = inclusion(TREE.read, index, size)
    assert path == naive.path(index, LEAVES[:size])
    root = naive.root(LEAVES[:size])
    check_inclusion(leaf_hash(LEAVES[index]), index, size, path, root)
    first = index + 1
    steps = consistency(TREE.read, first, size)
    assert steps == naive.proof(first, LEAVES[:size])
    check_consistency(first, size, steps, naive.root(LEAVES[:first]), root)


@settings(max_examples=150, deadline=None)
@given(st.integers(2, 300), st.data())
def test_an_altered_inclusion_never_passes(size: int, data: st.DataObject) -> None:
    """Any one bit, a missing or an added hash, another index or another size: the path does not hold."""
    index = data.draw(st.integers(0, size - 1))
    path, root = inclusion(TREE.read, index, size), naive.root(LEAVES[:size])
    leaf = leaf_hash(LEAVES[index])
    step, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index))
    for bad in (flipped(path, step, bit), path[:-1], [*path, root], path[1:], [*path[:-1], path[-1][:-1]]):
        with pytest.raises(ProofInvalid):
            check_inclusion(leaf, index, size, bad, root)
    for place in (other, size, -1):
        with pytest.raises(ProofInvalid):
            check_inclusion(leaf, place, size, path, root)


@settings(max_examples=150, deadline=None)
@given(st.integers(2, 300), st.data())
def test_an_altered_consistency_never_passes(second: int, data: st.DataObject) -> None:
    """Nor does an altered proof of consistency, nor one between trees of which one was rewritten."""
    first = data.draw(st.integers(1, second - 1))
    path = consistency(TREE.read, first, second)
    old, new = naive.root(LEAVES[:first]), naive.root(LEAVES[:second])
    step, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    for bad in (flipped(path, step, bit), path[:-1], [*path, new], []):
        with pytest.raises(ProofInvalid):
            check_consistency(first, second, bad, old, new)
    rewritten = naive.root([b"x", *LEAVES[1:first]])
    with pytest.raises(ProofInvalid):
        check_consistency(first, second, path, rewritten, new)
    with pytest.raises(ProofInvalid):
        check_consistency(second, first, path, new, old)


def test_trivial_consistency() -> None:
    """The empty tree is a prefix of every tree, a tree of itself, and of nothing else."""
    root = naive.root(LEAVES[:7])
    check_consistency(0, 7, [], EMPTY_ROOT, root)
    check_consistency(7, 7, [], root, root)
    for first, old, path in [(0, root, []), (0, EMPTY_ROOT, [root]), (7, EMPTY_ROOT, []), (7, root, [root])]:
        with pytest.raises(ProofInvalid):
            check_consistency(first, 7, path, old, root)


def test_what_is_not_there_is_not_proved() -> None:
    """Asking for a record beyond the tree, or for a larger tree within a smaller, is refused."""
    for index, size in [(7, 7), (-1, 7), (0, 0)]:
        with pytest.raises(RecordUnknown):
            inclusion(TREE.read, index, size)
    with pytest.raises(RecordUnknown):
        consistency(TREE.read, 8, 7)


def flipped(path: list[bytes], step: int, bit: int) -> list[bytes]:
    changed = bytearray(path[step])
    changed[bit // 8] ^= 1 << bit % 8
    return [*path[:step], bytes(changed), *path[step + 1 :]]
