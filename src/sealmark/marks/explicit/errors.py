"""What an explicit mark cannot be made on; nothing is released without one (Art. 17)."""

from typing import ClassVar

from sealmark.errors import SealmarkError


class UnlawfulWording(SealmarkError):
    """A wording lacks the AI element or the generation element (GB 45438 5.1-5.6)."""

    code: ClassVar[str] = "marks.explicit.wording"
    status: ClassVar[int] = 422
    article: ClassVar[int | None] = 17
    zh: ClassVar[str] = "显式标识的文字须同时含有“AI”或“人工智能”，以及“生成”或“合成”。"
    en: ClassVar[str] = "The wording of a visible mark must hold both AI (or 人工智能) and 生成 (or 合成)."
    zh_next: ClassVar[str] = "请改用例如“AI生成”“人工智能生成”的文字。"
    en_next: ClassVar[str] = "Use for example AI生成 or 人工智能生成."


class UnprintableWording(SealmarkError):
    """A wording holds a character that the label font cannot draw."""

    code: ClassVar[str] = "marks.explicit.glyph"
    status: ClassVar[int] = 422
    article: ClassVar[int | None] = 17
    zh: ClassVar[str] = "标识字体不含这些字符：{characters}。"
    en: ClassVar[str] = "The label font has no glyph for: {characters}."
    zh_next: ClassVar[str] = "请改用其他文字，或用 tools/label_font.py 把这些字加进字体。"
    en_next: ClassVar[str] = "Choose another wording, or add the glyphs with tools/label_font.py."


class PictureTooSmall(SealmarkError):
    """A picture has no room for a legible mark (GB 45438 5.2)."""

    code: ClassVar[str] = "marks.explicit.picture_too_small"
    status: ClassVar[int] = 422
    article: ClassVar[int | None] = 17
    zh: ClassVar[str] = "图片为 {width}×{height} 像素，放不下清晰可辨的显式标识。"
    en: ClassVar[str] = "At {width}×{height} pixels the picture has no room for a legible visible mark."
    zh_next: ClassVar[str] = "请生成更大的图片(两边都不小于 48 像素即可)，或改用更短的标识文字。"
    en_next: ClassVar[str] = "Make a larger picture (48 pixels on both sides is enough), or use a shorter wording."


class UnknownPictureMode(SealmarkError):
    """A picture's pixels are of a kind on which no mark can be drawn with known contrast."""

    code: ClassVar[str] = "marks.explicit.picture_mode"
    status: ClassVar[int] = 422
    article: ClassVar[int | None] = 17
    zh: ClassVar[str] = "不支持在像素类型为 {mode} 的图片上绘制显式标识。"
    en: ClassVar[str] = "A visible mark cannot be drawn on pixels of kind {mode}."
    zh_next: ClassVar[str] = "请先转换为 RGB、灰度或 CMYK 图片。"
    en_next: ClassVar[str] = "Convert the picture to RGB, grey or CMYK first."


class UnknownPosition(SealmarkError):
    """A place for a mark that there is not (GB 45438 5.1, 5.3)."""

    code: ClassVar[str] = "marks.explicit.position"
    status: ClassVar[int] = 422
    article: ClassVar[int | None] = 17
    zh: ClassVar[str] = "没有名为 {position} 的标识位置。"
    en: ClassVar[str] = "There is no position {position} for a mark."
    zh_next: ClassVar[str] = "可用的位置：{available}。"
    en_next: ClassVar[str] = "Positions: {available}."


class UnusableSound(SealmarkError):
    """Samples or a rate to which no announcement can be added."""

    code: ClassVar[str] = "marks.explicit.sound"
    status: ClassVar[int] = 422
    article: ClassVar[int | None] = 17
    zh: ClassVar[str] = "音频无法加上语音或节奏标识：{zh_reason}。"
    en: ClassVar[str] = "No spoken or rhythmic mark can be added to this sound: {en_reason}."
    zh_next: ClassVar[str] = "请提供采样率 8 至 192 kHz、数值有限的 [帧, 声道] 采样。"
    en_next: ClassVar[str] = "Give finite samples of shape [frames, channels] at 8 to 192 kHz."


class NothingToMark(SealmarkError):
    """A document without the page, sheet or slide that would bear the mark, or without room for it there."""

    code: ClassVar[str] = "marks.explicit.nothing_to_mark"
    status: ClassVar[int] = 422
    article: ClassVar[int | None] = 17
    zh: ClassVar[str] = "这份 {format} 文档无处放置显式标识：{zh_reason}。"
    en: ClassVar[str] = "This {format} document has no place for a visible mark: {en_reason}."
    zh_next: ClassVar[str] = "请提交至少有一页内容的文档，或改用更短的标识文字。"
    en_next: ClassVar[str] = "Submit a document that has at least one page, or use a shorter wording."


class WordingTooLong(SealmarkError):
    """A wording that no label board holds in one line beside the scene that it marks (GB 45438 5.5)."""

    code: ClassVar[str] = "marks.explicit.wording_too_long"
    status: ClassVar[int] = 422
    article: ClassVar[int | None] = 17
    zh: ClassVar[str] = "标识文字“{wording}”过长，虚拟场景的标识牌放不下。"
    en: ClassVar[str] = "The wording {wording} is too long for the label board of a scene."
    zh_next: ClassVar[str] = "请改用例如“AI生成”“本内容由AI生成”的较短文字。"
    en_next: ClassVar[str] = "Use a shorter one, for example AI生成 or 本内容由AI生成."


class UnmeasuredScene(SealmarkError):
    """A scene whose extent stands in other files, so that no board can be set up where it is seen (GB 45438 5.5)."""

    code: ClassVar[str] = "marks.explicit.unmeasured_scene"
    status: ClassVar[int] = 422
    article: ClassVar[int | None] = 17
    zh: ClassVar[str] = "无法量出这个场景的大小({zh_reason})，因此不能在看得见的位置放置标识牌。"
    en: ClassVar[str] = "The scene cannot be measured ({en_reason}), so no label board can be placed where it is seen."
    zh_next: ClassVar[str] = "请先合并为一层(例如 usdcat --flatten)，或在根节点写入 extentsHint 后提交。"
    en_next: ClassVar[str] = "Flatten it into one layer (usdcat --flatten), or state extentsHint at its root."
