"""The verdict follows the Measures' tiers, and says honestly what was not looked at."""

import io
import time
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import metadata, note, security
from sealmark.marks.keys import KnownKeys, SigningKey
from sealmark.marks.label import Label, Tier
from sealmark.marks.marker import mark
from sealmark.marks.metadata import sidecar, xmp
from sealmark.marks.surfaces import audio as hearable
from sealmark.marks.verifier import LAYERS, Known, verify
from sealmark.media import STANDARD, Limits
from sealmark.media.audio import id3, mp3
from sealmark.media.errors import UnknownFormat
from sealmark.media.image import png
from sealmark.media.pieces import Buffer
from tests.media import specimens

OURS = Label.first("001191000000REHEAR5ALG1DEMO", "A1")
MARKED = mark(specimens.EVERY["png"], OURS, layers=("metadata",)).data
LOOKED_AT = {
    "png",
    "jpeg",
    "webp",
    "gif",
    "tiff",
    "wav",
    "mp3",
    "flac",
    "ogg",
    "opus",
    "markdown",
    "docx",
    "odt",
    "ofd",
    "pdf",
    "epub",
}
NAMES = {Tier.IS: "is", Tier.MAY_BE: "may_be", Tier.SUSPECTED: "suspected"}


@dataclass
class Memory:
    """A registry that remembers in dictionaries."""

    numbers: dict[str, Known] = field(default_factory=dict)
    items: dict[bytes, Known] = field(default_factory=dict)
    texts: dict[str, Known] = field(default_factory=dict)

    def by_number(self, produce_id: str) -> Known | None:
        return self.numbers.get(produce_id)

    def by_bytes(self, data: Buffer) -> Known | None:
        return self.items.get(bytes(data))

    def by_text(self, text: str) -> Known | None:
        return self.texts.get(text)


def _registry(label: Label = OURS, data: bytes = MARKED) -> Memory:
    known = Known(label.produce_id, label=label, receipt={"record": 7})
    return Memory({label.produce_id: known}, {data: known})


@pytest.mark.parametrize("key", specimens.EVERY)
@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("declaration", [None, False, True])
def test_label_counts_with_its_own_value(key: str, tier: Tier, declaration: bool | None) -> None:
    """Measures Art. 6(1): metadata that says so decides, and nothing raises a 2 or a 3."""
    label = Label.first("someone", "9", tier=tier)
    form = media.by_name(specimens.FORMAT_OF[key])
    verdict = verify(metadata.write(specimens.EVERY[key], label, form), declaration=declaration)
    assert (verdict.tier, verdict.label) == (NAMES[tier], label)
    assert verdict.layers["metadata"].state == "found"


def test_declaration_alone_makes_may_be() -> None:
    """Measures Art. 6(2): no label, but the user declares."""
    assert verify(specimens.EVERY["png"], declaration=True).tier == "may_be"
    assert verify("【AI生成】\n\n你好".encode(), declaration=True).tier == "may_be"


def test_visible_mark_alone_makes_suspected() -> None:
    """Measures Art. 6(3): a detected trace, and nothing said."""
    verdict = verify(mark("你好".encode(), OURS).data)
    assert (verdict.tier, verdict.layers["explicit"].state, verdict.label) == ("suspected", "found", None)


def test_unintelligible_field_is_a_trace_and_no_statement() -> None:
    """An AIGC field that says nothing express is shown as damaged, and makes the item suspected."""
    verdict = verify(b"---\nAIGC: AIGC\n---\nwords\n")
    assert (verdict.tier, verdict.layers["metadata"].state, verdict.label) == ("suspected", "damaged", None)


@pytest.mark.parametrize("key", specimens.EVERY)
def test_nothing_found_is_said_as_such(key: str) -> None:
    """No sign is no proof: the tier is none, and the layers that were not looked at say so."""
    verdict = verify(specimens.EVERY[key], name="a.md" if key == "markdown" else None)
    assert verdict.tier == "none"
    assert tuple(verdict.layers) == LAYERS
    assert verdict.layers["credential"].state == "none"
    assert {verdict.layers[name].state for name in LAYERS[3:]} == {"not_checked"}
    looked = key.partition(" ")[0] in LOOKED_AT
    assert verdict.layers["explicit"].state == ("none" if looked else "not_checked")


