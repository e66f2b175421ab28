"""The codings of sound that we decode and encode, by the names of their formats. Another one is a line here."""

import io
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sealmark.media.audio import flac, mp3, ogg, wav
from sealmark.media.errors import NotEncodable
from sealmark.media.format import Format
from sealmark.media.pieces import Buffer, reader
from sealmark.media.samples import movie, sndfile
from sealmark.media.samples.sound import Reading, Sound
from sealmark.media.samples.vorbis import opus_level, vorbis_level

# The range of bit rates in kbit/s of each generation of layer III, by the lowest sample rate of it.
_RANGES = ((32000, 32, 320), (16000, 8, 160), (0, 8, 64))
_LOUDEST_LEVEL = 0.99  # libsndfile takes no level of 1 for MP3


@dataclass(frozen=True, slots=True)
class Codec:
    """`reading` gives the decoder the sound alone, so that no parser but ours sees a hostile metadata block."""

    reading: Callable[[Buffer], AbstractContextManager[Reading]]
    encode: Callable[[Sound], bytes]


def codec_of(form: Format) -> Codec:
    """How sound of a format is coded; raises `NotEncodable` where we do not know."""
    try:
        return _CODECS[form.name]
    except KeyError:
        raise NotEncodable(format=form.name) from None


def _read_wav(data: Buffer) -> AbstractContextManager[Reading]:
    return sndfile.reading(io.BytesIO(wav.coded(bytes(data))))


def _wav(sound: Sound) -> bytes:
    join = wav.renew if sound.fresh else wav.splice
    return join(bytes(sound.source), sndfile.written(sound, "WAV"))


def _read_mp3(data: Buffer) -> AbstractContextManager[Reading]:
    return sndfile.reading(io.BytesIO(mp3.coded(bytes(data))))


def _mp3(sound: Sound) -> bytes:
    source = bytes(sound.source)
    lowest, highest = next((low, high) for rate, low, high in _RANGES if sound.rate >= rate)
    # The encoder takes a level between 0 (highest bit rate) and 1 (lowest), linear in between.
    level = min(max((highest - mp3.bitrate(source)) / (highest - lowest), 0.0), _LOUDEST_LEVEL)
    encoded = sndfile.written(sound, "MP3", bitrate_mode="CONSTANT", compression_level=level)
    return (mp3.renew if sound.fresh else mp3.splice)(source, encoded)


def _read_flac(data: Buffer) -> AbstractContextManager[Reading]:
    if flac.depth(data) not in flac.DEPTHS:
        raise NotEncodable(format=f"FLAC {flac.depth(data)} bit")
    return sndfile.reading(reader(data, flac.coded(data)))


def _flac(sound: Sound) -> bytes:
    encoded = sndfile.written(sound, "FLAC")
    return flac.renew(encoded) if sound.fresh else flac.splice(sound.source, encoded)


def _read_ogg(data: Buffer) -> AbstractContextManager[Reading]:
    container = ogg.parse(data)
    if container.codec not in ogg.ENCODED:
        raise NotEncodable(format=f"Ogg {container.codec.name}")
    return sndfile.reading(reader(data, ogg.coded(data, container)))


def _ogg(sound: Sound) -> bytes:
    level = vorbis_level(sound) if sound.subtype == "VORBIS" else opus_level(sound)
    encoded = sndfile.written(sound, "OGG", compression_level=level)
    return ogg.renew(encoded) if sound.fresh else ogg.splice(sound.source, encoded)


_CODECS: Mapping[str, Codec] = {
    "wav": Codec(_read_wav, _wav),
    "mp3": Codec(_read_mp3, _mp3),
    "flac": Codec(_read_flac, _flac),
    "ogg": Codec(_read_ogg, _ogg),
    "opus": Codec(_read_ogg, _ogg),
    **dict.fromkeys(("m4a", "mp4", "mov"), Codec(movie.reading, movie.encoded)),  # sound may bear a film's brand
}
