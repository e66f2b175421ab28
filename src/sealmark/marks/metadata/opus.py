"""Opus in Ogg: Vorbis comment `AIGC` in the packet OpusTags (guide 202510A; RFC 7845 5.2)."""

from sealmark.marks.metadata import ogg
from sealmark.marks.metadata.found import Carrier

CARRIER = Carrier("opus", ogg.remains, ogg.edit)
