"""What can be wrong with an item itself, before anyone looks at what it says."""

from typing import TypeVar

from sealmark.errors import SealmarkError

Container = TypeVar("Container")


class MediaError(SealmarkError):
    """The item cannot be used; the subclasses say why."""

    code = "media.unusable"
    status = 422
    zh = "这份内容无法使用。"
    en = "This item cannot be used."
    zh_next = "请检查文件后重新提交。"
    en_next = "Check the file and submit it again."


class EmptyItem(MediaError):
    """There are no bytes at all."""

    code = "media.empty"
    zh = "收到的内容长度为零。"
    en = "The item has no bytes."
    zh_next = "请提交一份有内容的文件。"
    en_next = "Submit a file that has content."


class UnreadableSource(MediaError):
    """A path leads to nothing that can be read as a file."""

    code = "media.unreadable_source"
    status = 404
    zh = "指定的文件不存在或无法读取。"
    en = "The file does not exist or cannot be read."
    zh_next = "请检查路径与读取权限。"
    en_next = "Check the path and the permission to read it."


class UnknownFormat(MediaError):
    """No format that Sealmark knows begins like this."""

    code = "media.unknown_format"
    status = 415
    zh = "无法识别这份内容的格式。"
    en = "The format of this item is not one that Sealmark knows."
    zh_next = "支持的格式：{supported}。请转换为其中之一。"
    en_next = "Supported formats: {supported}. Convert it to one of them."


class LyingFormat(MediaError):
    """The name or media type says one format and the bytes are another."""

    code = "media.lying_format"
    status = 415
    zh = "文件声明的格式是 {declared}，实际内容{zh_reason}。"
    en = "The file is declared as {declared}, but its content {en_reason}."
    zh_next = "请改正扩展名或媒体类型后重新提交。"
    en_next = "Correct the extension or the media type and submit it again."


class NotUtf8(MediaError):
    """Text in another encoding than UTF-8."""

    code = "media.not_utf8"
    status = 415
    zh = "文本不是 UTF-8 编码。"
    en = "The text is not encoded as UTF-8."
    zh_next = "请另存为 UTF-8 后重新提交。"
    en_next = "Save it as UTF-8 and submit it again."


class Damaged(MediaError):
    """Truncated, or its structure contradicts itself; the reason names the place."""

    code = "media.damaged"
    zh = "{format} 文件已损坏或被截断({zh_reason})。"
    en = "The {format} file is damaged or truncated ({en_reason})."
    zh_next = "请重新导出或重新下载完整的文件。"
    en_next = "Export or download the complete file again."


def intact(read: "tuple[Container, MediaError | None]") -> "Container":
    """What was read of a file that is whole; raises what is wrong with one that is not."""
    container, damage = read
    if damage is not None:
        raise damage
    return container


class MetadataOverLimit(MediaError):
    """Metadata that unfolds to more than any honest one, or is repeated without end: it is not read."""

    code = "media.metadata_over_limit"
    status = 413
    zh = "文件中 {place} 处的元数据超过上限({zh_reason})，未予读取；其中可能有标识。"
    en = "The metadata at {place} is over the limit ({en_reason}) and was not read, so a mark may be there."
    zh_next = "请向来源索取原文件，或精简该处元数据后重新提交。"
    en_next = "Get the original file from where it came from, or shorten that metadata and submit it again."


class TooLarge(MediaError):
    """More bytes than the limit."""

    code = "media.too_large"
    status = 413
    zh = "内容超过大小上限 {limit} 字节。"
    en = "The item is larger than the limit of {limit} bytes."
    zh_next = "请缩小文件，或请服务管理员调整上限。"
    en_next = "Make the file smaller, or ask the operator to raise the limit."


class TooManyPixels(MediaError):
    """An image whose header announces more pixels than the limit: possibly a decompression bomb."""

    code = "media.too_many_pixels"
    status = 413
    zh = "图像为 {width}×{height} 像素，超过上限 {limit} 像素，未予解码。"
    en = "The image has {width}×{height} pixels, over the limit of {limit}; it was not decoded."
    zh_next = "请缩小图像后重新提交。"
    en_next = "Scale the image down and submit it again."


class TooManyFrames(TooManyPixels):
    """A moving picture or a document of pages that has more pixels than the limit in all."""

    code = "media.too_many_frames"
    zh = "图像有 {frames} 帧或页，每帧约 {width}×{height} 像素，合计超过上限 {limit} 像素，未予解码。"
    en = "The image has {frames} frames or pages of {width}×{height} pixels, in all over the limit of {limit}."
    zh_next = "请缩小图像或减少帧数后重新提交。"
    en_next = "Scale the image down or take frames out, and submit it again."


