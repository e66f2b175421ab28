"""`sealmark verify`."""

import base64
import re
from pathlib import Path

import pytest

import sealmark
from sealmark.cli import terminal
from sealmark.demo.evidence import with_other_tier
from tests.cli.conftest import Call
from tests.deployment import IMAGE, Deployment
from tests.media.specimens import png_header
from tests.upstream import ScriptedUpstream
from tests.web.gateway.test_sdk import picture as encoded

CONTRACT = ["verdict", "layers", "label", "receipt"]
LAYERS = ["explicit", "metadata", "credential", "watermark", "fingerprint"]


@pytest.fixture
def marked(picture: Path) -> Path:
    """The picture with its marks."""
    path = picture.with_name("marked.png")
    path.write_bytes(sealmark.mark(picture).data)
    return path


@pytest.fixture
def released(deployment: Deployment, upstream: ScriptedUpstream, key: str, tmp_path: Path) -> Path:
    """A picture that a running deployment released."""
    upstream.answers({"created": 1, "data": [{"b64_json": base64.b64encode(encoded()).decode()}]})
    with deployment.client(key) as client:
        answer = client.post("/v1/images/generations", json={"model": IMAGE, "prompt": "a lake"}).json()
    path = tmp_path / "released.png"
    path.write_bytes(base64.b64decode(answer["data"][0]["b64_json"]))
    return path


def test_the_keys_are_a_contract(call: Call, marked: Path) -> None:
    """`--json` has verdict, layers with all five, label and receipt, whatever was found."""
    ended = call("verify", marked, "--json")
    (line,) = ended.lines
    assert ended.code == 0
    assert [name for name in line if name in CONTRACT] == CONTRACT
    assert list(line["layers"]) == LAYERS
    assert line["verdict"] == "is"
    assert line["label"]["Label"] == "1"
    assert line["receipt"] is None


def test_exit_codes(call: Call, marked: Path, picture: Path, tmp_path: Path) -> None:
    """0 when every file is generated, 1 when one is not, 2 when one cannot be used, which wins."""
    rubbish = tmp_path / "rubbish.bin"
    rubbish.write_bytes(b"\0\1\2")
    assert call("verify", marked, marked).code == 0
    assert call("verify", marked, picture).code == 1
    assert call("verify", marked, picture, rubbish).code == 2
    assert call("verify", marked, rubbish).code == 2


def test_one_bad_file_does_not_hide_the_others(call: Call, marked: Path) -> None:
    """Each file gets its line; the summary counts them all."""
    ended = call("verify", "missing.png", marked)
    assert f"{marked}: is AI-generated or synthesised" in ended.out
    assert ended.out.splitlines()[-1] == "2 files verified: 1 AI-generated, 1 unusable."
    assert ended.err.startswith("✗ [media.unreadable_source] missing.png: ")