def _cut(key: str) -> bytes:
    """A marked file without its end; of an MP3, cut inside the frame behind the label's."""
    if key == "markdown":
        return metadata.write("# 你好\n".encode(), OURS, media.by_name(key))[:-12]
    marked = metadata.write(specimens.EVERY[key], OURS)
    if key != "mp3":
        return marked[: -len(specimens.EVERY[key]) // 2]
    tag = mp3.parse(marked).tags[0]
    picture = id3.make_frame(tag.version, b"APIC", bytes(4000))
    return id3.build(replace(tag, frames=(*tag.frames, picture)))[:-900]


@pytest.mark.parametrize("key", ["png", "jpeg", "wav", "mp3", "markdown"])
def test_a_file_that_lost_its_end_keeps_what_its_head_says(key: str) -> None:
    """The label of an intact head counts; that the rest is missing, and that it was altered since, is said beside."""
    known = Known(OURS.produce_id, label=OURS)
    verdict = verify(_cut(key), registry=Memory({OURS.produce_id: known}), name="a.md" if key == "markdown" else None)
    assert (verdict.tier, verdict.label, verdict.layers["metadata"].state) == ("is", OURS, "found")
    assert verdict.known is not None
    assert (verdict.known.altered, verdict.whole) == (True, False)
    assert verdict.warnings[-2:] == (note.ALTERED, note.INCOMPLETE)
    assert "损坏" in verdict.layers["metadata"].zh
    assert "damaged" in verdict.layers["metadata"].en


@pytest.mark.parametrize("key", ["png", "jpeg", "webp", "wav"])
def test_damaged_file_gets_a_verdict_that_says_so(key: str) -> None:
    """A cut file in which nothing is left is not one without a label."""
    verdict = verify(specimens.EVERY[key][:-30])
    assert (verdict.tier, verdict.layers["metadata"].state, verdict.whole) == ("none", "damaged", False)
    assert note.DAMAGED in verdict.warnings
    assert ("没有检查完整" in verdict.zh, "not examined whole" in verdict.en) == (True, True)


def test_a_text_cut_in_the_middle_of_a_character_is_read() -> None:
    """What a broken transfer left of a text still shows the mark at its start."""
    verdict = verify(mark("你好".encode(), OURS).data[:-1], name="a.txt")
    assert (verdict.tier, verdict.whole) == ("suspected", False)
    assert note.INCOMPLETE in verdict.warnings


@pytest.mark.parametrize("at", range(0, len(MARKED), 41))
def test_no_cut_makes_a_label_say_something_else(at: int) -> None:
    """Wherever a marked file breaks off, it says what it said, or that it was not examined whole."""
    try:
        verdict = verify(MARKED[:at])
    except SealmarkError:
        return
    assert verdict.label in {OURS, None}
    assert not verdict.whole


def test_a_place_that_cannot_be_read_hides_no_other() -> None:
    """A broken packet in front of the label, put there by somebody, does not take the label away."""
    chunks = list(png.parse(MARKED).chunks)
    broken = [png.Chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + body) for body in (b"<x", b"<!DOCTYPE x>")]
    bomb = png.Chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(64 << 20), 9))
    verdict = verify(png.build(png.Container((chunks[0], *broken, bomb, *chunks[1:]))))
    assert (verdict.tier, verdict.label, verdict.whole) == ("is", OURS, False)


def test_a_label_under_a_wrong_check_sum_is_read() -> None:
    """One changed byte of a CRC must not make a marked picture pass for an unmarked one."""
    at = MARKED.index(b"</x:xmpmeta>") + len(b'</x:xmpmeta>\n<?xpacket end="w"?>')
    verdict = verify(MARKED[:at] + bytes((MARKED[at] ^ 1,)) + MARKED[at + 1 :])
    assert (verdict.tier, verdict.label, verdict.whole) == ("is", OURS, False)


