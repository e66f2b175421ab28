"""`sealmark mark` without the explicit mark: refused where there could be one, but for a grant (Measures Art. 9)."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sealmark.items.registry import Release
    from sealmark.marks.keys import SigningKeys
    from sealmark.marks.marker import Made
    from sealmark.media import Format
    from sealmark.people.grants import Grants
    from sealmark.settings import Settings


@dataclass(frozen=True, slots=True)
class Permit:
    """A grant that can be used on this machine, and how the item that it is for was released."""

    grants: "Grants"
    grant: str
    release: "Release"

    def write(
        self, path: Path, target: Path, *, layers: tuple[str, ...], own_edit: bool, keys: "SigningKeys"
    ) -> "Made":
        """One copy with the item's own label in its metadata, of `layers` all but the explicit mark.

        It gets its name once it is counted and recorded.

        Raises `GrantOver`, `GrantForAnother`, `NoPlaceForTheLabel`, and what marking does.
        """
        from sealmark.marks.keys import SigningKeys
        from sealmark.marks.marker import mark_file

        implicit = tuple(layer for layer in layers if layer != "explicit")
        own = SigningKeys(credential=keys.credential)  # the label stays as it was released, its signature too
        self._require_fitting(form_of(path))
        beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            made = mark_file(path, beside, self.release.label, layers=implicit, keys=own, own_edit=own_edit)
            self.grants.write(self.grant)
            beside.rename(target)
        finally:
            beside.unlink(missing_ok=True)
        return made

    def _require_fitting(self, form: "Format") -> None:
        from sealmark.marks import metadata
        from sealmark.people.grant_errors import GrantForAnother, NoPlaceForTheLabel

        if form.medium not in {item["medium"] for item in self.release.items}:
            raise GrantForAnother(grant=self.grant, medium=form.medium)
        if not metadata.carries(form):
            raise NoPlaceForTheLabel(format=form.name)


@contextmanager
def permitted(settings: "Settings", grant: str) -> Iterator[Permit]:
    """The permit of a grant in the data folder's database. Raises `NoSuchGrant`, `GrantOver`."""
    from sealmark.cli.deployment import local_ledger
    from sealmark.house import Workplace
    from sealmark.people.grant_errors import NoSuchGrant

    if not settings.ledger_path.exists():  # nothing is laid out for the sake of a mistyped folder
        raise NoSuchGrant(grant=grant[:40])
    with closing(Workplace.open(settings)) as workplace, local_ledger(settings) as local:
        given = workplace.grants.usable(grant)
        release = local.items.release(given.terms.produce_id)
        if release is None:
            raise NoSuchGrant(grant=grant[:40])
        yield Permit(workplace.grants, grant, release)


def require_mark(path: Path) -> None:
    """Refuse a file that can bear an explicit mark and its label both. Raises `GrantRequired`."""
    from sealmark.marks import metadata, surfaces
    from sealmark.people.grant_errors import GrantRequired

    form = form_of(path)
    if surfaces.of(form) is not None and metadata.carries(form):
        raise GrantRequired(format=form.name)


def form_of(path: Path) -> "Format":
    """What a file is; raises errors of `media`."""
    from sealmark.media import opened, sniff

    with opened(path) as (data, name):
        return sniff(data, name)
