"""Something that a person should know about an item that was marked or verified all the same."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """A warning with a stable code and a sentence in Chinese and English."""

    code: str
    zh: str
    en: str

    def __str__(self) -> str:
        return self.en

    def as_dict(self) -> dict[str, str]:
        """The note as JSON-ready values."""
        return {"code": self.code, "zh": self.zh, "en": self.en}


REHEARSAL = Note(
    "marks.rehearsal",
    "演练：未提供标识元素，因此写入了虚构的服务提供者编码和随机内容编号；它不在任何账本中。",
    "rehearsal: no label was given, so the item carries an invented provider code and a random production number; "
    "it is in no ledger",
)
PASSED_ON = Note(
    "marks.passed_on",
    "该内容已带有他人的标识：生产者字段保持不变，只写入了传播者字段。",
    "the item carried a label of another: its producer's fields stay and only the propagator's were written",
)
SEVERAL = Note(
    "marks.several_labels",
    "该内容带有多个标识;GB 45438 6.1 c) 只允许一个，以主位置的第一个为准。",
    "the item carries more than one label; GB 45438 6.1 c) allows one, and the main channel's first counts",
)
CONTRADICTION = Note(
    "marks.contradicting_labels",
    "该内容的多个标识互相矛盾；以主位置的第一个为准。",
    "the item's labels contradict each other; the main channel's first counts",
)
SHALLOWER = Note(
    "marks.reduced_depth",
    "绘制可见标识时，超过八位的像素已降为八位。",
    "samples of more than eight bits were reduced to eight when the visible mark was drawn",
)
UNHIDDEN = Note(
    "marks.hidden_pixels_cleared",
    "图像完全透明处藏有看不见的颜色，已清除。",
    "colours that nobody could see stood under the picture's full transparency; they were cleared",
)
UNCHECKED = Note(
    "marks.security_unchecked",
    "标识中的安全防护数据未经核验。",
    "the security data in the label was not checked",
)
SIGNATURE_INVALID = Note(
    "marks.signature_invalid",
    "标识的签名不成立，因此不以该标识认定“属于”，只作为痕迹。",
    "the label's signature does not hold, so the label does not count as saying so, but as a trace",
)
SIGNATURE_UNTRUSTED = Note(
    "marks.signature_untrusted_key",
    "标识的签名密钥不是该生产者已知的密钥，因此该标识只作为痕迹。",
    "the label was signed with a key that is none of its producer's known ones, so it counts as a trace",
)
SIGNATURE_UNKNOWN = Note(
    "marks.signature_unknown_key",
    "标识的签名成立，但该生产者的公钥未知：只能说明标识未被改动。",
    "the label's signature holds, but no key of its producer is known: it shows only that the label was not altered",
)
SIGNATURE_MISSING = Note(
    "marks.signature_missing",
    "该生产者的公钥已知，但标识没有可核验的签名。",
    "a key of the label's producer is known, but the label bears no signature that can be checked",
)
ALTERED = Note(
    "marks.altered_after_release",
    "交付后被改动：编号为本服务所发，但当时交付的内容与此不同。",
    "altered after release: the number is known, but something else was released under it",
)
LABEL_DIFFERS = Note(
    "marks.label_differs",
    "文件中的标识与交付时的标识不同。",
    "the label differs from the one that was released",
)


DAMAGED = Note(
    "marks.damaged",
    "文件已损坏或被截断，其中的标识无法读取：未发现不等于没有。",
    "the file is damaged or cut off, so its marks could not be read: not found does not mean not there",
)
INCOMPLETE = Note(
    "marks.incomplete",
    "文件已损坏或不完整：所见标识出自完好的部分，其余部分无法检查。",
    "the file is damaged or incomplete: what was found stands in the part that is intact; the rest was not checked",
)
TRAILING = Note(
    "marks.trailing_bytes",
    "文件结尾之后还附有别的数据(可能是另一个文件)，其中没有检查。",
    "other data follows the end of the file, perhaps another file; it was not checked",
)
MARK_MISSING = Note(
    "marks.visible_mark_missing",
    "该文本曾由本服务作为生成合成内容放行，现在缺少可见标识(第十八条)。",
    "this text was released here as AI-generated, and its visible mark is missing now (Article 18)",
)
CREDENTIAL_BROKEN = Note(
    "marks.credential_broken",
    "该内容带有他人的内容凭证：凭证原样保留，但写入标识改变了内容，凭证此后不再成立。",
    "the item carried a content credential: it was kept, but writing the label changed the item, so it no longer holds",
)
CREDENTIAL_INVALID = Note(
    "marks.credential_invalid",
    "内容凭证不成立：内容或凭证在签署之后被改动。",
    "the content credential does not hold: the item or the credential was changed after it was signed",
)
CREDENTIAL_UNTRUSTED = Note(
    "marks.credential_untrusted",
    "内容凭证成立，但没有信任列表认可其签署者：只能说明内容未被改动。",
    "the content credential holds, but no trust list vouches for its signer: it shows only that nothing was changed",
)
CREDENTIAL_DISAGREES = Note(
    "marks.credential_disagrees",
    "矛盾：文件标识与内容凭证所写的生产者或编号不同。",
    "a contradiction: the label says one producer or number, the content credential another",
)
CREDENTIAL_ONLY = Note(
    "marks.credential_only",
    "内容凭证记载该内容曾带有标识，现在文件中没有：标识可能已被删除(第十八条)。",
    "the content credential says that the item bore a label, and there is none now: it may have been removed "
    "(Article 18)",
)


UNREADABLE = Note(
    "marks.unreadable_label",
    "文件已带有无法解析的 AIGC 字段；覆盖它会篡改他人的标识，因此没有写入传播要素。",
    "the file carries an AIGC field that cannot be parsed; replacing it would tamper with another's label, so the "
    "propagator's fields were not written",
)
NO_PLACE = Note(
    "marks.no_metadata_place",
    "这种格式没有元数据区，传播要素只记入账本。",
    "the format has no place for metadata, so the propagator's fields stand in the ledger only",
)


def name_disagrees(declared: str, actual: str) -> Note:
    """A name or media type that says another format than the content is."""
    zh = f"文件名或媒体类型说是 {declared}，实际内容是 {actual}；结论依据实际内容。"
    en = f"name or media type say {declared}, but the content is {actual}; the verdict goes by the content"
    return Note("marks.name_disagrees", zh, en)


def empty_field(key: str) -> Note:
    """A required element without a value (GB 45438 6.1 a)."""
    return Note("marks.empty_field", f"{key} 为空(GB 45438 6.1 a)。", f"{key} is empty (GB 45438 6.1 a)")


def unusual_characters(key: str) -> Note:
    """A value with characters outside Annex E j)."""
    zh, en = f"{key} 含有 GB 45438 附录 E j) 之外的字符。", f"{key} holds characters outside GB 45438 Annex E j)"
    return Note("marks.unusual_characters", zh, en)
