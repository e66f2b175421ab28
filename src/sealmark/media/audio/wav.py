"""WAV: a RIFF form whose chunks `fmt ` and `data` hold the sound."""

from sealmark.errors import why
from sealmark.media.containers import riff
from sealmark.media.containers.riff import Chunk, Container
from sealmark.media.errors import Damaged, intact
from sealmark.media.format import Format

# Chunks that describe the samples as they were encoded; a new encoding brings its own.
SOUND = frozenset((b"fact", b"data", b"PEAK"))


def is_wav(data: bytes) -> bool:
    """Whether the bytes begin as a WAV file does."""
    return riff.is_form(data, b"WAVE")


FORMAT = Format("wav", "audio", ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"), ("wav",), is_wav)


def parse(data: bytes) -> Container:
    """Split a WAV into chunks; raises `Damaged` also where format or sound is missing."""
    return intact(remains(data))


def remains(data: bytes) -> tuple[Container, Damaged | None]:
    """The chunks that stand whole, also of a damaged file, and the first thing that is wrong with it."""
    container, damage = riff.remains(data, b"WAVE", "WAV")
    kinds = {chunk.kind for chunk in container.chunks}
    if damage is None and not {b"fmt ", b"data"} <= kinds:
        damage = Damaged(format="WAV", **why("缺少 fmt 或 data 块", "no fmt or no data"))
    return container, damage


build = riff.build


def coded(data: bytes) -> bytes:
    """The sound without a word about it."""
    kept = tuple(chunk for chunk in parse(data).chunks if chunk.kind in {b"fmt ", b"fact", b"data"})
    return build(Container(b"WAVE", kept))


def splice(original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` samples among the metadata chunks of the `original`, which stay bit for bit."""
    old, new = parse(original), parse(encoded)
    sound = tuple(chunk for chunk in new.chunks if chunk.kind in SOUND)
    head = _head(old, new)
    kept = [chunk for chunk in old.chunks if chunk.kind not in SOUND and chunk.kind != b"fmt "]
    cut = next(index for index, chunk in enumerate(old.chunks) if chunk.kind == b"data")
    early = sum(chunk.kind not in SOUND and chunk.kind != b"fmt " for chunk in old.chunks[:cut])
    return build(Container(b"WAVE", (head, *kept[:early], *sound, *kept[early:]), old.tail))


def renew(_original: bytes, encoded: bytes) -> bytes:
    """The newly `encoded` samples alone, and how they are coded."""
    return coded(encoded)


def _head(old: Container, new: Container) -> Chunk:
    """The original's `fmt ` where it says the same as the new one (it may also hold a channel mask)."""
    was, now = (next(chunk for chunk in form.chunks if chunk.kind == b"fmt ") for form in (old, new))
    # The fields after the tag: channels, rate, bytes a second, block size, bits.
    return was if was.body[2:16] == now.body[2:16] else now
