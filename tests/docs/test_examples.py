"""What the documents show works as it stands there: files are read, code is run, against a real deployment."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sealmark
from sealmark.house import House
from sealmark.ledger import check
from sealmark.registers.service import Service
from sealmark.settings import Settings
from tests.deployment import CHAT, ITEM, Deployment
from tests.docs.pages import DOCS, READMES, blocks
from tests.media import specimens
from tests.upstream import ScriptedUpstream

LANGUAGES = ("zh", "en")
ANSWER = "The sky scatters blue light more than red."


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tutorials_files_make_a_house(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tutorial's settings and services, written down as it says, start a rehearsal that offers its model."""
    services, settings = blocks(DOCS / language / "tutorial.md", "toml")
    (tmp_path / "services.toml").write_text(services.text, "utf-8")
    (tmp_path / "settings.toml").write_text(settings.text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEALMARK_SETTINGS", "settings.toml")
    _offers(Settings.load(), "my-chat")


def test_the_register_in_the_reference_can_be_used(tmp_path: Path) -> None:
    """The register of services.md, as it stands there, is taken by a house."""
    (block,) = blocks(DOCS / "reference" / "services.md", "toml")
    (tmp_path / "services.toml").write_text(block.text, "utf-8")
    _offers(Settings(mode="rehearsal", data_dir=tmp_path / "data", seed_file=tmp_path / "services.toml"), "my-chat")


def _offers(settings: Settings, model: str) -> None:
    house = House.build(settings)
    try:
        with house.database.transaction() as session:
            assert [service.model for service in house.workplace.registers.services(session)] == [model]
        assert house.people.agreement() is not None
    finally:
        house.sequencer.close()
        house.store.close()
        house.database.close()


def test_the_tutorials_files_are_the_same_in_both_languages() -> None:
    """Comments aside, both tutorials write the same files and the same program."""
    zh, en = (blocks(DOCS / language / "tutorial.md") for language in LANGUAGES)
    for one, other in zip(zh, en, strict=True):
        if one.language == "toml":
            assert tomllib.loads(one.text) == tomllib.loads(other.text)
        if one.language == "python":
            assert one.text == other.text


def test_the_tutorials_program_runs(
    tmp_path: Path, deployment: Deployment, key: str, upstream: ScriptedUpstream
) -> None:
    """The tutorial's program prints a marked answer and its label, and its receipt checks offline."""
    (program,) = blocks(DOCS / "en" / "tutorial.md", "python")
    (tmp_path / "key.txt").write_text(f"{key}\n")
    upstream.says(ANSWER)
    printed = _run(program.text, deployment, tmp_path)
    assert printed.startswith(f"【AI生成】\n\n{ANSWER}\n{{'Label': '1'")
    code = (tmp_path / "code.txt").read_text()
    with deployment.client() as client:
        receipt, ledger = client.get(f"/api/receipts/{code}").text, client.get("/api/ledger").json()
    assert check(receipt, ledger["vkey"]).record["outcome"] == "released"


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_readmes_program_runs(
    readme: Path, tmp_path: Path, deployment: Deployment, key: str, upstream: ScriptedUpstream
) -> None:
    """The README's lines, with the key that is printed, give a marked answer with its number."""
    (program,) = blocks(readme, "python")
    upstream.says(ANSWER)
    printed = _run(program.text.replace("sk-seal-…", key), deployment, tmp_path)
    assert printed.startswith(f"【AI生成】\n\n{ANSWER} R")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_applications_page_is_right_about_json(
    language: str, tmp_path: Path, deployment: Deployment, key: str, upstream: ScriptedUpstream
) -> None:
    """In JSON mode the page's lines find the number in the envelope, and the text bears no mark."""
    (program,) = blocks(DOCS / language / "applications.md", "python")
    upstream.says('{"colours": []}')
    head = f"import openai\nclient = openai.OpenAI(base_url='http://127.0.0.1:8040/v1', api_key={key!r})\n"
    tail = "print(answer.choices[0].message.content)\n"
    number, body = _run(head + program.text + tail, deployment, tmp_path).splitlines()
    assert number.startswith("R")
    assert body == '{"colours": []}'


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_items_page_marks_a_file(language: str, tmp_path: Path, deployment: Deployment, key: str) -> None:
    """The page's service can be registered, and its program gets a marked copy with its label."""
    (block,) = blocks(DOCS / language / "items.md", "toml")
    (row,) = tomllib.loads(block.text)["service"]
    assert Service(**row).operation == "item"
    (program,) = blocks(DOCS / language / "items.md", "python")
    (tmp_path / "key.txt").write_text(f"{key}\n")
    (tmp_path / "hill.png").write_bytes(specimens.png())
    printed = _run(program.text.replace("my-studio", ITEM), deployment, tmp_path)
    label = sealmark.verify(tmp_path / "marked.png").label
    assert label is not None
    assert json.loads(printed) == label.as_dict()


def _run(program: str, deployment: Deployment, folder: Path) -> str:
    """What a program of the documents prints, with this deployment's address and model in the place of theirs."""
    ours = program.replace("http://127.0.0.1:8040", deployment.url)
    for model in ("my-chat", "smollm2-135m-instruct"):
        ours = ours.replace(f'"{model}"', f'"{CHAT}"')
    ran = subprocess.run(
        [sys.executable, "-c", ours], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