class TooManySamples(MediaError):
    """Audio whose header announces more samples than the limit."""

    code = "media.too_many_samples"
    status = 413
    zh = "音频共 {samples} 个采样，超过上限 {limit}，未予解码。"
    en = "The audio has {samples} samples, over the limit of {limit}; it was not decoded."
    zh_next = "请分段提交较短的音频。"
    en_next = "Submit the audio in shorter parts."


class MovingImage(MediaError):
    """A moving picture where a still one is needed, or whose frames cannot be written again."""

    code = "media.moving_image"
    status = 415
    zh = "这是动态 {format} 图像；无法在这种格式的每一帧上添加显式标识。"
    en = "This {format} image is animated; an explicit mark cannot be drawn on each frame of this format."
    zh_next = "请提交静态图像，或转换为视频格式。"
    en_next = "Submit a still image, or convert it to a video format."


class NotEncodable(MediaError):
    """The samples cannot be written in the wanted format."""

    code = "media.not_encodable"
    zh = "处理后的内容无法写回 {format} 格式。"
    en = "The processed content cannot be written back as {format}."
    zh_next = "请换用其他格式提交。"
    en_next = "Submit it in another format."


class NotWritable(MediaError):
    """A result cannot be written where it should go."""

    code = "media.not_writable"
    status = 507
    zh = "无法写入 {path}（{zh_reason}）。"
    en = "{path} cannot be written ({en_reason})."
    zh_next = "请检查目录、权限与磁盘空间。"
    en_next = "Check the folder, its permissions and the space on the disk."


class NeedsExtra(MediaError):
    """A format whose library is not installed."""

    code = "media.needs_extra"
    status = 501
    zh = "处理这种格式需要可选组件 {extra}。"
    en = "This format needs the extra {extra}, which is not installed."
    zh_next = '请安装：pip install "sealmark[{extra}]"。'
    en_next = 'Install it: pip install "sealmark[{extra}]".'


class EncryptedArchive(MediaError):
    """A ZIP archive whose entries, or whose description, are encrypted."""

    code = "media.encrypted_archive"
    zh = "{format} 文件已加密，无法读取其中的元数据，也无法写入标识。"
    en = "The {format} file is encrypted; its metadata cannot be read and no mark can be written."
    zh_next = "请解除加密后重新提交。"
    en_next = "Submit it without encryption."


class ProtectedOffice(MediaError):
    """A Word, Excel or PowerPoint document behind a password: an OLE file with an encrypted package in it."""

    code = "media.protected_office"
    status = 415
    zh = "这是用密码加密的 Office 文档（OLE 容器中的加密包），无法读取或写入标识。"
    en = "This is an Office document encrypted with a password, in an OLE file; no mark can be read or written."
    zh_next = "请在 Office 中取消打开密码后重新提交。"
    en_next = "Take the password to open off in Office and submit it again."


class LegacyOffice(MediaError):
    """An OLE compound file: Office 97 to 2003, or another program of that time."""

    code = "media.legacy_office"
    status = 415
    zh = "这是 OLE 复合文档（如 Office 97-2003 的 doc、xls、ppt），不是现行的 Office 格式。"
    en = "This is an OLE compound file (such as doc, xls or ppt of Office 97-2003), not a present Office format."
    zh_next = "请另存为 docx、xlsx 或 pptx 后重新提交。"
    en_next = "Save it as docx, xlsx or pptx and submit it again."


class SeveralStreams(MediaError):
    """A container with several streams one after another or side by side, of which each would need its own label."""

    code = "media.several_streams"
    status = 415
    zh = "这份 {format} 文件含有多个串接或复用的流，无法只带一个标识。"
    en = "This {format} file holds several chained or multiplexed streams, which one label cannot cover."
    zh_next = "请拆分为每份只有一个流的文件后分别提交。"
    en_next = "Split it into files of one stream each and submit them one by one."


class Immovable(MediaError):
    """A layout whose inner positions cannot be moved: nothing can be written into it without breaking it."""

    code = "media.immovable"
    status = 415
    zh = "{format} 文件的内部布局不允许改写({zh_reason})，文件未作改动。"
    en = "The layout of this {format} file cannot be rewritten ({en_reason}); the file was not changed."
    zh_next = "请用常用工具重新封装（不重新编码）后再提交。"
    en_next = "Remux the file with a common tool (without encoding it again) and submit it again."


class Encrypted(MediaError):
    """A file whose content only a password or a key opens: what would be added had to be encrypted as well."""

    code = "media.encrypted"
    zh = "这份 {format} 文件已加密，无法在其中写入或读取标识。"
    en = "This {format} file is encrypted; no mark can be written to it or read from it."
    zh_next = "请解除加密(另存为不加密的文件)后重新提交。"
    en_next = "Save it without encryption and submit it again."
