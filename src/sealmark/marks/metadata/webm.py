"""WebM: Matroska with another DocType, and the same tags (guide 20257A)."""

from sealmark.marks.metadata import mkv
from sealmark.marks.metadata.found import Carrier

CARRIER = Carrier("webm", mkv.remains, mkv.edit)
