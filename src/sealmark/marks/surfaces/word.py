"""Text documents of Office: a line in every header (GB 45438 5.1; Art. 17)."""

from sealmark.marks.explicit import word
from sealmark.marks.surfaces import office

SURFACE = office.surface(
    lambda draft, asked: word.mark(draft, asked.wording, asked.corner.rpartition("_")[2]), word.find
)
