"""What can go wrong with a feature library, or with its use. No error text holds a term."""

from typing import ClassVar

from sealmark.errors import SealmarkError


class LibraryError(SealmarkError):
    """The base of the errors about the feature library of Article 10."""

    code = "review.library"
    status = 422
    article: ClassVar[int | None] = 10
    zh = "特征库无法使用。"
    en = "The feature library cannot be used."
    zh_next = "请换用上一个有效版本，并检查来源。"
    en_next = "Use the last valid version and check where this one came from."


class EntryRefused(LibraryError):
    """One entry cannot be compiled; `entry` is its id."""

    code = "review.entry_refused"
    zh_next = "请改正或撤下条目“{entry}”，再编译。"
    en_next = "Correct or retire the entry “{entry}”, then compile again."


class EntryMalformed(EntryRefused):
    """A field of an entry is missing or not one of the values that it may have; `field` is its name."""

    code = "review.entry_malformed"
    zh = "条目“{entry}”的“{field}”缺失或取值不合规定。"
    en = "In the entry “{entry}”, “{field}” is missing or holds a value that it may not have."


class TermEmpty(EntryRefused):
    """Nothing of the term remains after folding: it consists of skip symbols and ignorables."""

    code = "review.term_empty"
    zh = "条目“{entry}”的特征词归一后为空。"
    en = "Nothing of the term of the entry “{entry}” remains after folding."


class TermTooLong(EntryRefused):
    """The folded term is longer than the bound that limits how much of a stream may be held."""

    code = "review.term_too_long"
    zh = "条目“{entry}”的特征词归一后有 {length} 个字符，上限为 {most}。"
    en = "The term of the entry “{entry}” has {length} characters after folding; at most {most} are allowed."


class TermUnreadable(EntryRefused):
    """The term holds U+FFFD, a surrogate or a noncharacter, which match nothing."""

    code = "review.term_unreadable"
    zh = "条目“{entry}”的特征词含有无法识别的字符。"
    en = "The term of the entry “{entry}” holds a character that cannot be read."


class EntryTwice(EntryRefused):
    """Two entries have the same id."""

    code = "review.entry_twice"
    status = 409
    zh = "条目编号“{entry}”出现了两次。"
    en = "The entry id “{entry}” occurs twice."


class LibraryEmpty(LibraryError):
    """A library without entries would let everything pass as reviewed."""

    code = "review.library_empty"
    zh = "特征库没有条目，无法据以审核。"
    en = "The feature library has no entries, so nothing can be reviewed by it."
    zh_next = "请至少加入一个条目。"
    en_next = "Add at least one entry."


class LibraryUnreadable(LibraryError):
    """A library file is not what it should be, or was damaged."""

    code = "review.library_unreadable"
    zh = "特征库文件无法读取：格式不符或已损坏。"
    en = "The library file cannot be read: it has another format or is damaged."


class LibraryOutdated(LibraryError):
    """A compiled library was folded by another table than this software's."""

    code = "review.library_outdated"
    status = 409
    zh = "已编译的特征库所用的归一表与本软件不同。"
    en = "The compiled library was folded by another table than this software's."
    zh_next = "请用本软件重新编译特征库。"
    en_next = "Compile the library again with this software."


class StreamFinished(SealmarkError):
    """Text was fed to a review that had already been finished: what came late was not released."""

    code = "review.stream_finished"
    status = 500
    article: ClassVar[int | None] = 10
    zh = "审核已结束，后到的内容未放行。"
    en = "The review had been finished; what came later was not released."
    zh_next = "请为新的内容另开一次审核。"
    en_next = "Start a new review for new content."
