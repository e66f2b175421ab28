"""OFD: a plate with the wording on every page (GB 45438 5.1; Art. 17)."""

from sealmark.marks.explicit import lines, typeface
from sealmark.marks.explicit import ofd as paging
from sealmark.marks.finding import LayerFinding
from sealmark.marks.surfaces.surface import Asked, Shown, Surface
from sealmark.media import Format, Limits, pieces
from sealmark.media.containers import package
from sealmark.media.document import ofd
from sealmark.media.pieces import Buffer


def _mark(data: Buffer, _form: Format, asked: Asked) -> Shown:
    typeface.check(asked.explicit.wording)
    whole = package.parse(bytes(data), ofd.NAME)
    changes = paging.mark(whole, asked.explicit.wording, asked.explicit.corner)
    return (pieces.joined(data, whole.edited(changes)) if changes else data), ()


def _find(data: Buffer, _form: Format, _limits: Limits) -> LayerFinding:
    left, damage = package.remains(bytes(data), ofd.NAME)
    return lines.finding(paging.find(left), damage)


SURFACE = Surface(_mark, find=_find)