def _bombs() -> dict[str, tuple[bytes, Limits, str]]:
    packed = zlib.compress(bytes(64 << 20), 9)
    text = png.Chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed)
    many = (png.Chunk(b"tEXt", b"AIGC\0"),) * 17
    whole = png.parse(specimens.EVERY["png"]).chunks
    frame = id3.make_frame(3, b"TXXX", bytes(4) + packed)
    frame = replace(frame, raw=frame.raw[:8] + b"\0\x80" + frame.raw[10:], flags=b"\0\x80")
    tagged = id3.build(replace(id3.new_tag(), frames=(frame,))) + specimens.EVERY["mp3"]
    return {
        "pixels": (specimens.png_header(10_000, 10_000), STANDARD, "media.too_many_pixels"),
        "samples": (specimens.EVERY["wav"], Limits(samples=100), "media.too_many_samples"),
        "metadata of a picture": (png.build(png.Container((whole[0], text, *whole[1:]))), STANDARD, OVER),
        "metadata of a sound": (tagged, STANDARD, OVER),
        "bytes": (specimens.EVERY["png"], Limits(size=100), "media.too_large"),
        "more places than anybody reads": (png.build(png.Container((whole[0], *many, *whole[1:]))), STANDARD, ""),
    }


OVER = "media.metadata_over_limit"
BOMBS = _bombs()


@pytest.mark.parametrize("attack", BOMBS)
def test_what_nobody_looked_at_is_never_called_unmarked(attack: str) -> None:
    """Over a limit there is an error with a code and a next step in both languages, and no verdict `none`."""
    data, limits, code = BOMBS[attack]
    if not code:  # the empty fields are traces, and the rest was not examined
        verdict = verify(data, limits=limits)
        assert (verdict.tier, verdict.whole) == ("suspected", False)
        return
    with pytest.raises(SealmarkError) as caught:
        verify(data, limits=limits)
    assert caught.value.code == code
    assert caught.value.status == 413
    assert caught.value.to_do("zh")
    assert caught.value.to_do("en")


def test_a_label_in_the_head_of_a_picture_over_the_limit_is_read() -> None:
    """What can be read without decoding is read; what was not looked at is said to be unchecked, and why."""
    marked = metadata.write(specimens.png_header(10_000, 10_000), OURS)
    verdict = verify(marked)
    assert (verdict.tier, verdict.layers["explicit"].state, verdict.whole) == ("is", "not_checked", False)
    assert "64000000" in verdict.layers["explicit"].zh


def test_what_the_ledger_knows_of_an_item_over_the_limit_is_said() -> None:
    """The very bytes that were released need no decoding to be known."""
    data = specimens.png_header(10_000, 10_000)
    verdict = verify(data, registry=_registry(data=data))
    assert verdict.known is not None
    assert (verdict.known.unchanged, verdict.whole) == (True, False)


@pytest.mark.parametrize("size", [0, 100, 1 << 30])
@pytest.mark.parametrize("key", ["wav", "webp"])
def test_a_form_that_lies_about_its_size_hides_no_label(key: str, size: int) -> None:
    """Players go by the chunks; so does whoever reads what is left."""
    marked = metadata.write(specimens.EVERY[key], OURS)
    verdict = verify(marked[:4] + size.to_bytes(4, "little") + marked[8:])
    assert (verdict.tier, verdict.label, verdict.whole) == ("is", OURS, False)


@pytest.mark.parametrize("value", [1e38, float("inf"), float("nan")])
def test_samples_beyond_all_hearing_are_no_traceback(value: float) -> None:
    """A WAV of floats may hold anything: it is listened to at full scale, or said to be beyond listening."""
    out = io.BytesIO()
    soundfile.write(out, np.full((8000, 1), value, np.float32), 16000, format="WAV", subtype="FLOAT")
    heard = verify(out.getvalue()).layers["explicit"]
    assert heard.state == ("none" if value == 1e38 else "damaged")
    assert ("无法辨听" in heard.zh) is (heard.state == "damaged")


def test_honest_time_for_many_large_places() -> None:
    """A file made of packets that unfold to the bound, each with a label, takes seconds and not minutes."""
    filler = " ".join(f'a{number}=""' for number in range(40_000))
    packet = xmp.write(None, OURS, "here").replace(b"<TC260:AIGC>", f"<q {filler}/><TC260:AIGC>".encode())
    place = png.Chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet))
    whole = png.parse(specimens.EVERY["png"]).chunks
    data = png.build(png.Container((whole[0], *(place,) * 500, *whole[1:])))
    began = time.process_time()
    verdict = verify(data)
    assert time.process_time() - began < 5
    assert (verdict.tier, verdict.whole) == ("is", False)


