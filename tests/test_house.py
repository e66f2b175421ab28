"""The house starts whole or not at all: live gates, keys, ledger, one writer, one rehearsal among its own."""

import stat
from pathlib import Path
from typing import Any

import pytest

from sealmark.house import UNBUILT_GATES, FolderUnusable, GatesMissing, House
from sealmark.ledger.errors import LedgerError, LedgerHeld, LedgerMissing
from sealmark.registers.service import UnusableService
from sealmark.settings import BadSettings, Settings
from sealmark.storage.keys import KeyUnavailable
from sealmark.storage.secret_file import SecretFileUnusable
from sealmark.web.app import Application
from tests.deployment import Deployment, ask, deployed, seed_text
from tests.upstream import ScriptedUpstream


def settings(folder: Path, **given: Any) -> Settings:
    seed = folder / "seed.toml"
    seed.write_text(seed_text("http://127.0.0.1:1/v1"), "utf-8")
    return Settings(mode="rehearsal", data_dir=folder / "data", seed_file=seed, **given)


def close(house: House) -> None:
    house.sequencer.close()
    house.store.close()
    house.database.close()


def test_no_mode_means_live_and_live_names_every_gate(tmp_path: Path) -> None:
    """Nothing is served, and nothing is written, while a gate of live mode is not built."""
    with pytest.raises(GatesMissing) as caught:
        House.build(Settings(data_dir=tmp_path / "data"))
    for article, zh, en in UNBUILT_GATES:
        assert f"第{article}条" in caught.value.text("zh")
        assert zh in caught.value.text("zh")
        assert en in caught.value.text("en")
    assert not (tmp_path / "data").exists()


def test_a_lost_ledger_is_never_replaced(tmp_path: Path) -> None:
    """A workplace whose ledger went missing does not start: a new one would hide what is gone."""
    given = settings(tmp_path)
    close(House.build(given))
    given.ledger_path.unlink()
    with pytest.raises(LedgerMissing):
        House.build(given)


def test_one_ledger_has_one_writer(tmp_path: Path) -> None:
    """A second house on the same folder is refused."""
    given = settings(tmp_path)
    first = House.build(given)
    with pytest.raises(LedgerHeld):
        House.build(given)
    close(first)
    close(House.build(given))


def test_another_master_key_is_noticed(tmp_path: Path) -> None:
    """With another key file the ledger is not continued, and without one live data cannot be opened."""
    given = settings(tmp_path)
    close(House.build(given))
    (given.data_dir / "master.key").write_bytes(bytes(32))
    with pytest.raises((LedgerError, KeyUnavailable)):
        House.build(given)


@pytest.mark.parametrize(
    "content", [b"", b"ok-seal-", b'"ok-seal-' + b"x" * 43 + b'"', b"\xef\xbb\xbfok-seal-" + b"x" * 43]
)
def test_a_spoilt_operator_key_opens_no_house(tmp_path: Path, content: bytes) -> None:
    """An empty or spoilt operator's key is said, never taken: an empty key would open the door to everyone."""
    given = settings(tmp_path)
    close(House.build(given))
    (given.data_dir / "operator.key").write_bytes(content)
    with pytest.raises(SecretFileUnusable):
        House.build(given)


def test_a_rehearsal_has_its_own_ledger_and_origin(tmp_path: Path) -> None:
    """Rehearsal and live share neither file nor origin."""
    rehearsal, live = settings(tmp_path), Settings(data_dir=tmp_path / "data")
    assert rehearsal.ledger_path != live.ledger_path
    assert rehearsal.origin != live.origin
    assert "rehearsal" in rehearsal.origin


@pytest.mark.parametrize(
    "given", [{"port": 99999}, {"mode": "test"}, {"provider_code": "short"}, {"allow_list": ("not a network",)}]
)
def test_a_setting_out_of_range_is_named(given: dict[str, Any]) -> None:
    """An unusable setting is an error that names it."""
    with pytest.raises(BadSettings) as caught:
        Settings.load(**given)
    assert next(iter(given)) in str(caught.value)


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        ({"SEALMARK_PORT": "many"}, "port 须为整数", "port must be a whole number"),
        ({"SEALMARK_PORT": "99999"}, "port 不能大于 65535", "port must be at most 65535"),
        ({"SEALMARK_MODE": "test"}, "mode 须为以下之一：'live'、'rehearsal'", "mode must be 'live' or 'rehearsal'"),
        ({"SEALMARK_PROVIDER_CODE": "x"}, "provider_code 须有 27 个字符", "provider_code must have 27 characters"),
        ({"SEALMARK_ALLOW_LIST": "10.0.0.0/8, x"}, "x 不是网段", "x is no network"),
        ({"SEALMARK_MEDIA_TIMEOUT": "0"}, "media_timeout 须大于 0", "media_timeout must be greater than 0"),
        ({"SEALMARK_MEDIA_WORKERS": "0"}, "media_workers 不能小于 1", "media_workers must be at least 1"),
        ({"SEALMARK_PROT": "1"}, "没有 SEALMARK_PROT 这一配置项", "SEALMARK_PROT is no setting"),
        ({"SEALMARK_SETTINGS": "nowhere.toml"}, "nowhere.toml：文件不存在", "nowhere.toml: there is no such file"),
        ({"SEALMARK_SETTINGS": "bad.toml"}, "bad.toml：文件不是 TOML（第 1 行第", "bad.toml: the file is no TOML ("),
        ({"SEALMARK_SETTINGS": "prot.toml"}, "prot 没有这一配置项", "prot is no setting"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], zh: str, en: str
) -> None:
    """The name of the setting and what it must be, in the reader's language."""
    monkeypatch.chdir(tmp_path)
    Path("bad.toml").write_text("port 1\n", "utf-8")
    Path("prot.toml").write_text("prot = 1\n", "utf-8")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as caught:
        Settings.load()
    assert zh in caught.value.text("zh")
    assert en in caught.value.text("en")


