"""What every surface is: how the explicit mark is put on a format, and how it is found there again."""

from collections.abc import Callable
from dataclasses import dataclass

from sealmark.marks.explicit.options import ExplicitOptions
from sealmark.marks.finding import LayerFinding
from sealmark.marks.note import Note
from sealmark.media import Format, Limits
from sealmark.media.pieces import Buffer

UNPERCEIVED = LayerFinding(
    "not_checked", "尚不能自动识别这种媒体的显式标识。", "Explicit marks of this medium are not detected yet."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a surface.

    `fresh`: nothing of the item's container is kept but the content itself and what showing it needs. `own`: the item
    bears no label of another, so that its content may be changed for more than the mark.
    """

    explicit: ExplicitOptions
    limits: Limits
    fresh: bool
    own: bool


Shown = tuple[Buffer, tuple[Note, ...]]


def _as_it_is(data: Buffer, _form: Format, _asked: Asked) -> Shown:
    return data, ()


def _unseen(_data: Buffer, _form: Format, _limits: Limits) -> LayerFinding:
    return UNPERCEIVED


@dataclass(frozen=True, slots=True)
class Surface:
    """How a format bears its explicit mark (Art. 17; GB 45438 chapter 5).

    `mark` puts it there, and `plain` gives the item without one, made anew where that was asked; both give bytes or
    a map, with what the marking cost, and raise errors of `media` and of `marks.explicit`. `find` says whether a mark
    is there, of bytes or of a map that is never read as a whole; it raises errors of `media`.
    """

    mark: Callable[[Buffer, Format, Asked], Shown]
    plain: Callable[[Buffer, Format, Asked], Shown] = _as_it_is
    find: Callable[[Buffer, Format, Limits], LayerFinding] = _unseen
