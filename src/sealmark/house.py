"""The one place that wires settings → engines → storage → rooms."""

import asyncio
import re
import secrets
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from sealmark.errors import SealmarkError, system_reason, why
from sealmark.exchange.admission import APPLICATION_ITSELF, Admission
from sealmark.exchange.backlog import Backlog
from sealmark.exchange.copies import Copies
from sealmark.exchange.propagation import Propagations, propagator_of
from sealmark.exchange.publications import Publications
from sealmark.exchange.record import Recorder
from sealmark.exchange.recovery import close_interrupted
from sealmark.exchange.stages import Stages
from sealmark.exchange.submissions import Submissions
from sealmark.exchange.upstreams.openai import Upstreams
from sealmark.exchange.workers import Workers
from sealmark.items.finding import FindingKeys
from sealmark.items.numbers import ProductionNumbers
from sealmark.items.originals import Originals
from sealmark.items.registry import ItemRegistry
from sealmark.ledger import Sequencer, Signer
from sealmark.ledger.errors import LedgerMissing
from sealmark.marks.keys import KnownKeys
from sealmark.marks.label import REHEARSAL_CODE
from sealmark.people.grants import Grants
from sealmark.people.identity import SandboxVerifier
from sealmark.people.service import People
from sealmark.registers.service import Registers, UnusableService
from sealmark.review import Library, seed_library
from sealmark.settings import Settings
from sealmark.storage import revisions, secret_file
from sealmark.storage.database import Database
from sealmark.storage.drain import Drain
from sealmark.storage.keys import MasterKey
from sealmark.storage.ledger import LedgerStore
from sealmark.storage.mark_keys import MarkKeys
from sealmark.storage.migrations import upgrade
from sealmark.storage.objects import Objects
from sealmark.storage.sweep import Sweep

# What live mode still waits for: (article, 中文, English). A gate leaves this list when its room is built.
UNBUILT_GATES = (
    (9, "真实身份认证的授权核验源(目前只有演练沙箱)", "an authorised identity verifier (only the sandbox so far)"),
    (10, "能审核图像与音频内容的审核器", "reviewers that see the content of pictures and sound"),
    (10, "特征库的入库流程与人工审核队列", "the feature library's procedure and the human review queue"),
    (11, "辟谣机制", "the mechanism to refute rumours"),
    (12, "申诉、投诉、举报入口", "the doors for appeals, complaints and reports"),
    (14, "被编辑个人的单独同意", "the separate consent of edited persons"),
    (15, "算法机制机理定期审核与安全评估台账", "the registers of mechanism reviews and security assessments"),
    (19, "备案手续与公示", "filing and its public display"),
    (21, "检查与指令的配合", "inspections and orders"),
)


LAST_RECORDS = 3.0  # seconds that a stop waits for records that failed at first
SANDBOX_NUMBER = "13800138001"  # the mobile number that a rehearsing application is identified by


class FolderUnusable(SealmarkError):
    """The data folder cannot be made or written."""

    code = "house.folder_unusable"
    status = 507
    zh = "数据目录 {path} 不可用（{zh_reason}）。"
    en = "The data folder {path} cannot be used ({en_reason})."
    zh_next = "请检查路径与权限，或用 SEALMARK_DATA_DIR 指定其他目录。"
    en_next = "Check the path and its permissions, or name another folder with SEALMARK_DATA_DIR."


class GatesMissing(SealmarkError):
    """Live mode refuses to start while a gate is not built."""

    code = "house.gates_missing"
    status = 503
    zh = "正式模式不能启动，以下条件尚不具备:\n{zh_gates}"
    en = "Live mode cannot start; these gates are not built yet:\n{en_gates}"
    zh_next = "请用 SEALMARK_MODE=rehearsal 演练。"
    en_next = "Rehearse with SEALMARK_MODE=rehearsal."


