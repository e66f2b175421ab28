"""What an item is: its format, its samples, and limits on what a hostile one may ask of us.

Importing this package is cheap; `image` and `audio` bring the decoders in when pixels or samples are needed.
"""

from sealmark.media.errors import MediaError
from sealmark.media.format import Format, Medium
from sealmark.media.limits import STANDARD, Limits
from sealmark.media.registry import FORMATS, by_name, recognise, sniff
from sealmark.media.source import Source, opened, read

__all__ = [
    "FORMATS",
    "STANDARD",
    "Format",
    "Limits",
    "MediaError",
    "Medium",
    "Source",
    "by_name",
    "opened",
    "read",
    "recognise",
    "sniff",
]