def test_bytes_of_no_format_are_an_error() -> None:
    """What is no item gets an answer with a code instead of a verdict, whatever its name says."""
    for name in (None, "a.png"):
        with pytest.raises(UnknownFormat):
            verify(b"\x00\x01", name=name)


@pytest.mark.parametrize(
    ("key", "name", "media_type"),
    [("png", "a.jpg", None), ("jpeg", "a.png", None), ("wav", "a.md", None), ("mp3", None, "image/webp")],
)
def test_a_lying_name_is_warned_of_and_the_content_counts(key: str, name: str | None, media_type: str | None) -> None:
    """Renaming a marked file must not keep anybody from reading its mark (Art. 18)."""
    verdict = verify(metadata.write(specimens.EVERY[key], OURS), name=name, media_type=media_type)
    assert (verdict.tier, verdict.format.name) == ("is", key)
    (said,) = [one for one in verdict.warnings if one.code == "marks.name_disagrees"]
    assert key in said.zh
    assert key in said.en


def test_a_file_behind_the_file_is_warned_of() -> None:
    """Nobody reads a second file behind the first: the verdict says that it is there."""
    plain = specimens.EVERY["png"]
    assert note.TRAILING in verify(plain + MARKED).warnings
    assert note.TRAILING not in verify(plain + bytes(64)).warnings


def test_released_bytes_are_known_as_unchanged() -> None:
    """Equal bytes: unchanged, with the receipt of their record."""
    verdict = verify(MARKED, registry=_registry())
    assert verdict.known is not None
    assert (verdict.known.unchanged, verdict.known.altered) == (True, False)
    assert (verdict.receipt, verdict.warnings) == ({"record": 7}, ())


@pytest.mark.parametrize("tier", [Tier.MAY_BE, Tier.SUSPECTED])
def test_edited_label_value_in_a_copy_of_an_own_item_is_found(tier: Tier) -> None:
    """The number is ours, the bytes are not: altered after release, and the released label stands beside."""
    edited = metadata.write(MARKED, Label.first(OURS.content_producer, OURS.produce_id, tier=tier))
    verdict = verify(edited, registry=_registry())
    assert verdict.known is not None
    assert (verdict.known.unchanged, verdict.known.altered, verdict.known.label) == (False, True, OURS)
    assert verdict.tier == NAMES[tier]
    assert verdict.warnings == (note.ALTERED, note.LABEL_DIFFERS)


def test_edited_production_number_is_found_by_the_propagation_number() -> None:
    """Both numbers of the label are looked up: whoever edits one may forget the other."""
    edited = OURS.propagated(OURS.content_propagator, OURS.produce_id)
    forged = Label(edited.tier, edited.content_producer, "FORGED", "", edited.content_propagator, edited.propagate_id)
    verdict = verify(metadata.write(MARKED, forged), registry=_registry())
    assert verdict.known is not None
    assert verdict.known.altered


def test_registry_never_changes_the_tier() -> None:
    """What we know of our own items is evidence beside the tier."""
    plain = specimens.EVERY["png"]
    verdict = verify(plain, registry=_registry(data=plain))
    assert verdict.known is not None
    assert verdict.tier == "none"


def test_pasted_text_is_known_by_its_text() -> None:
    """Text whose bytes differ is still looked up by what it says."""
    registry = Memory(texts={"你好": Known("A1", label=OURS, receipt={"record": 8})})
    verdict = verify("你好".encode(), registry=registry)
    assert verdict.known is not None
    assert (verdict.known.alike, verdict.known.unchanged, verdict.known.altered) == (True, False, False)
    assert verdict.receipt == {"record": 8}
    assert note.MARK_MISSING in verdict.warnings


def test_labels_that_contradict_each_other_are_warned_of() -> None:
    """GB 45438 6.1 c): one label a file; of two, the main channel's counts, and the verdict says that there are two."""
    other = Label.first("someone", "9", tier=Tier.SUSPECTED)
    exif = specimens.exif(1, b"ASCII\x00\x00\x00" + other.wrapped().encode())
    data = specimens.saved(specimens.picture(), "JPEG", exif=exif)
    both = _with_xmp(data)
    verdict = verify(both)
    assert (verdict.tier, verdict.label) == ("is", OURS)
    assert verdict.warnings == (note.SEVERAL, note.CONTRADICTION)


