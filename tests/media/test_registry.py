"""What an item is, is told by its bytes."""

import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmark import media
from sealmark.media import errors

from . import specimens


@pytest.mark.parametrize("key", [key for key in specimens.EVERY if key != "markdown"])
def test_every_format_is_known_by_its_bytes_alone(key: str) -> None:
    """No name is needed for a format that has a signature."""
    assert media.sniff(specimens.EVERY[key]).name == specimens.FORMAT_OF[key]


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (specimens.EVERY["jpeg"], "picture.png", None),
        (specimens.EVERY["png"], None, "image/jpeg"),
        (specimens.EVERY["mp3"], "speech.wav", None),
        (specimens.EVERY["png"], "notes.txt", None),
        (b"only words", "picture.webp", None),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00", "picture.jpg", None),
    ],
)
def test_lying_extension_or_media_type_is_refused(data: bytes, name: str | None, kind: str | None) -> None:
    """A declaration that contradicts the bytes is an error, never believed and never ignored."""
    with pytest.raises(errors.LyingFormat) as caught:
        media.sniff(data, name, kind)
    assert caught.value.code == "media.lying_format"


@pytest.mark.parametrize(
    ("name", "kind", "form"),
    [
        ("a.md", None, "markdown"),
        ("a.MD", "text/plain", "markdown"),
        ("a.txt", None, "text"),
        (None, "text/markdown; charset=utf-8", "markdown"),
        (None, None, "text"),
        (None, "application/octet-stream", "text"),
        ("a.html", None, "html"),
        (None, "application/json; charset=utf-8", "json"),
        ("a.srt", "text/plain", "srt"),
    ],
)
def test_kinds_of_text_are_told_apart_by_their_declaration(name: str | None, kind: str | None, form: str) -> None:
    """Text has no signature: the name decides, then the media type."""
    assert media.sniff("# 你好".encode(), name, kind).name == form


def test_labelled_front_matter_shows_markdown() -> None:
    """A Markdown file that we labelled is known without its name."""
    assert media.sniff(b'---\nAIGC:\n  Label: "1"\n---\nwords\n').name == "markdown"
    assert media.sniff(b"---\njust a rule above and below\n---\nwords\n").name == "text"


@pytest.mark.parametrize(("name", "kind"), [("a.py", None), ("a.css", None), (None, "text/xml")])
def test_text_of_a_foreign_syntax_is_not_taken_for_plain_text(name: str | None, kind: str | None) -> None:
    """A mark would break a program, so it is unknown rather than text; HTML by its beginning is no program either."""
    for data in (b"{}", specimens.WRITTEN["html"], specimens.WRITTEN["svg"], b'{"AIGC":{}}'):
        with pytest.raises(errors.UnknownFormat):
            media.sniff(data, name, kind)


@pytest.mark.parametrize("key", ["html", "svg", "srt", "vtt"])
def test_text_kinds_with_a_beginning_of_their_own_are_known_by_it(key: str) -> None:
    """No name is needed where no other text begins so; JSON needs one until it is labelled."""
    assert media.sniff(specimens.WRITTEN[key]).name == key
    assert media.sniff(specimens.WRITTEN["json"]).name == "text"


@pytest.mark.parametrize("key", ["html", "svg", "srt", "vtt"])
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.json", "a.html"])
def test_text_of_one_kind_may_be_declared_as_another(key: str, name: str) -> None:
    """A source of HTML in a Markdown file is Markdown: between kinds of text the declaration decides."""
    assert media.sniff(specimens.WRITTEN[key], name) is media.sniff(b"words", name)


@pytest.mark.parametrize("data", [b"<p>", b"{}", b"[1]", b"1\n2\n", b"WEBVTTX", b"a <svg>", b"<!doctype x>"])
def test_undeclared_text_stays_text(data: bytes) -> None:
    """Only what no other text begins with shows a kind without its name."""
    assert media.sniff(data).name == "text"


def test_nothing_is_not_an_item() -> None:
    """Zero bytes are refused as such, whatever the door."""
    for call in (lambda: media.sniff(b""), lambda: media.read(b""), lambda: media.read(io.BytesIO())):
        with pytest.raises(errors.EmptyItem):
            call()


def test_text_that_is_not_utf8_is_named_as_such() -> None:
    """A declared text in another encoding gets an error that says what to do."""
    with pytest.raises(errors.NotUtf8):
        media.sniff("你好".encode("gb18030"), "a.txt")


@given(st.binary(max_size=200), st.sampled_from([None, "a.png", "a.mp3", "a.md", "a.txt", "a.dat"]))
def test_any_bytes_get_a_format_or_a_domain_error(data: bytes, name: str | None) -> None:
    """No bytes bring sniffing down."""
    with suppress(errors.MediaError):
        assert media.sniff(data, name) in media.FORMATS


def test_sources_are_bytes_paths_and_streams(tmp_path: Path) -> None:
    """All doors give the same bytes; those that have a name give it, without its folder."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"words")
    assert media.read(b"words") == (b"words", None)
    assert media.read(path) == media.read(str(path)) == (b"words", "a.txt")
    with path.open("rb") as file:
        assert media.read(file) == (b"words", "a.txt")


def test_unreadable_and_oversized_sources_are_domain_errors(tmp_path: Path) -> None:
    """A missing file, a folder and a file over the limit are answers, not tracebacks."""
    for path in (tmp_path / "missing", tmp_path, "nul\x00l"):
        with pytest.raises(errors.UnreadableSource):
            media.read(path)
    with pytest.raises(errors.TooLarge):
        media.read(io.BytesIO(bytes(11)), media.Limits(size=10))


def test_every_error_of_media_says_what_happened_and_what_to_do() -> None:
    """Each error class has its own code and four sentences of its own."""
    kinds = errors.MediaError.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds) >= 10
    for kind in kinds:
        assert kind.code.startswith("media.")
        assert len({kind.zh, kind.en, kind.zh_next, kind.en_next}) == 4
