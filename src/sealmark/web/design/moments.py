"""Moments as a reader writes them, with the zone, and how long ago beside."""

from datetime import UTC, datetime, timedelta, timezone

from babel.dates import format_datetime, format_timedelta

from sealmark.errors import Language

BEIJING = timezone(timedelta(hours=8))  # the law's clocks run here, whatever zone the machine is in
_LOCALE = {"zh": "zh_Hans_CN", "en": "en_GB"}
_PATTERN = {"zh": "y年M月d日 HH:mm:ss", "en": "d MMM y, HH:mm:ss"}
_ZONE = {"zh": "北京时间（UTC+8）", "en": "Beijing time (UTC+8)"}


def written(at: datetime, language: Language) -> str:
    """The moment with its zone; `at` must know its own."""
    said = format_datetime(at.astimezone(BEIJING), _PATTERN[language], locale=_LOCALE[language])
    return f"{said} {_ZONE[language]}"


def ago(at: datetime, language: Language, now: datetime | None = None) -> str:
    """How long ago, in the largest unit that fits."""
    passed = at - (now or datetime.now(UTC))
    return format_timedelta(passed, add_direction=True, locale=_LOCALE[language])