def _with_xmp(data: bytes) -> bytes:
    """The file with our label in its main channel and whatever label its EXIF holds."""
    from sealmark.marks.metadata import xmp
    from sealmark.media.image import jpeg

    packet = jpeg.Segment(jpeg.APP1, b"http://ns.adobe.com/xap/1.0/\x00" + xmp.write(None, OURS, "here"))
    container = jpeg.parse(data)
    return jpeg.build(jpeg.Container((*container.segments, packet), container.scans))


def test_dictionary_has_the_keys_of_the_contract() -> None:
    """Design, section 4: verdict, layers with five names, label, receipt."""
    shown = verify(MARKED, registry=_registry()).as_dict()
    assert list(shown)[:4] == ["verdict", "layers", "label", "receipt"]
    assert tuple(shown["layers"]) == LAYERS
    assert shown["label"] == OURS.as_dict()
    assert all(finding["zh"] and finding["en"] for finding in shown["layers"].values())


@given(st.binary(max_size=300))
def test_any_bytes_get_a_verdict_or_a_domain_error(data: bytes) -> None:
    """No bytes bring verification down."""
    try:
        verdict = verify(data)
    except SealmarkError:
        return
    assert verdict.tier in {"is", "may_be", "suspected", "none"}


@pytest.mark.parametrize("form", ["voice", "rhythm"])
def test_an_announcement_is_heard_when_the_metadata_is_gone(form: str) -> None:
    """Sound that lost its header is still suspected by what is heard before it (Measures Art. 6(3))."""
    from sealmark.marks.explicit import audio as explicit
    from sealmark.media import samples, sniff

    quiet = specimens.wav()
    sound = samples.decode(quiet)
    announced = explicit.announce(sound.samples, sound.rate, form=form)  # type: ignore[arg-type]  # one of the two forms
    data = samples.encode(replace(sound, samples=announced))
    assert sniff(data).name == "wav"
    verdict = verify(data)
    assert (verdict.tier, verdict.layers["explicit"].state) == ("suspected", "found")
    assert verify(quiet).layers["explicit"].state == "none"


