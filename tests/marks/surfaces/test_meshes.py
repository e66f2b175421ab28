"""Bare meshes: no board is claimed where its letters could not be sure to stand out, or would be printed."""

import pytest

from sealmark.marks import surfaces
from sealmark.marks.errors import NoExplicitMark
from sealmark.marks.marker import mark
from sealmark.marks.verifier import verify
from sealmark.media import by_name
from tests.media import scenes

BARE = [key for key in scenes.EVERY if scenes.FORMAT_OF[key] in {"obj", "ply", "stl"}]


@pytest.mark.parametrize("key", BARE)
def test_bare_mesh_is_refused_a_board_and_takes_the_label(key: str) -> None:
    """Who asks for the visible mark is told that there is none; the metadata mark alone is written."""
    data = scenes.EVERY[key]
    assert surfaces.of(by_name(scenes.FORMAT_OF[key])) is None
    with pytest.raises(NoExplicitMark):
        mark(data)
    marked = mark(data, layers=("metadata",)).data
    assert verify(marked).layers["explicit"].state == "not_checked"