@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_piped_output_holds_what_the_card_holds(
    call: Call, marked: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Piped: the verdict, then a line for each layer with state, evidence and place, and each warning; plain text."""
    monkeypatch.setenv("LANG", language)
    cut = marked.with_name("cut.jpg")
    cut.write_bytes(marked.read_bytes()[:-40])
    verdict = sealmark.verify(cut)
    out = call("verify", cut).out
    zh = language.startswith("zh")
    first, *told = out.splitlines()[:-1]
    assert (verdict.zh if zh else verdict.en) in first
    assert len(told) == len(LAYERS) + len(verdict.warnings) == 5 + 2
    assert all(line.startswith("  ") for line in told)
    for line, (name, finding) in zip(told, verdict.layers.items(), strict=False):
        assert (name in line) is not zh
        assert (finding.zh if zh else finding.en) in line
        assert (finding.place or "") in line
    assert all((note.zh if zh else note.en) in out for note in verdict.warnings)
    assert not re.search(r"[\x1b\u2500-\u257f]", out)


def test_the_place_of_a_visible_mark_is_in_the_readers_language(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end of the item is named in Chinese to a Chinese reader."""
    path = tmp_path / "text.txt"
    path.write_text("【AI生成】\n\n墨与纸。", "utf-8")
    assert "(start)" in call("verify", path).out
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "（开头）" in call("verify", path).out


def test_a_file_over_a_limit_or_half_read_is_not_counted_as_without_any_sign(
    call: Call, picture: Path, tmp_path: Path
) -> None:
    """A bomb is unusable, with its code and what to do; a damaged file without a label was not examined whole."""
    cut, bomb = tmp_path / "cut.png", tmp_path / "bomb.png"
    cut.write_bytes(picture.read_bytes()[:-40])
    bomb.write_bytes(png_header(30_000, 30_000))
    ended = call("verify", cut, bomb)
    assert ended.code == 2
    assert "✗ [media.too_many_pixels]" in ended.err
    assert "Scale the image down" in ended.err
    assert ended.out.splitlines()[-1] == "2 files verified: 0 AI-generated, 1 not examined whole, 1 unusable."


def test_a_text_that_shows_its_mark_is_suspected(call: Call, tmp_path: Path) -> None:
    """A visible mark alone says nothing expressly: suspected (Measures Art. 6), exit code 1."""
    path = tmp_path / "text.txt"
    path.write_text("【AI生成】\n\n墨与纸。", "utf-8")
    ended = call("verify", path, "--json")
    assert (ended.code, ended.lines[0]["verdict"]) == (1, "suspected")


def test_the_local_ledger_is_asked(call: Call, deployment: Deployment, released: Path) -> None:
    """Beside the running server: what was released is known, with the receipt of its record."""
    ended = call("verify", released, "--data-dir", deployment.settings.data_dir, "--json")
    (line,) = ended.lines
    assert (ended.code, line["known"]["unchanged"]) == (0, True)
    assert line["receipt"]["type"] == "sealmark-receipt@v1"
    assert line["label"]["ProduceID"] in line["receipt"]["record"]


def test_the_settings_ledger_is_found_by_itself(
    call: Call, deployment: Deployment, released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With SEALMARK_DATA_DIR no option is needed."""
    monkeypatch.setenv("SEALMARK_DATA_DIR", str(deployment.settings.data_dir))
    assert "released here, unchanged" in call("verify", released).out


def test_an_alteration_is_found(call: Call, deployment: Deployment, released: Path) -> None:
    """One value changed: the ledger says altered after release, and that the label differs (Art. 18)."""
    path = released.with_name("altered.png")
    path.write_bytes(with_other_tier(released.read_bytes()))
    ended = call("verify", path, "--data-dir", deployment.settings.data_dir, "--json")
    (line,) = ended.lines
    assert (ended.code, line["verdict"], line["known"]["altered"]) == (1, "suspected", True)
    assert {one["code"] for one in line["warnings"]} >= {"marks.altered_after_release", "marks.label_differs"}


def test_a_folder_without_a_ledger_is_said(call: Call, marked: Path, tmp_path: Path) -> None:
    """A ledger that was asked for and is not there is an error, not silence."""
    ended = call("verify", marked, "--data-dir", tmp_path)
    assert ended.code == 2
    assert "✗ [" in ended.err


@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_the_card_has_a_row_a_layer(call: Call, marked: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """On a terminal: the word, then one row for each layer with its state in words."""
    monkeypatch.setattr(terminal, "watched", lambda: True)
    monkeypatch.setattr("sealmark.cli.verify.watched", lambda: True)
    monkeypatch.setenv("LANG", language)
    shown = call("verify", marked).out
    names = ["显式标识", "元数据", "内容凭证", "水印", "指纹"] if language.startswith("zh") else LAYERS
    assert all(name in shown for name in names)
    assert ("属于" in shown) if language.startswith("zh") else ("is AI-generated" in shown)
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_who_asked_no_ledger_is_told_so(call: Call, deployment: Deployment, released: Path) -> None:
    """Without a ledger at hand the verdict stands on the file alone, and the reader learns how to ask one."""
    assert "--data-dir" in call("verify", str(released)).err
    assert "--data-dir" not in call("verify", str(released), "--data-dir", str(deployment.settings.data_dir)).err
