"""The tree is RFC 6962's, and its tiles are C2SP tlog-tiles'."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark.ledger.errors import LedgerCorrupt
from sealmark.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    Nodes,
    leaf_data,
    leaf_hash,
    tile_path,
    tile_width,
    tiles_of,
)

from . import naive
from .trees import tree_of

# The eight leaves and nine roots that Certificate Transparency's implementations publish as test vectors.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    """The roots of the published eight-leaf tree come out, at every size, from the edge and from the tiles."""
    tree = tree_of(CT_LEAVES[:size])
    assert tree.frontier.root().hex() == CT_ROOTS[size]
    assert Nodes.of(size, tree.read).root().hex() == CT_ROOTS[size]


def test_leaf_data_is_the_salted_digest() -> None:
    """A leaf's data is SHA-256 over salt and record, and its hash is RFC 6962's over those 32 bytes."""
    data = leaf_data(b"s" * 16, b"{}")
    assert data == hashlib.sha256(b"s" * 16 + b"{}").digest()
    assert leaf_hash(data) == hashlib.sha256(b"\x00" + data).digest()


@given(st.integers(0, 700), st.lists(st.integers(1, 300), max_size=6))
def test_root_and_reload_do_not_depend_on_batches(size: int, cuts: list[int]) -> None:
    """However the leaves are cut into batches, and the edge reloaded between, root and tiles are the same."""
    leaves = [b"%d" % number for number in range(size)]
    tree, since = tree_of([]), 0
    for number, data in enumerate(leaves):
        tree.add(data)
        if cuts and number - since >= cuts[0]:
            since, cuts = number, cuts[1:]
            tree.flush()
            tree.frontier = Frontier.load(number + 1, tree.read)
    tree.flush()
    assert tree.frontier.root() == naive.root(leaves)
    assert tree.kept == tree_of(leaves).kept


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
def test_tiles_hold_what_the_specification_says(size: int) -> None:
    """Tile n of level l holds MTH(D[(n*256+i)*256^l : ...]), and exactly the tiles listed for a size exist."""
    leaves = [b"%d" % number for number in range(size)]
    tree = tree_of(leaves)
    assert {(level, n): width * 32 for level, n, width in tiles_of(size)} == {
        place: len(data) for place, data in tree.kept.items()
    }
    for (level, n), data in list(tree.kept.items())[:: max(1, len(tree.kept) // 5)]:
        span = 256**level
        for i in {0, len(data) // 32 - 1}:
            start = (n * 256 + i) * span
            assert data[i * 32 : i * 32 + 32] == naive.root(leaves[start : start + span])


def test_the_example_of_the_specification() -> None:
    """A tree of 70,000 has the tiles that tlog-tiles lists for it."""
    assert [tile for tile in tiles_of(70_000) if tile[2] != 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert len(list(tiles_of(70_000))) == 273 + 1 + 1 + 1 + 1
    assert list(tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_of(0)) == []
    assert tile_width(0, 274, 70_000) == 0


def test_tile_paths() -> None:
    """Paths are those of tlog-tiles, with three digits an element and the width of partial tiles."""
    assert tile_path(0, 1_234_067, 256) == "tile/0/x001/x234/067"
    assert tile_path(1, 0, 17) == "tile/1/000.p/17"
    assert tile_path("entries", 1_000, 256) == "tile/entries/x001/000"


def test_a_short_tile_is_damage() -> None:
    """A reader that gives fewer hashes than asked is refused, not folded into some other root."""
    tree = tree_of([b"a", b"b", b"c"])
    with pytest.raises(LedgerCorrupt):
        Nodes.of(3, lambda level, n, width: tree.read(level, n, width)[:-32]).root()


def test_empty() -> None:
    """The empty tree has the root of the empty string, before and after a reload."""
    assert Frontier().root() == EMPTY_ROOT == Frontier.load(0, tree_of([]).read).root()
