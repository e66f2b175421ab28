"""PDF: a plate with the wording on every page (GB 45438 5.1; Art. 17)."""

from sealmark.marks.explicit import lines, typeface
from sealmark.marks.explicit import pdf as paging
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits
from sealmark.media.pieces import Buffer


def _mark(data: Buffer, _form: Format, asked: Asked) -> Shown:
    typeface.check(asked.explicit.wording)
    whole = bytes(data)
    return whole + paging.mark(whole, asked.explicit.wording, asked.explicit.corner), ()


def _find(data: Buffer, _form: Format, _limits: Limits) -> LayerFinding:
    """What the first and the last page bear: a document of thousands is not read as a whole to be looked at."""
    return lines.finding(paging.find(bytes(data)))


SURFACE = Surface(_mark, find=_find)