def test_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File, environment, arguments: the last wins; an unknown name is refused."""
    file = tmp_path / "sealmark.toml"
    file.write_text('port = 1\nhost = "::1"\nprovider_name = "甲"\n', "utf-8")
    monkeypatch.setenv("SEALMARK_SETTINGS", str(file))
    monkeypatch.setenv("SEALMARK_PORT", "2")
    found = Settings.load(host="127.0.0.1")
    assert (found.port, found.host, found.provider_name) == (2, "127.0.0.1", "甲")
    monkeypatch.setenv("SEALMARK_ALLOW_LIST", "10.0.0.0/8, 192.168.0.0/16")
    assert Settings.load().allow_list == ("10.0.0.0/8", "192.168.0.0/16")
    file.write_text("prot = 1\n", "utf-8")
    with pytest.raises(BadSettings):
        Settings.load()


@pytest.mark.parametrize(
    ("address", "welcome"), [("127.0.0.1", True), ("::1", True), ("10.1.2.3", True), ("192.0.2.7", False)]
)
def test_a_rehearsal_is_for_this_machine_and_its_allow_list(tmp_path: Path, address: str, welcome: bool) -> None:
    """Another network's calls are refused before anything else happens."""
    application = Application(settings(tmp_path, allow_list=("10.0.0.0/8",)))
    assert application.may_come({"client": (address, 1)}) is welcome


def test_every_answer_says_that_it_rehearses(deployment: Deployment, key: str, upstream: ScriptedUpstream) -> None:
    """Answers and errors carry the header."""
    upstream.says("hello there")
    with deployment.client(key) as client:
        for answer in (
            client.post("/v1/chat/completions", json=ask("hi")),
            client.post("/v1/chat/completions", content=b"x"),
            client.get("/v1/models"),
            client.get("/v1/nothing"),
            client.get("/api/agreement"),
            client.get("/api/nothing"),
            client.get("/"),
        ):
            assert answer.headers["x-sealmark-mode"] == "rehearsal", answer.url


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """Keys, end users and the log survive a clean restart; numbers do not repeat."""
    upstream.says("hello there")
    numbers = []
    with deployed(tmp_path, upstream.url) as first:
        key = first.new_key()
        with first.client(key) as client:
            numbers.append(client.post("/v1/chat/completions", json=ask("hi")).json()["aigc"]["ProduceID"])
        size = first.house.sequencer.size
    with deployed(tmp_path, upstream.url) as second:
        assert second.house.sequencer.size >= size
        with second.client(key) as client:
            numbers.append(client.post("/v1/chat/completions", json=ask("hi")).json()["aigc"]["ProduceID"])
        assert second.house.items.by_number(numbers[0]) is not None
    assert len(set(numbers)) == 2


def test_the_data_folder_is_for_its_owner(tmp_path: Path) -> None:
    """Databases, ledger and keys can be read by the account that runs the service, and by no other."""
    given = settings(tmp_path)
    close(House.build(given))
    assert stat.S_IMODE(given.data_dir.stat().st_mode) == 0o700
    for file in given.data_dir.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600), file.name


def test_a_data_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A path through a file is no folder: the error says so in both languages, and nothing is internal."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderUnusable) as caught:
        House.build(Settings(mode="rehearsal", data_dir=tmp_path / "file" / "data"))
    assert "路径中有一段不是目录" in caught.value.text("zh")
    assert "a part of the path is no folder" in caught.value.text("en")


@pytest.mark.parametrize(
    ("content", "zh", "en"),
    [
        (None, "文件或目录不存在", "no such file or folder"),
        ("[[service", "不是 TOML", "is not TOML"),
        ('[[service]]\nid = "a"\nodd = 1', "不认识 odd", "unknown odd"),
        ("[switches]\nodd = 1", "没有开关 odd", "there is no switch odd"),
    ],
)
def test_a_seed_file_that_cannot_be_used_is_said(tmp_path: Path, content: str | None, zh: str, en: str) -> None:
    """What is wrong with it, in both languages."""
    seed = tmp_path / "seed.toml"
    if content is not None:
        seed.write_text(content, "utf-8")
    with pytest.raises(UnusableService) as caught:
        House.build(Settings(mode="rehearsal", data_dir=tmp_path / "data", seed_file=seed))
    assert zh in caught.value.text("zh")
    assert en in caught.value.text("en")
