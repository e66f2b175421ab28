"""What can go wrong with the ledger. Every one of them means: nothing was acknowledged that is not durable."""

from typing import ClassVar

from sealmark.errors import SealmarkError


class LedgerError(SealmarkError):
    """The base of the ledger's errors. `fatal` says that the sequencer must stop rather than go on.

    Where a sentence has a reason, whoever raises it gives `zh_reason` and `en_reason`, or `zh_what` and `en_what`.
    """

    code: ClassVar[str] = "ledger.failed"
    article: ClassVar[int | None] = 16  # Art. 16: logs are kept as laws and regulations say
    fatal: ClassVar[bool] = False
    zh: ClassVar[str] = "存证账本未能完成操作。"
    en: ClassVar[str] = "The ledger could not do this."
    zh_next: ClassVar[str] = "没有任何内容被确认；请查看服务日志后重试。"
    en_next: ClassVar[str] = "Nothing was acknowledged; look at the service's log and try again."


class LedgerBusy(LedgerError):
    """More entries wait than the sequencer may hold."""

    code = "ledger.busy"
    status = 503
    zh = "存证账本正忙，等待写入的记录已满。"
    en = "The ledger is busy: as many entries wait as may wait."
    zh_next = "请稍候一两秒再试。"
    en_next = "Try again in a second or two."


class LedgerClosed(LedgerError):
    """The sequencer was closed; it takes no more entries."""

    code = "ledger.closed"
    status = 503
    zh = "存证账本已关闭，不再接受记录。"
    en = "The ledger is closed and takes no more entries."
    zh_next = "服务正在停止或重启，请稍后重试。"
    en_next = "The service is stopping or restarting; try again later."


class LedgerStopped(LedgerError):
    """The sequencer met an error after which going on could fork the log, and refuses everything since."""

    code = "ledger.stopped"
    status = 503
    zh = "存证账本因无法恢复的错误({cause})已停止写入。"
    en = "The ledger stopped after an error that it cannot recover from ({cause})."
    zh_next = "请运维人员运行 `sealmark ledger verify` 检查账本，排除原因后重启服务。"
    en_next = "An operator runs `sealmark ledger verify`, removes the cause and restarts the service."


class EntryInvalid(LedgerError):
    """The entry is not what the ledger takes: a JSON object, small keys, a sealed part with its key's id."""

    code = "ledger.entry_invalid"
    status = 400
    zh = "记录不符合账本的要求：{zh_reason}。"
    en = "The entry is not what the ledger takes: {en_reason}."
    zh_next = "请改正后重新提交。"
    en_next = "Correct it and append it again."


class EntryTooLarge(LedgerError):
    """The record or its sealed part is over its limit, in bytes."""

    code = "ledger.entry_too_large"
    status = 413
    zh = "{zh_part}有 {size} 字节，超过上限 {limit} 字节。"
    en = "The {en_part} has {size} bytes; the limit is {limit}."
    zh_next = "请只记录摘要和编号，把大内容放入对象存储。"
    en_next = "Record digests and numbers, and put large content into the object store."


class LedgerMissing(LedgerError):
    """There is no ledger at this place. It is never created silently: that could hide a lost one."""

    code = "ledger.missing"
    status = 503
    fatal = True
    zh = "此处没有账本文件。"
    en = "There is no ledger file at this place."
    zh_next = "请检查数据目录；确为首次部署时，再明确创建账本。"
    en_next = "Check the data directory; create the ledger explicitly only if this is the first deployment."


class LedgerExists(LedgerError):
    """A ledger was to be created where a file already stands."""

    code = "ledger.exists"
    status = 409
    zh = "此处已有文件，不能在上面新建账本。"
    en = "A file already stands there; no ledger is created over it."
    zh_next = "请打开已有的账本，或换一个位置。"
    en_next = "Open the existing ledger, or choose another place."


class LedgerHeld(LedgerError):
    """Another sequencer holds this ledger: there is exactly one writer."""

    code = "ledger.held"
    status = 409
    fatal = True
    zh = "另一个进程正在写入此账本。"
    en = "Another process holds this ledger for writing."
    zh_next = "同一账本只能有一个写入者；请先停止另一个，或以只读方式打开。"
    en_next = "A ledger has one writer; stop the other one first, or open it read-only."


