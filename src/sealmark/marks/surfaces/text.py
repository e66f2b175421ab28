"""Text: a written mark at its start, and besides in its middle or at its end (GB 45438 5.1; Art. 17(1))."""

from sealmark.marks.explicit import text as visible
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits
from sealmark.media.pieces import Buffer
from sealmark.media.text import markdown, text, text_wrapper


def _mark(data: Buffer, form: Format, asked: Asked) -> Shown:
    whole, credential = text_wrapper.parted(text.decode(bytes(data)))
    chosen = asked.explicit
    position = chosen.position or ("start_end" if form is markdown.FORMAT else "start")
    if form is not markdown.FORMAT:
        marked = visible.mark(whole, position=position, language=chosen.language)
        return (marked + credential).encode(), ()
    document = markdown.parse(whole)
    body = visible.mark(document.body, position=position, language=chosen.language)
    return (document.head + document.front + document.close + body + credential).encode(), ()


def _find(data: Buffer, _form: Format, _limits: Limits) -> LayerFinding:
    seen, _ = text_wrapper.parted(text.decode(text.uncut(bytes(data))))
    traces = visible.find(seen)
    if not traces:
        return LayerFinding(
            "none", "文本首尾和中间没有显式标识。", "No visible mark stands at start, middle or end of the text."
        )
    where = ", ".join(trace.place for trace in traces)
    return LayerFinding("found", "文本带有可见的生成合成标识。", "The text bears a visible mark of generation.", where)


SURFACE = Surface(_mark, find=_find)
