"""Speech from espeak-ng: Chinese and English voices through the C interface of its shared library.

espeak-ng keeps global state and is not thread-safe, so one `Speaker` a process speaks one text at a time.
The names of OpenAI's voices are mapped to timbres of espeak-ng; the language follows the script of the text
(Chinese characters: Mandarin, which reads Latin words as English; else American English).
"""

import ctypes
import io
import os
import re
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from sealmark.demo.upstream.errors import BadRequest, EngineFailed, MissingEngine

MODEL = "espeak-ng"
LONGEST_INPUT = 4096  # characters, as OpenAI's endpoint has it

# Each of OpenAI's names, and two plain ones, as a timbre of espeak-ng.
VOICES = {
    "alloy": "f2",
    "ash": "m3",
    "ballad": "m7",
    "cedar": "m1",
    "coral": "f3",
    "echo": "m2",
    "fable": "f4",
    "female": "f2",
    "male": "m3",
    "marin": "f1",
    "nova": "f1",
    "onyx": "m4",
    "sage": "f5",
    "shimmer": "f5",
    "verse": "m6",
}
FORMATS = {
    "wav": ("WAV", "PCM_16", "audio/wav"),
    "mp3": ("MP3", "MPEG_LAYER_III", "audio/mpeg"),
    "flac": ("FLAC", "PCM_16", "audio/flac"),
}

_WORDS_A_MINUTE = {"cmn": 150, "en-us": 165}
_SLOWEST, _FASTEST = 80, 450  # espeak-ng's own limits of espeakRATE
_LONGEST_DATA_PATH = 150  # espeak-ng keeps its data path in 160 bytes
_SILENT = 0.001
_RETRIEVAL, _RATE, _CHARACTERS, _UTF8 = 2, 1, 1, 1  # enumerators of speak_lib.h
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_RECEIVER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples in -1..1, one channel [frames], and their rate in hertz."""

    samples: NDArray[np.float32]
    rate: int

    def encode(self, form: str) -> bytes:
        """The sound as a file of one of `FORMATS`."""
        container, coding, _ = FORMATS[form]
        target = io.BytesIO()
        soundfile.write(target, self.samples, self.rate, format=container, subtype=coding)
        return target.getvalue()


class Speaker:
    """espeak-ng, loaded once; `speak` may be called from any thread and speaks one text at a time."""

    def __init__(self) -> None:
        self._library = _load()
        self._speaking = threading.Lock()
        self._heard: list[bytes] = []
        self._receiver = _RECEIVER(self._hear)  # kept: C holds only its address
        self.rate = self._library.espeak_Initialize(_RETRIEVAL, 0, _data_folder().encode(), 0)
        if self.rate <= 0:
            raise MissingEngine(package="espeakng-loader")
        self._library.espeak_SetSynthCallback(self._receiver)

    def speak(self, text: str, *, voice: str = "alloy", speed: float = 1.0) -> Sound:
        """The text as sound; `speed` 0.25 to 4 times the usual, within what espeak-ng can (80 to 450 words a minute).

        Raises `BadRequest` for an unusable text, voice or speed and `EngineFailed` where no sound came.
        """
        _check(text, voice, speed)
        language = "cmn" if _HAN.search(text) else "en-us"
        pace = min(max(round(_WORDS_A_MINUTE[language] * speed), _SLOWEST), _FASTEST)
        with self._speaking:
            self._heard.clear()
            self._say(text.replace("\0", " "), f"{language}+{VOICES[voice]}", pace)
            samples = np.frombuffer(b"".join(self._heard), np.int16).astype(np.float32) / np.float32(32768)
        if np.abs(samples).max(initial=0) < _SILENT:
            raise BadRequest(param="input", zh_reason="其中没有可以读出的内容", en_reason="nothing in it can be spoken")
        return Sound(samples, self.rate)

    def _say(self, text: str, voice: str, pace: int) -> None:
        spoken = text.encode("utf-8", "replace") + b"\0"
        steps = (
            lambda: self._library.espeak_SetVoiceByName(voice.encode()),
            lambda: self._library.espeak_SetParameter(_RATE, pace, 0),
            lambda: self._library.espeak_Synth(
                spoken, ctypes.c_size_t(len(spoken)), 0, _CHARACTERS, 0, _UTF8, None, None
            ),
            self._library.espeak_Synchronize,
        )
        if any(step() != 0 for step in steps):  # type: ignore[no-untyped-call]  # the wheel has no types
            raise EngineFailed(engine=MODEL)

    def _hear(self, samples: Any, count: int, _events: object) -> int:
        if samples and count > 0:
            self._heard.append(ctypes.string_at(samples, count * 2))
        return 0


def _check(text: str, voice: str, speed: float) -> None:
    if not text.strip() or len(text) > LONGEST_INPUT:
        raise BadRequest(
            param="input",
            zh_reason=f"须有 1 至 {LONGEST_INPUT} 个字符",
            en_reason=f"1 to {LONGEST_INPUT} characters are needed",
        )
    if voice not in VOICES:
        raise BadRequest(
            param="voice",
            zh_reason=f"可用的声音：{', '.join(sorted(VOICES))}",
            en_reason=f"the voices are {', '.join(sorted(VOICES))}",
        )
    if not 0.25 <= speed <= 4:
        raise BadRequest(param="speed", zh_reason="须在 0.25 与 4 之间", en_reason="it must lie between 0.25 and 4")


def _load() -> ctypes.CDLL:
    try:
        import espeakng_loader

        return ctypes.CDLL(str(espeakng_loader.get_library_path()))
    except (ImportError, OSError) as failure:
        raise MissingEngine(package="espeakng-loader") from failure


@cache
def _data_folder() -> str:
    """Where espeak-ng's voices lie; by a short link where the path is longer than espeak-ng can keep."""
    import espeakng_loader

    folder = str(espeakng_loader.get_data_path())
    if len(folder.encode()) <= _LONGEST_DATA_PATH:
        return folder
    link = os.path.join(tempfile.mkdtemp(prefix="espeak-"), "espeak-ng-data")
    os.symlink(folder, link)
    return link


@cache
def speaker() -> Speaker:
    """The one speaker of this process."""
    return Speaker()