class LedgerReadOnly(LedgerError):
    """The ledger was opened for reading, and something wanted to write."""

    code = "ledger.read_only"
    status = 409
    zh = "账本以只读方式打开，不能写入。"
    en = "The ledger is open for reading only."
    zh_next = "请以写入方式打开账本。"
    en_next = "Open the ledger for writing."


class LedgerForked(LedgerError):
    """The stored head is not the one this writer built on: committing would fork the log."""

    code = "ledger.forked"
    status = 503
    fatal = True
    zh = "账本的最新检查点不是本写入者所依据的那一个；继续写入会使日志分叉。"
    en = "The stored checkpoint is not the one this writer built on; writing on would fork the log."
    zh_next = "请确认没有第二个写入者，核对账本后重启。"
    en_next = "Make sure that there is no second writer, verify the ledger and restart."


class SignerForeign(LedgerError):
    """The signing key bears another log's name."""

    code = "ledger.foreign_key"
    status = 409
    fatal = True
    zh = "签名密钥属于 {signer}，而账本是 {origin}。"
    en = "The signing key is named {signer}; this ledger is {origin}."
    zh_next = "请使用创建该账本时的密钥。"
    en_next = "Use the key that belongs to this ledger."


class LedgerCorrupt(LedgerError):
    """What is stored contradicts itself or cannot be read as a ledger."""

    code = "ledger.corrupt"
    status = 503
    fatal = True
    zh = "账本数据损坏：{zh_reason}。"
    en = "The ledger's data are damaged: {en_reason}."
    zh_next = "请停止写入，保留原文件，运行 `sealmark ledger verify`,并从备份恢复。"
    en_next = "Stop writing, keep the file as it is, run `sealmark ledger verify`, and restore from a backup."


class LedgerLocked(LedgerError):
    """Something else held the database's own lock for longer than we wait."""

    code = "ledger.locked"
    status = 503
    zh = "账本数据库被其他程序锁定。"
    en = "Another program holds the lock of the ledger's database."
    zh_next = "请关闭占用它的程序后重试。"
    en_next = "Close the program that holds it and try again."


class LedgerFull(LedgerError):
    """No space is left where the ledger lies."""

    code = "ledger.full"
    status = 507
    zh = "账本所在的磁盘已满，记录未写入。"
    en = "The disk that the ledger lies on is full; nothing was written."
    zh_next = "请腾出空间；之后账本会自行继续。"
    en_next = "Free some space; the ledger goes on by itself then."


class LedgerUnreadable(LedgerError):
    """The disk failed while reading or writing; after a failed sync nothing on it can be trusted unchecked."""

    code = "ledger.unreadable"
    status = 503
    fatal = True
    zh = "读写账本时磁盘出错。"
    en = "The disk failed while the ledger was read or written."
    zh_next = "请检查磁盘和文件权限，再运行 `sealmark ledger verify`。"
    en_next = "Check the disk and the file's permissions, then run `sealmark ledger verify`."


class RecordUnknown(LedgerError):
    """No record, tile or checkpoint of that index stands in the ledger."""

    code = "ledger.unknown"
    status = 404
    zh = "账本中没有这一项：{zh_what}。"
    en = "The ledger does not hold this: {en_what}."
    zh_next = "请核对编号。"
    en_next = "Check the number."


class NoteMalformed(LedgerError):
    """A checkpoint, key or proof text is not written as its specification (C2SP) says."""

    code = "ledger.malformed"
    status = 422
    zh = "文本的格式不对：{zh_reason}。"
    en = "The text is malformed: {en_reason}."
    zh_next = "请使用未经改动的原始文件。"
    en_next = "Use the original file, unchanged."


class SignatureInvalid(LedgerError):
    """No trusted key signed this checkpoint, or a trusted key's signature does not verify."""

    code = "ledger.signature_invalid"
    status = 422
    zh = "检查点的签名不成立。"
    en = "The checkpoint's signature does not verify."
    zh_next = "请核对公钥是否属于该账本；若属于，说明文本已被改动。"
    en_next = "Check that the key is this ledger's; if it is, the text was altered."


class ProofInvalid(LedgerError):
    """The proof does not lead to the checkpoint's root hash."""

    code = "ledger.proof_invalid"
    status = 422
    zh = "证明不成立：{zh_reason}。"
    en = "The proof does not hold: {en_reason}."
    zh_next = "请使用未经改动的原始文件；若仍不成立，请向主管部门反映。"
    en_next = "Use the original, unaltered file; if it still fails, tell the competent authority."