@pytest.mark.parametrize("form", ["WAV", "MP3", "FLAC", "OGG"])
def test_of_a_long_sound_three_stretches_are_listened_to(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's small file of hours must not cost a gigabyte: only where marks stand is anything decoded."""
    out, read, whole = io.BytesIO(), list[int](), soundfile.SoundFile.read
    soundfile.write(out, specimens.tone(120, 8000), 8000, format=form)

    def counted(file: soundfile.SoundFile, frames: int = -1, *given: Any, **named: Any) -> Any:
        read.append(frames)
        return whole(file, frames, *given, **named)

    verify(out.getvalue())  # what it is compared with is read once
    monkeypatch.setattr("soundfile.SoundFile.read", counted)
    assert verify(out.getvalue()).layers["explicit"].state == "none"
    assert len(read) == 3
    assert min(read) > 0
    assert sum(read) < 30 * 8000


@pytest.mark.parametrize("key", ["wav", "mp3"])
def test_sound_of_too_many_channels_is_not_decoded_to_be_heard(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not checked is said so, in both languages, and not a sample of it is decoded."""
    monkeypatch.setattr(hearable, "MOST_HEARD", 1000)
    monkeypatch.setattr("soundfile.SoundFile.read", _unread)
    heard = verify(specimens.EVERY[key]).layers["explicit"]
    assert (heard.state, heard.whole) == ("not_checked", False)
    assert "声道" in heard.zh
    assert "channels" in heard.en


def _unread(*_: object, **__: object) -> None:
    raise AssertionError("decoded")


def test_a_sound_at_the_bound_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is inclusive, and counts frames times channels."""
    monkeypatch.setattr(hearable, "MOST_HEARD", 8000)
    assert verify(specimens.wav()).layers["explicit"].state == "none"
    assert verify(specimens.wav(channels=2)).layers["explicit"].state == "not_checked"


def test_a_visible_mark_alone_is_a_trace() -> None:
    """Measures Art. 6(3): a picture that lost its metadata and still bears the wording is suspected, not more."""
    from sealmark.marks.explicit.image import draw

    bare = specimens.saved(draw(specimens.picture(640, 480), corner="top_left"), "JPEG", quality=60)
    verdict = verify(bare)
    assert (verdict.tier, verdict.label) == ("suspected", None)
    seen = verdict.layers["explicit"]
    assert (seen.state, seen.place) == ("found", "top_left")
    assert "AI生成" in seen.zh
    assert "AI生成" in seen.en


SIGNER = SigningKey.of(7)
KNOWN = KnownKeys({OURS.content_producer: (SIGNER.public_key,)})


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("key", specimens.EVERY)
def test_label_whose_signature_fails_says_nothing(key: str, tier: Tier) -> None:
    """The tier rule: what fails is not "is" but a trace, or what the user declares; the label is still shown."""
    signed = security.signed(Label.first(OURS.content_producer, "9", tier=tier), SIGNER)
    form = media.by_name(specimens.FORMAT_OF[key])
    forged = replace(signed, produce_id="A2")
    item = metadata.write(specimens.EVERY[key], forged, form)
    verdict = verify(item, keys=KNOWN)
    assert (verdict.tier, verdict.signature, verdict.label) == ("suspected", "invalid", forged)
    assert note.SIGNATURE_INVALID in verdict.warnings
    assert verify(item).tier == "suspected"
    assert verify(item, declaration=True).tier == "may_be"
    honest = verify(metadata.write(specimens.EVERY[key], signed, form), keys=KNOWN)
    assert (honest.tier, honest.signature) == (NAMES[tier], "valid")
    assert not {note.SIGNATURE_INVALID, note.UNCHECKED} & set(honest.warnings)


@pytest.mark.parametrize(
    ("label", "keys", "outcome", "tier"),
    [
        (OURS, None, "none", "is"),
        (OURS, KNOWN, "none", "is"),
        (replace(OURS, reserved_code1="e862483430d978cbf828b8b24296ef9328d843a0"), KNOWN, "foreign", "is"),
        (security.signed(OURS, SIGNER), None, "unknown_key", "is"),
        (security.signed(OURS, SIGNER), KNOWN, "valid", "is"),
        (security.signed(OURS, SigningKey.of(8)), None, "unknown_key", "is"),
        (security.signed(OURS, SigningKey.of(8)), KNOWN, "untrusted_key", "suspected"),
    ],
)
def test_signature_is_shown_beside_the_label(label: Label, keys: KnownKeys | None, outcome: str, tier: str) -> None:
    """A valid, an absent and a foreign signature leave the label its own tier; the finding says why."""
    verdict = verify(metadata.write(specimens.EVERY["png"], label), keys=keys)
    assert (verdict.signature, verdict.tier) == (outcome, tier)
    assert verdict.as_dict()["signature"] == outcome
    examined = security.examine(label, keys or KnownKeys())
    shown = verdict.layers["metadata"]
    assert (shown.zh.endswith(examined.zh), shown.en.endswith(examined.en)) == (outcome != "none",) * 2


def test_the_label_beside_a_text_counts(tmp_path: Path) -> None:
    """A plain text has no metadata: its sidecar says what it is, as long as it lies beside it and can be read."""
    marked = mark("今天天气很好，适合散步。".encode(), Label.first("P", "A1"))
    path = tmp_path / "诗 1.txt"
    path.write_bytes(marked.data)
    assert verify(path).tier == "suspected"
    sidecar.beside(path).write_text(marked.sidecar or "", "utf-8")
    verdict = verify(path)
    assert (verdict.tier, verdict.label) == ("is", marked.label)
    assert verdict.layers["metadata"].place == "sidecar 诗 1.txt.aigc.json"
    assert verify(marked.data).tier == "suspected"
    sidecar.beside(path).write_text("no label", "utf-8")
    assert (verify(path).tier, verify(path).layers["metadata"].state) == ("suspected", "damaged")


def test_nothing_beside_a_file_with_metadata_counts(tmp_path: Path) -> None:
    """A picture says itself what it is; a file that somebody put beside it is nobody's label."""
    path = tmp_path / "a.png"
    path.write_bytes(specimens.EVERY["png"])
    sidecar.beside(path).write_text(Label.first("P", "A1").wrapped(), "utf-8")
    assert verify(path).tier == "none"
