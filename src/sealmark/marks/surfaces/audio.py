"""Sound: an announcement or the rhythm before it, in its middle, after it, or several (GB 45438 5.3; Art. 17(2))."""

from dataclasses import replace

from sealmark.marks.explicit import audio as speaking
from sealmark.marks.explicit import hearing
from sealmark.marks.explicit.errors import UnusableSound
from sealmark.marks.finding import LayerFinding, Whereabouts
from sealmark.marks.surfaces.surface import UNPERCEIVED, Asked, Shown, Surface
from sealmark.media import Format, Limits, samples
from sealmark.media.errors import NotEncodable, TooManySamples
from sealmark.media.pieces import Buffer
from sealmark.media.samples import Reading

# Frames × channels of all stretches. Hearing happens beside other work, for whoever asks: this many decode to 40 MB,
# and are what is listened to of stereo at 192 kHz; no sound is too long for it, but one may have too many channels.
MOST_HEARD = 10_000_000

_TOO_MANY = LayerFinding(
    "not_checked",
    "音频的声道过多或采样率过高，未检查可听标识；请混合为立体声后提交核验。",
    "The sound has too many channels or too high a rate, so audible marks were not checked; submit it as stereo.",
    whole=False,
)


def _mark(data: Buffer, _form: Format, asked: Asked) -> Shown:
    sound, chosen = samples.decode(data, asked.limits), asked.explicit
    speaking.check(sound.samples, sound.rate)
    spoken = speaking.announce(
        sound.samples,
        sound.rate,
        form=chosen.form,
        position=chosen.position or "start",
        language=chosen.language,
        spared=hearing.borne(sound.samples, sound.rate),
    )
    if spoken is sound.samples and not asked.fresh:
        return data, ()
    return samples.encode(replace(sound, samples=spoken, fresh=asked.fresh)), ()


def _plain(data: Buffer, _form: Format, asked: Asked) -> Shown:
    if not asked.fresh:
        return data, ()
    return samples.encode(replace(samples.decode(data, asked.limits), fresh=True)), ()


def _find(data: Buffer, _form: Format, limits: Limits) -> LayerFinding:
    try:
        with samples.reading(data) as sound:
            return _heard(sound, limits)
    except NotEncodable:
        return UNPERCEIVED
    except UnusableSound as error:
        zh, en = error.details["zh_reason"], error.details["en_reason"]
        return LayerFinding("damaged", f"无法辨听这段声音：{zh}。", f"The sound cannot be listened to: {en}.")


def _heard(sound: Reading, limits: Limits) -> LayerFinding:
    speaking.check_rate(sound.rate)
    frames = sum(one.stop - one.start for one in hearing.stretches(sound.frames, sound.rate))
    samples = min(sound.frames, frames) * sound.channels
    if samples > limits.samples:
        raise TooManySamples(samples=samples, limit=limits.samples)
    if samples > MOST_HEARD:
        return _TOO_MANY
    traces = hearing.find(sound.read, sound.frames, sound.rate)
    if not traces:
        zh = "首尾和中间没有听到本平台的语音提示或短长短短节奏；他人的语音提示尚不能识别。"
        en = "Neither our announcement nor the rhythm is heard; another's announcement is not recognised."
        return LayerFinding("none", zh, en)
    where = ", ".join(f"{trace.place} ({trace.start / sound.rate:.1f} s)" for trace in traces)
    zh, en = "声音带有可听的生成合成标识。", "The sound bears an audible mark of generation."
    stretches = tuple((trace.start / sound.frames, trace.end / sound.frames) for trace in traces)
    seconds = sound.frames / sound.rate
    return LayerFinding("found", zh, en, where, where=Whereabouts(stretches=stretches, seconds=seconds))


SURFACE = Surface(_mark, _plain, _find)
