"""What an input is given to, and what may come of it: an outcome, or one of our own errors, within time and memory."""

import dataclasses
import mmap
import resource
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sealmark import media
from sealmark.errors import SealmarkError
from sealmark.marks import marker, metadata, security
from sealmark.marks.errors import NotReadable
from sealmark.marks.keys import KnownKeys, PublicKey, SigningKey
from sealmark.marks.label import Label
from sealmark.marks.marker import Options
from sealmark.marks.metadata import xmp
from sealmark.marks.verifier import verify

LABEL = Label.first("001191000000REHEAR5ALG1DEMO", "R00000000F00D")
MOST_SECONDS, MOST_MEMORY = 2.0, 300 * 2**20  # CPU, and bytes above what the process held before
_GIVEN_UP = 5  # seconds of CPU after which a run is ended

Outcome = tuple[object, ...]
Target = Callable[[bytes], Outcome]


class BrokenLaw(AssertionError):
    """An input that a law does not hold for."""


class Hung(BaseException):
    """A run was ended by the clock: not an `Exception`, so that no parser swallows it."""


def _named(error: SealmarkError) -> Outcome:
    """Which error with which reason: what tells one outcome from another."""
    error.text("zh")
    error.text("en")
    return type(error).__name__, error.details.get("en_reason"), error.details.get("place")


def _attempt(call: Callable[[], Any]) -> Outcome:
    try:
        return ("ok", _shape(call()))
    except NotReadable as error:
        raise BrokenLaw("what was written does not read back") from error
    except SealmarkError as error:
        return _named(error)


def _shape(result: Any) -> object:
    """What of a result tells one outcome from another."""
    if isinstance(result, metadata.Remains):
        return _places(result.places), tuple(map(_named, result.damages)), bool(result.tail)
    if isinstance(result, list):
        return _places(result)
    if isinstance(result, marker.Marked):
        return result.format.name, tuple(note.code for note in result.warnings), result.previous is not None
    return result if isinstance(result, str | tuple | bool) else None


def _places(places: Any) -> Outcome:
    return tuple((one.place, one.main, one.label is None) for one in places)


def _verdict(data: bytes) -> object:
    said = verify(data)
    said.as_dict()
    return said.tier, said.format.name, said.layers["explicit"].state, said.signature, said.whole


def _of_format(form: media.Format) -> Target:
    def run(data: bytes) -> Outcome:
        outcomes = [_attempt(lambda: media.sniff(data).name), _attempt(lambda: _verdict(data))]
        if metadata.carries(form):
            outcomes += _carried(data, form)
        return tuple(outcomes)

    return run


def _carried(data: bytes, form: media.Format) -> Iterator[Outcome]:
    """The carrier of a format, whatever the input is; a file that can be marked holds one label then."""
    left = _attempt(lambda: metadata.remains(data, form))
    if form.mapped and data:
        with mmap.mmap(-1, len(data)) as held:
            held.write(data)
            if _attempt(lambda: metadata.remains(held, form)) != left:
                raise BrokenLaw("a map reads otherwise than bytes")
    yield left
    yield _attempt(lambda: metadata.read(data, form))
    yield _attempt(lambda: _written(data, form))
    yield _attempt(lambda: _marked(data))


def _written(data: bytes, form: media.Format) -> str:
    """A second writing changes nothing: the label is the only one (GB 45438 6.1 c)."""
    once = metadata.write(data, LABEL, form)
    found = [(one.label, one.main) for one in metadata.read(once, form)]
    return "read back" if found == [(LABEL, True)] else "refused"


def _marked(data: bytes) -> marker.Marked:
    return marker.mark_bytes(data, LABEL, Options(("metadata",), own_edit=True))


def _shown(data: bytes) -> Outcome:
    """An item of whatever kind with its explicit mark: decoders, surfaces and encoders."""
    return (_attempt(lambda: marker.mark_bytes(data, LABEL, Options(own_edit=True, fresh=True))),)


def _label(data: bytes) -> Outcome:
    def run() -> tuple[str, ...]:
        label = Label.parse(data.decode("utf-8", "surrogateescape"))
        if label != Label.parse(label.inner()) or label != Label.parse(label.wrapped()):
            raise BrokenLaw("a label that reads is not the one that is written")
        return tuple(note.code for note in label.warnings())

    return (_attempt(run),)


def _security(data: bytes) -> Outcome:
    label = dataclasses.replace(LABEL, produce_id="A1", propagate_id="A1")
    object.__setattr__(label, "reserved_code1", data.decode("utf-8", "replace"))
    known = KnownKeys({LABEL.content_producer: (SigningKey.of(0x5EA1).public_key,)})
    return security.examine(label, KnownKeys()).outcome, security.examine(label, known).outcome


def _key(data: bytes) -> Outcome:
    words = data.decode("utf-8", "replace")
    return _attempt(lambda: PublicKey.parse(words).hex()[:2]), _attempt(lambda: SigningKey.from_pem(words).pem()[:9])


def _xmp(data: bytes) -> Outcome:
    read = _attempt(lambda: list(xmp.read(data, "xmp")))
    return read, _attempt(lambda: _rewritten(data)), _attempt(lambda: len(xmp.without(data, "xmp")) > 0)


def _rewritten(packet: bytes) -> str:
    found = [one.label for one in xmp.read(xmp.write(packet, LABEL, "xmp"), "xmp")]
    if found != [LABEL]:
        raise BrokenLaw("a packet that was written does not hold the one label")
    return "read back"


OTHERS: Mapping[str, Target] = {"label": _label, "security": _security, "key": _key, "xmp": _xmp}


def target(form: str, *, shown: bool = False) -> Target:
    """What inputs of a folder of the corpus are given to; `shown` marks them where they are seen or heard as well."""
    if form in OTHERS:
        return OTHERS[form]
    return _shown if shown else _of_format(media.by_name(form))


def judged(run: Target, data: bytes, given_up: float = _GIVEN_UP) -> Outcome:
    """The outcome, once the laws of time and memory are seen to hold; raises `BrokenLaw` or what the parser raised.

    A run is ended after `given_up` seconds of CPU.
    """
    held, before = _high_water(), time.process_time()
    with _ended_after(given_up):
        outcome = run(data)
    spent, grown = time.process_time() - before, _peak() - held
    if spent > MOST_SECONDS:
        raise BrokenLaw(f"{spent:.1f} seconds of CPU")
    if grown > MOST_MEMORY:
        raise BrokenLaw(f"{grown >> 20} MiB of memory")
    return outcome


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    def end(_number: int, _frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    except Hung:
        raise BrokenLaw(f"more than {seconds} seconds of CPU") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _high_water() -> int:
    """What the process holds now, in bytes, with the high-water mark set back to it (proc(5), clear_refs)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # no such file system: the mark of the whole process's life bounds from above
        return _peak()
    return _kept("VmRSS:")


def _peak() -> int:
    return _kept("VmHWM:") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _kept(name: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)
