"""What an item is: its format, its samples, and limits on what a hostile one may ask of us.

A folder for each medium (`text`, `image`, `audio`, `video`, `document`, `scene`) holds the formats that it comes in,
`containers` what several of them are written in. `pixels`, `samples` and `frames` decode and encode; importing this
package brings none of them in.
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
