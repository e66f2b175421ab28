"""Deployment settings: where things lie, who we are, how long we wait.

Read from `SEALMARK_*` environment variables and from the TOML file that `SEALMARK_SETTINGS` names. Services, policies
and switches are rows in the database, not settings.
"""

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from sealmark.errors import SealmarkError

Mode = Literal["live", "rehearsal"]


BESIDE = {"SEALMARK_SETTINGS", "SEALMARK_CHROMIUM"}  # variables of ours that are no settings


class BadSettings(SealmarkError):
    """A setting is missing or cannot be used."""

    code = "settings.invalid"
    zh = "配置有误：{zh_problem}。"
    en = "The settings cannot be used: {en_problem}."
    zh_next = "请修改该配置项后重新启动；全部配置项见 docs/reference/settings.md。"
    en_next = "Correct it and start again; docs/reference/settings.md lists every setting."


_PROBLEMS = {  # by pydantic's name for what is wrong
    "int_parsing": ("须为整数", "must be a whole number"),
    "int_type": ("须为整数", "must be a whole number"),
    "float_parsing": ("须为数字", "must be a number"),
    "float_type": ("须为数字", "must be a number"),
    "string_type": ("须为文字", "must be a text"),
    "path_type": ("须为路径", "must be a path"),
    "greater_than": ("须大于 {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("不能小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不能大于 {le}", "must be at most {le}"),
    "literal_error": ("须为以下之一：{expected}", "must be {expected}"),
    "extra_forbidden": ("没有这一配置项", "is no setting"),
    "provider_code": ("须有 27 个字符", "must have 27 characters"),  # labels.md 3.3
    "network": ("{network} 不是网段（例如 10.0.0.0/8）", "{network} is no network (such as 10.0.0.0/8)"),
}


class Settings(BaseSettings):
    """Every deployment setting, typed; each description says which article it serves where there is one."""

    model_config = SettingsConfigDict(env_prefix="SEALMARK_", extra="forbid", frozen=True)

    mode: Mode = Field(
        "live",
        description="`rehearsal` lets everything be tried with sandbox identity; not set means `live`.",
    )
    data_dir: Path = Field(Path("sealmark-data"), description="Folder of the databases and keys.")
    database_url: str = Field(
        "", description="SQLAlchemy URL of the workplace's database; empty: SQLite in `data_dir`."
    )
    master_key_file: Path | None = Field(
        None,
        description="File of the 32-byte master key that wraps every other key; rehearsal makes one in `data_dir`.",
    )
    host: str = Field(
        "127.0.0.1",
        description="Address to listen on; rehearsal stays on loopback unless `allow_list` is set.",
    )
    port: int = Field(8040, ge=0, le=65535, description="Port to listen on.")
    allow_list: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Networks (CIDR, commas between) that may call in rehearsal; empty: only this machine."
    )
    provider_name: str = Field("演练提供者 Rehearsal Provider", description="The provider's name on pages.")
    provider_code: str = Field(
        "", description="27-character provider code of the labels (Art. 16); empty: the rehearsal code."
    )
    label_key_file: Path | None = Field(
        None,
        description="PEM of the SM2 key that signs labels (ReservedCode1, TC260-PG-202511A); empty: unsigned.",
    )
    known_label_keys_file: Path | None = Field(
        None, description="TOML of the producers' public keys that signatures of labels are checked against."
    )
    credential_chain_file: Path | None = Field(
        None,
        description="PEM chain that content credentials are signed under, the signing certificate first; rehearsal "
        "makes one in `data_dir`.",
    )
    credential_key_file: Path | None = Field(
        None, description="Unencrypted PEM file of the private key of `credential_chain_file`."
    )
    trust_files: tuple[Path, ...] = Field(
        (), description="PEM bundles of root certificates whose content credentials are believed."
    )
    filing_number: str = Field("", description="Algorithm filing number, shown on every page (Art. 19).")
    filing_link: str = Field("", description="Link to the filing's public information (Art. 19).")
    seed_file: Path | None = Field(None, description="TOML of services and switches that the database is seeded from.")
    library_file: Path | None = Field(
        None, description="TOML of the feature library (Art. 10); empty: the seed library."
    )
    object_store: str = Field(
        "",
        description="URL of the object store, such as `s3://bucket/prefix`; empty: the folder `objects` in `data_dir`.",
    )
    originals_days: int = Field(
        30,
        ge=0,
        le=3650,
        description="Days an item is kept encrypted as it was before its explicit mark, so that an unlabelled copy can "
        "be granted (labelling Measures Art. 9); 0 keeps none.",
    )
    body_limit: int = Field(4 * 1024 * 1024, gt=0, description="Largest request body in bytes.")
    answer_limit: int = Field(64 * 1024 * 1024, gt=0, description="Largest answer taken from an upstream, in bytes.")
    connect_timeout: float = Field(5.0, gt=0, description="Seconds to wait for a connection to an upstream.")
    answer_timeout: float = Field(
        120.0, gt=0, description="Seconds to wait for an upstream's whole answer, or for a stream's first piece."
    )
    stall_timeout: float = Field(
        30.0, gt=0, description="Seconds a stream may stand still, after its first piece, before it counts as broken."
    )
    stream_timeout: float = Field(1800.0, gt=0, description="Seconds a streamed answer may take in all.")
    body_timeout: float = Field(30.0, gt=0, description="Seconds a request's body may take to come in.")
    media_workers: int = Field(2, ge=1, description="Processes that work on pixels and samples.")
    media_memory: int = Field(2 * 1024**3, gt=0, description="Memory of one media worker's own, in bytes.")
    media_timeout: float = Field(60.0, gt=0, description="Seconds one picture or sound may take in a media worker.")
    item_limit: int = Field(
        1024**3, gt=0, description="Largest file that may be submitted, verified or passed on with a key, in bytes."
    )
    item_workers: int = Field(2, ge=1, description="Processes that mark submitted files.")
    item_timeout: float = Field(1800.0, gt=0, description="Seconds that marking one submitted file may take.")
    verify_per_minute: int = Field(30, gt=0, description="Verifications a visitor may ask for in a minute.")

    @field_validator("provider_code")
    @classmethod
    def _provider_code_has_27_characters(cls, value: str) -> str:
        if value and len(value) != 27:
            raise PydanticCustomError("provider_code", "27 characters")
        return value

    @field_validator("allow_list", mode="before")
    @classmethod
    def _between_commas(cls, value: Any) -> Any:
        return tuple(filter(None, re.split(r"[,\s]+", value))) if isinstance(value, str) else value

    @field_validator("allow_list")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise PydanticCustomError("network", "a network", {"network": network}) from error
        return value

    @property
    def rehearsal(self) -> bool:
        """Whether this deployment rehearses."""
        return self.mode == "rehearsal"

    @property
    def workplace_url(self) -> str:
        """SQLAlchemy URL of `sealmark.db`."""
        return self.database_url or f"sqlite:///{self.data_dir / 'sealmark.db'}"

    @property
    def ledger_path(self) -> Path:
        """Path of `ledger.db`; rehearsal and live never share one."""
        return self.data_dir / ("ledger.db" if not self.rehearsal else "ledger-rehearsal.db")

    @property
    def origin(self) -> str:
        """Origin line of the ledger's checkpoints; a rehearsal says so in its name."""
        code = self.provider_code or "rehearsal"
        return f"sealmark/{self.mode}/{code}"

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Settings from the file that `SEALMARK_SETTINGS` names, the environment, and `given`, the last winning.

        Raises `BadSettings` for an unreadable file, an unknown name or a value out of range.
        """
        _require_known_names()
        try:
            values = _from_file(os.environ.get("SEALMARK_SETTINGS", ""))
            from_environment = {name for name in cls.model_fields if f"SEALMARK_{name.upper()}" in os.environ}
            values = {name: value for name, value in values.items() if name not in from_environment}
            return cls(**{**values, **given})
        except ValidationError as error:
            raise _bad(error) from error
        except SettingsError as error:
            raise BadSettings(zh_problem=str(error), en_problem=str(error)) from error


def _bad(error: ValidationError) -> BadSettings:
    """The first thing that is wrong, by the name of its setting; the value itself is not repeated."""
    first = error.errors(include_input=False, include_url=False)[0]
    name, context = ".".join(map(str, first["loc"])), first.get("ctx", {})
    zh, en = _PROBLEMS.get(first["type"], (first["msg"], first["msg"]))
    zh, en = zh.format_map(context).replace(" or ", "、"), en.format_map(context)
    return BadSettings(zh_problem=f"{name} {zh}", en_problem=f"{name} {en}")


def _require_known_names() -> None:
    """A misspelled variable must not be overlooked."""
    known = {f"SEALMARK_{name.upper()}" for name in Settings.model_fields} | BESIDE
    for name in os.environ:
        if name.startswith("SEALMARK_") and name not in known:
            raise BadSettings(zh_problem=f"没有 {name} 这一配置项", en_problem=f"{name} is no setting")


def _from_file(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        zh, en = ("文件不存在", "there is no such file") if missing else ("文件无法读取", "the file cannot be read")
    except UnicodeDecodeError:
        zh, en = "文件不是 UTF-8 文本", "the file is no text in UTF-8"
    except tomllib.TOMLDecodeError as error:
        zh, en = f"文件不是 TOML（{_place(error)}）", f"the file is no TOML ({error})"
    raise BadSettings(zh_problem=f"{path}：{zh}", en_problem=f"{path}: {en}")


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Where a TOML file cannot be read, in Chinese."""
    found = re.search(r"line (\d+), column (\d+)", str(error))
    return f"第 {found[1]} 行第 {found[2]} 列" if found else "结尾不完整"