@dataclass(frozen=True, slots=True)
class Workplace:
    """The rooms on the workplace's database: beside a running server, or on the way to one.

    What is changed here waits in the outbox until a server records it.
    """

    settings: Settings
    database: Database
    master: MasterKey
    people: People
    registers: Registers
    grants: Grants

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the workplace, and lay out a new one with its ledger. Raises `GatesMissing` in live mode."""
        refuse_live(settings)
        _lay_folder(settings.data_dir)
        master = MasterKey.from_file(_master_key_file(settings), create=settings.rehearsal)
        database = Database(settings.workplace_url)
        upgrade(database.engine)
        _lay_ledger(settings, database)
        people, registers = People(database, master, SandboxVerifier()), Registers(database)
        grants = Grants(people)
        _seed(settings, people, registers, grants)
        return cls(settings, database, master, people, registers, grants)

    def rehearse(self, application: str) -> None:
        """In rehearsal, let an application call without naming an end user: it then speaks for itself."""
        agreement = self.people.agreement()
        if not self.settings.rehearsal or agreement is None:
            return
        self.people.register(application, APPLICATION_ITSELF)
        self.people.verify_identity(application, APPLICATION_ITSELF, "mobile", SANDBOX_NUMBER)
        self.people.accept_agreement(application, APPLICATION_ITSELF, agreement.version)

    def close(self) -> None:
        """Close the database."""
        self.database.close()


@dataclass(frozen=True, slots=True)
class House:
    """Everything that runs, and how it starts and stops."""

    settings: Settings
    workplace: Workplace
    store: LedgerStore
    sequencer: Sequencer
    signer: Signer
    items: ItemRegistry
    admission: Admission
    upstreams: Upstreams
    stages: Stages
    drain: Drain
    sweep: Sweep
    copies: Copies
    publications: Publications
    item_workers: Workers
    submissions: Submissions
    propagations: Propagations
    operator_key: str

    @classmethod
    def build(cls, settings: Settings) -> Self:
        """Open databases, ledger and engines. Raises `GatesMissing` in live mode, and what each part raises."""
        workplace = Workplace.open(settings)
        database, master, people = workplace.database, workplace.master, workplace.people
        store, signer = LedgerStore.open(settings.ledger_path), Signer(settings.origin, master.ledger_seed)
        sequencer = Sequencer(store, signer)
        finding = FindingKeys(master)
        items = ItemRegistry(store, database, people.keys, finding)
        admission = Admission(database, people, workplace.registers, rehearsal=settings.rehearsal)
        upstreams = Upstreams(
            connect_timeout=settings.connect_timeout,
            answer_timeout=settings.answer_timeout,
            stall_timeout=settings.stall_timeout,
            limit=settings.answer_limit,
        )
        objects = Objects.open(settings.object_store, settings.data_dir / "objects")
        originals = Originals(database, objects, people.keys, finding, store, days=settings.originals_days)
        stages = Stages(
            admission=admission,
            upstreams=upstreams,
            library=_library(settings.library_file),
            numbers=ProductionNumbers(database, master.numbering_key, rehearsal=settings.rehearsal),
            recorder=Recorder(finding),
            sequencer=sequencer,
            backlog=Backlog(sequencer),
            workers=Workers(
                settings.media_workers,
                memory=settings.media_memory,
                seconds=settings.media_timeout,
                modules=("sealmark.marks.marker",),
            ),
            producer=settings.provider_code or str(REHEARSAL_CODE),
            keys=MarkKeys.load(settings),
            rehearsal=settings.rehearsal,
            stream_seconds=settings.stream_timeout,
            originals=originals,
        )
        item_workers = Workers(
            settings.item_workers,
            memory=settings.media_memory,
            seconds=settings.item_timeout,
            modules=("sealmark.exchange.files",),
            lazy=True,
        )
        return cls(
            settings=settings,
            workplace=workplace,
            store=store,
            sequencer=sequencer,
            signer=signer,
            items=items,
            admission=admission,
            upstreams=upstreams,
            stages=stages,
            drain=Drain(database, master, store, sequencer),
            sweep=Sweep(originals.sweep),
            copies=Copies(stages, items, workplace.grants, people),
            publications=Publications(admission, items, stages.recorder, sequencer),
            item_workers=item_workers,
            submissions=Submissions(stages, item_workers, items),
            propagations=Propagations(stages, item_workers, propagator_of(stages.producer)),
            operator_key=_operator_key(settings),
        )

    def start(self) -> None:
        """Close what a crash interrupted, say in the ledger that we are here, and follow the revisions."""
        closed = close_interrupted(self.store, self.sequencer, self.stages.recorder)
        library = self.stages.library
        started = self.stages.recorder.started(
            mode=self.settings.mode,
            version=version("sealmark"),
            interrupted=closed,
            library=f"{library.version}@sha256:{library.digest}",
        )
        self.sequencer.append_soon(started).result()
        self.admission.start()
        self.drain.start()
        self.sweep.start()

    async def open(self) -> None:
        """Start, on the loop that will serve."""
        await asyncio.to_thread(self.start)
        await asyncio.to_thread(self._lay_transit)
        self.upstreams.open()
        self.stages.workers.open()
        self.item_workers.open()

    async def close(self) -> None:
        """Stop everything; what waits is recorded first."""
        self.stages.workers.close()
        self.item_workers.close()
        await self.stages.backlog.settle(LAST_RECORDS)
        await self.upstreams.close()
        await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        """Stop what `start` started, and close every file."""
        self.admission.stop()
        self.sweep.stop()
        self.drain.stop()
        self.sequencer.close()
        self.store.close()
        self.database.close()

    def _lay_transit(self) -> None:
        """An empty folder for files that come in; what a crash left there goes. The ledger's lock keeps others out."""
        shutil.rmtree(self.transit, ignore_errors=True)
        self.transit.mkdir(mode=0o700)

    @property
    def transit(self) -> Path:
        """Where files lie for as long as their request takes."""
        return self.settings.data_dir / "transit"

    @property
    def database(self) -> Database:
        """The workplace's database."""
        return self.workplace.database

    @property
    def grants(self) -> Grants:
        """Grants of copies without explicit mark."""
        return self.workplace.grants

    @property
    def known_keys(self) -> KnownKeys:
        """Which keys belong to whom, for whoever verifies an item."""
        return self.stages.keys.known

    @property
    def people(self) -> People:
        """Applications, end users, identity, agreements, sanctions."""
        return self.workplace.people


