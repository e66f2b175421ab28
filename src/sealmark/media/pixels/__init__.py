"""Pictures: decode to pixels under limits, encode back among the original's metadata."""

from sealmark.media.pixels.moving import Motion
from sealmark.media.pixels.picture import Picture
from sealmark.media.pixels.still import check_size, decode, encode, is_moving, is_see_through

__all__ = ["Motion", "Picture", "check_size", "decode", "encode", "is_moving", "is_see_through"]
