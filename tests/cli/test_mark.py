"""`sealmark mark`."""

from pathlib import Path

import pytest
from sqlalchemy import select

import sealmark
from sealmark.items.models import NumberLease
from sealmark.items.numbers import BLOCK
from sealmark.marks.provider_code import ProviderCode, uscc_check
from tests.cli.conftest import Call
from tests.deployment import Deployment

CODE = str(ProviderCode.of("91000000REHEAR5AL" + uscc_check("91000000REHEAR5AL"), "1", "0001"))


def test_copies_are_marked_and_sources_untouched(call: Call, picture: Path, sound: Path, tmp_path: Path) -> None:
    """Each copy reads back as generated; the sources keep every byte."""
    before = [picture.read_bytes(), sound.read_bytes()]
    ended = call("mark", picture, sound, "-o", "out")
    assert ended.code == 0
    for name in ("picture.png", "sound.wav"):
        assert sealmark.verify(tmp_path / "out" / name).tier == "is"
    assert [picture.read_bytes(), sound.read_bytes()] == before
    assert ended.out.splitlines()[-1] == "2 of 2 files marked, written to out."


def test_without_a_provider_code_it_rehearses_and_says_so(call: Call, picture: Path, sound: Path) -> None:
    """The rehearsal code, and one warning however many files there are."""
    ended = call("mark", picture, sound, "-o", "out")
    assert ended.err.count("rehearsal: no label was given") == 1
    (first, _) = call("mark", picture, sound, "-o", "out2", "--json").lines
    assert "REHEAR5AL" in first["label"]["ContentProducer"]
    assert first["label"]["ProduceID"].startswith("R")
    assert [one["code"] for one in first["warnings"]] == ["marks.rehearsal"]


