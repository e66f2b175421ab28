"""Make the label font: the few glyphs that the visible mark on pictures needs, cut out of Noto Sans CJK SC Bold.

Needs fontTools (a tool's need, no dependency of the product) and the collection that Debian ships as
`fonts-noto-cjk`:

    python tools/label_font.py NotoSansCJK-Bold.ttc src/sealmark/marks/explicit/data/SealmarkLabel.otf

The source is under the SIL Open Font License 1.1; the cut keeps that licence and its copyright line, and takes a
name of its own, since a modified version must not carry the original's.
"""

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-not-found]  # installed only where the font is made
from fontTools.ttLib import TTFont  # type: ignore[import-not-found]  # the same

FAMILY = "Sealmark Label"
SIMPLIFIED_CHINESE = 2  # the face's number in the collection: JP, KR, SC, TC, HK
CHARACTERS = (
    "".join(map(chr, range(0x20, 0x7F)))
    + "本此内容图像片画面音频视文字场景虚拟作品由为系人工智能技术大模型辅助生成合的深度"
    + "·•|-–—【】「」()[]《》,。:;!?"
)
NAMES = {1: FAMILY, 2: "Bold", 3: f"{FAMILY} Bold; subset 1", 4: f"{FAMILY} Bold", 6: "SealmarkLabel-Bold"}


def cut(source: Path, target: Path) -> None:
    """Write the subset of `source` to `target`, renamed."""
    font = TTFont(source, fontNumber=SIMPLIFIED_CHINESE)
    options = subset.Options(layout_features=["kern"], name_IDs=[0, 7, 13, 14], hinting=True, notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text=CHARACTERS)
    cutter.subset(font)
    for number, text in NAMES.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    rename_outlines(font)
    font.save(target)


def rename_outlines(font: TTFont) -> None:
    """Carry the new name into the outline table, which keeps its own."""
    outlines = font["CFF "].cff
    outlines.fontNames = [NAMES[6]]
    top = outlines[0]
    top.FullName, top.FamilyName = NAMES[4], FAMILY


if __name__ == "__main__":
    cut(Path(sys.argv[1]), Path(sys.argv[2]))