def refuse_live(settings: Settings) -> None:
    """Raise `GatesMissing` in live mode as long as a gate is not built."""
    if settings.rehearsal or not UNBUILT_GATES:
        return
    raise GatesMissing(
        zh_gates="\n".join(f"  · 第{article}条：{zh}" for article, zh, _ in UNBUILT_GATES),
        en_gates="\n".join(f"  · Article {article}: {en}" for article, _, en in UNBUILT_GATES),
    )


def _lay_folder(folder: Path) -> None:
    """Make the data folder; raises `FolderUnusable` where nothing can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as failure:
        raise FolderUnusable(path=folder, **system_reason(failure)) from failure


def _lay_ledger(settings: Settings, database: Database) -> None:
    """Make the ledger of a new workplace; one that went missing later is an error, never replaced."""
    with database.transaction() as session:
        new = revisions.latest(session) == 0
    if new and not settings.ledger_path.exists():
        LedgerStore.create(settings.ledger_path, settings.origin).close()
    elif not settings.ledger_path.exists():
        raise LedgerMissing


def _master_key_file(settings: Settings) -> Path:
    return settings.master_key_file or settings.data_dir / "master.key"


def _operator_key(settings: Settings) -> str:
    """The key that manages applications; made at the first start, readable by the operator's account only."""
    path = settings.data_dir / "operator.key"
    form = (
        "一行以 ok-seal- 开头的字符（移走此文件再启动，会生成新的一个）",
        "one line that begins with ok-seal- (move the file away, and the next start makes a new one)",
    )
    if not path.exists():
        secret_file.create(path, ("ok-seal-" + secrets.token_urlsafe(32)).encode())
    content = secret_file.read(path, *form)
    if not re.fullmatch(rb"ok-seal-[\w-]{32,}\s*", content):
        raise secret_file.unusable(path, secret_file.shape(content), *form)
    return content.decode().strip()


def _library(path: Path | None) -> Library:
    return Library.from_toml(path) if path else seed_library()


def _seed(settings: Settings, people: People, registers: Registers, grants: Grants) -> None:
    """Bring the rows to what the seed file says (design.md, section 2)."""
    if settings.seed_file is None:
        return
    table = _read_seed(settings.seed_file)
    registers.seed(table)
    if agreement := table.get("agreement"):
        people.publish_agreement(agreement["version"], agreement["zh"], agreement["en"])
    if agreement := table.get("labelling_agreement"):
        grants.publish_agreement(agreement["version"], agreement["zh"], agreement["en"])


def _read_seed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        reason = system_reason(error)
        raise UnusableService(**why(f"{path}：{reason['zh_reason']}", f"{path}: {reason['en_reason']}")) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableService(**why(f"{path} 不是 TOML（{error}）", f"{path} is not TOML ({error})")) from error