def test_the_code_comes_from_the_settings_only(call: Call, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured code stands in the label, with no warning; there is no option to name another."""
    monkeypatch.setenv("SEALMARK_PROVIDER_CODE", CODE)
    (line,) = call("mark", picture, "-o", "out", "--json").lines
    assert line["label"]["ContentProducer"] == CODE
    assert not line["label"]["ProduceID"].startswith("R")
    assert line["warnings"] == []
    assert "--provider" not in call("mark", "--help").out


def test_the_mark_stands_where_the_option_says(call: Call, sound: Path, tmp_path: Path) -> None:
    """GB 45438 5.3: start, end and middle; a place that there is not is refused with those that there are."""
    assert call("mark", sound, "-o", "out", "--position", "start_middle_end").code == 0
    heard = sealmark.verify(tmp_path / "out" / sound.name).layers["explicit"]
    assert [one.split()[0] for one in (heard.place or "").split(", ")] == ["start", "middle", "end"]
    ended = call("mark", sound, "-o", "out2", "--position", "somewhere")
    assert ended.code == 2
    assert "[marks.explicit.position]" in ended.err
    assert "start_middle_end" in ended.err
    assert not (tmp_path / "out2").exists()


def test_a_wrong_code_marks_nothing(call: Call, picture: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A code with a wrong check character is refused before the first file."""
    monkeypatch.setenv("SEALMARK_PROVIDER_CODE", CODE[:-6] + "X" + CODE[-5:])
    ended = call("mark", picture, "-o", "out")
    assert ended.code == 2
    assert "[marks.bad_provider_code]" in ended.err
    assert not (tmp_path / "out").exists()


def test_numbers_come_from_the_deployment(
    call: Call, deployment: Deployment, picture: Path, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is a workplace its own counter gives the numbers, so that none is given twice."""
    monkeypatch.setenv("SEALMARK_PROVIDER_CODE", CODE)
    monkeypatch.setenv("SEALMARK_MODE", "rehearsal")
    monkeypatch.setenv("SEALMARK_DATA_DIR", str(deployment.settings.data_dir))
    start = next_number(deployment)
    lines = call("mark", picture, sound, "-o", "out", "--json").lines
    assert next_number(deployment) == start + BLOCK
    permutation = deployment.house.stages.numbers._permutation
    given = [int(line["label"]["ProduceID"].removeprefix("R"), 16) for line in lines]
    assert given == [permutation.apply(start), permutation.apply(start + 1)]


def next_number(deployment: Deployment) -> int:
    """The counter of production numbers, as the workplace keeps it."""
    with deployment.house.database.transaction() as session:
        return session.scalar(select(NumberLease.next)) or 0


def test_nothing_is_ever_overwritten(call: Call, picture: Path, tmp_path: Path) -> None:
    """Neither the source, nor what an earlier run wrote, nor what this very run wrote."""
    before = picture.read_bytes()
    into_itself = call("mark", picture, "-o", ".")
    assert (into_itself.code, picture.read_bytes()) == (2, before)
    assert "[cli.would_overwrite]" in into_itself.err
    assert call("mark", picture, "-o", "out").code == 0
    first = (tmp_path / "out" / "picture.png").read_bytes()
    assert call("mark", picture, "-o", "out").code == 2
    other = tmp_path / "other"
    other.mkdir()
    (other / "picture.png").write_bytes(before)
    assert call("mark", picture, other / "picture.png", "-o", "out3").code == 2
    assert (tmp_path / "out" / "picture.png").read_bytes() == first


def test_a_link_into_the_folder_does_not_lead_back(call: Call, picture: Path, tmp_path: Path) -> None:
    """A folder that is a link to the source's own is no way around."""
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    before = picture.read_bytes()
    assert call("mark", picture, "-o", "link").code == 2
    assert picture.read_bytes() == before


def test_plain_text_gets_its_label_beside_it(call: Call, tmp_path: Path) -> None:
    """A format without metadata shows its mark, and its label lies in a file beside."""
    (tmp_path / "poem.txt").write_text("墨与纸。", "utf-8")
    (line,) = call("mark", "poem.txt", "-o", "out", "--json").lines
    assert line["sidecar"] == "out/poem.txt.aigc.json"
    assert "AI生成" in (tmp_path / "out" / "poem.txt").read_text("utf-8")
    assert '"AIGC"' in (tmp_path / "out" / "poem.txt.aigc.json").read_text("utf-8")


def test_layers_add_to_the_metadata_mark(call: Call, picture: Path, tmp_path: Path) -> None:
    """Metadata is never left out; a layer that does not exist is refused before anything is written."""
    (line,) = call("mark", picture, "-o", "out", "--layers", "explicit", "--json").lines
    assert line["layers"] == ["explicit", "metadata"]
    ended = call("mark", picture, "-o", "none", "--layers", "metadata,invisible")
    assert ended.code == 2
    assert "[marks.unknown_layer]" in ended.err
    assert not (tmp_path / "none").exists()


def test_another_s_label_stays(call: Call, picture: Path, tmp_path: Path) -> None:
    """A label that is there keeps its producer, unless the edit is declared as one's own."""
    (first,) = call("mark", picture, "-o", "one", "--json").lines
    (second,) = call("mark", "one/picture.png", "-o", "two", "--json").lines
    assert second["label"]["ProduceID"] == first["label"]["ProduceID"]
    (own,) = call("mark", "one/picture.png", "-o", "three", "--own-edit", "--json").lines
    assert own["label"]["ProduceID"] != first["label"]["ProduceID"]


def test_one_bad_file_does_not_stop_the_rest(call: Call, picture: Path, tmp_path: Path) -> None:
    """The good ones are written, the bad one is named, and the exit code says that not all is well."""
    (tmp_path / "bad.png").write_bytes(b"no picture")
    ended = call("mark", "bad.png", picture, "-o", "out")
    assert ended.code == 2
    assert (tmp_path / "out" / "picture.png").exists()
    assert "bad.png" in ended.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["picture.png"]


def test_a_folder_that_cannot_be(call: Call, picture: Path) -> None:
    """A file where the folder should be is an answer."""
    ended = call("mark", picture, "-o", picture)
    assert ended.code == 2
    assert "[media.not_writable]" in ended.err
