"""Workbooks of Office: a box on the first sheet and a line on its printed pages (GB 45438 5.1; Art. 17)."""

from sealmark.marks.explicit import sheet
from sealmark.marks.surfaces import office

SURFACE = office.surface(
    lambda draft, asked: sheet.mark(draft, asked.wording, asked.corner.rpartition("_")[2]), sheet.find
)
