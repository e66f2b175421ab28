"""Sound: an announcement or the rhythm before it, after it, or both (GB 45438 5.3; Art. 17(2))."""

from dataclasses import replace

from sealmark.marks.explicit import audio as speaking
from sealmark.marks.explicit import hearing
from sealmark.marks.explicit.errors import UnusableSound
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import UNPERCEIVED, Asked, Shown, Surface
from sealmark.media import Format, Limits, audio
from sealmark.media.audio import Sound
from sealmark.media.errors import NotEncodable, TooManySamples
from sealmark.media.pieces import Buffer

# Frames × channels. Hearing happens beside other work, for whoever asks: this many decode to 40 MB, and are
# 3.5 minutes of mono at 48 kHz; without the bound a small file of hours would cost more than a gigabyte.
MOST_HEARD = 10_000_000

_TOO_LONG = LayerFinding(
    "not_checked",
    "音频过长，未检查可听标识；请截取开头和结尾的片段分别提交核验。",
    "The sound is too long, so audible marks were not checked; submit its beginning and its end separately.",
    whole=False,
)


def _mark(data: Buffer, _form: Format, asked: Asked) -> Shown:
    sound, chosen = audio.decode(bytes(data), asked.limits), asked.explicit
    samples = speaking.announce(
        sound.samples,
        sound.rate,
        form=chosen.form,
        position=chosen.position or "start",
        language=chosen.language,
    )
    return audio.encode(replace(sound, samples=samples, fresh=asked.fresh)), ()


def _plain(data: Buffer, _form: Format, asked: Asked) -> Shown:
    if not asked.fresh:
        return data, ()
    return audio.encode(replace(audio.decode(bytes(data), asked.limits), fresh=True)), ()


def _find(data: Buffer, form: Format, limits: Limits) -> LayerFinding:
    if form.mapped:
        return UNPERCEIVED
    try:
        sound = audio.decode(bytes(data), replace(limits, samples=min(limits.samples, MOST_HEARD)))
        return _heard(sound)
    except NotEncodable:
        return UNPERCEIVED
    except TooManySamples as error:
        if int(str(error.details["samples"])) > limits.samples:
            raise TooManySamples(samples=error.details["samples"], limit=limits.samples) from None
        return _TOO_LONG
    except UnusableSound as error:
        zh, en = error.details["zh_reason"], error.details["en_reason"]
        return LayerFinding("damaged", f"无法辨听这段声音：{zh}。", f"The sound cannot be listened to: {en}.")


def _heard(sound: Sound) -> LayerFinding:
    traces = [*hearing.find_voice(sound.samples, sound.rate), *hearing.find_rhythm(sound.samples, sound.rate)]
    if not traces:
        zh = "首尾没有听到本平台的语音提示或短长短短节奏；他人的语音提示尚不能识别。"
        en = "Neither our announcement nor the rhythm is heard; another's announcement is not recognised."
        return LayerFinding("none", zh, en)
    where = ", ".join(f"{trace.place} ({trace.start / sound.rate:.1f} s)" for trace in traces)
    zh, en = "声音带有可听的生成合成标识。", "The sound bears an audible mark of generation."
    return LayerFinding("found", zh, en, where)


SURFACE = Surface(_mark, _plain, _find)
