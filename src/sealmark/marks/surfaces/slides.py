"""Presentations of Office: a plate on the first slide (GB 45438 5.2, 5.6; Art. 17)."""

from sealmark.marks.explicit import slides
from sealmark.marks.surfaces import office

SURFACE = office.surface(lambda draft, asked: slides.mark(draft, asked.wording, asked.corner), slides.find)
