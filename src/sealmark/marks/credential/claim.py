"""What a credential says of an item: who made it, how, out of what, and by which label it is known (C2PA 2.4).

The definition is what c2pa's builder takes. The label stands in a `cawg.metadata` assertion under the very name and
namespace that the practice guides give it in XMP, so that any reader of metadata assertions shows it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Literal

from sealmark.marks.label import Label
from sealmark.media.pieces import Buffer

# IPTC NewsCodes, digital source type: made by a model; and put together with what a model made.
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = f"{_SOURCE_TYPES}trainedAlgorithmicMedia"
EDITED = f"{_SOURCE_TYPES}compositeWithTrainedAlgorithmicMedia"
# TC260-PG-20259A and others: the label's namespace and property in XMP.
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
LABEL_ASSERTION, LABEL_PROPERTY = "cawg.metadata", "TC260:AIGC"
ACTIONS, SOFT_BINDING = "c2pa.actions.v2", "c2pa.soft-binding"

Relationship = Literal["parentOf", "componentOf", "inputTo"]
# What was done: a new generation, an own edit, another's item passed on with the propagator's fields written.
Deed = Literal["created", "edited", "passed_on"]
_TITLES: Mapping[Relationship, str] = {
    "parentOf": "原内容 original",
    "componentOf": "素材 component",
    "inputTo": "输入 input",
}


@dataclass(frozen=True, slots=True)
class Store:
    """The manifest store of an ingredient that c2pa cannot read it from: its bytes, and what was found of it."""

    data: bytes
    active: str
    results: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An item that another was made from: its bytes, and what part it has (C2PA 2.4, 18.16).

    `parentOf`: it was edited; `componentOf`: it is seen or heard in the result; `inputTo`: it was given to the model.
    `store` is its manifest store where c2pa does not find it itself.
    """

    data: Buffer
    media_type: str
    relationship: Relationship = "parentOf"
    title: str | None = None
    store: Store | None = None


@dataclass(frozen=True, slots=True)
class SoftBinding:
    """A watermark's or fingerprint's name and value, by which an item is found again whose credential was lost.

    `algorithm` is a name of the C2PA's list of soft binding algorithms, or one in the reversed domain of its owner.
    """

    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """Everything about a credential but the item and the key. `when` is the time that the signer states."""

    label: Label
    deed: Deed = "created"
    title: str | None = None
    ingredients: tuple[Ingredient, ...] = ()
    soft_bindings: tuple[SoftBinding, ...] = ()
    when: datetime | None = None

    def definition(self) -> dict[str, Any]:
        """The manifest definition for c2pa's builder."""
        assertions = [{"label": ACTIONS, "data": {"actions": list(self._actions())}}, _of_label(self.label)]
        assertions += [_of_soft_binding(one) for one in self.soft_bindings]
        named = {"title": self.title} if self.title else {}
        return {"claim_generator_info": [_generator()], **named, "assertions": assertions}

    def ingredient_definitions(self) -> Iterator[tuple[dict[str, Any], Ingredient]]:
        """What c2pa's builder takes of each ingredient, with the ingredient."""
        for number, one in enumerate(self.ingredients):
            title = one.title or _TITLES[one.relationship]
            said = {"title": title, "relationship": one.relationship, "label": _name(number)}
            yield {**said, **(_of_store(one.store, _name(number)) if one.store else {})}, one

    def _actions(self) -> Iterator[dict[str, Any]]:
        """18.15.4: the first is created or opened, and says of which ingredient."""
        parents, parts, inputs = (self._names(kind) for kind in ("parentOf", "componentOf", "inputTo"))
        when = (self.when or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        by = {"when": when, "softwareAgent": _generator()}
        if parents:
            yield {"action": "c2pa.opened", **by, **_of_ingredients(parents)}
        if self.deed == "passed_on":
            yield {"action": "c2pa.edited.metadata", **by}
        elif parents:
            yield {"action": "c2pa.edited", **by, "digitalSourceType": EDITED, **_of_ingredients(inputs)}
        else:
            yield {"action": "c2pa.created", **by, "digitalSourceType": self._source(), **_of_ingredients(inputs)}
        if parts:
            yield {"action": "c2pa.placed", **by, **_of_ingredients(parts)}

    def _source(self) -> str:
        return EDITED if self.deed == "edited" else GENERATED

    def _names(self, relationship: Relationship) -> list[str]:
        return [_name(number) for number, one in enumerate(self.ingredients) if one.relationship == relationship]


def _name(number: int) -> str:
    return f"ingredient-{number}"


def _of_store(store: Store, name: str) -> dict[str, Any]:
    place = {"format": "application/c2pa", "identifier": name}
    return {"active_manifest": store.active, "validation_results": store.results, "manifest_data": place}


def _of_ingredients(names: list[str]) -> dict[str, Any]:
    return {"parameters": {"ingredientIds": names}} if names else {}


def _generator() -> dict[str, str]:
    return {"name": "Sealmark", "version": version("sealmark")}


def _of_label(label: Label) -> dict[str, Any]:
    data = {"@context": {"TC260": NAMESPACE}, LABEL_PROPERTY: label.inner()}
    return {"label": LABEL_ASSERTION, "kind": "Json", "data": data, "created": True}


def _of_soft_binding(one: SoftBinding) -> dict[str, Any]:
    """18.10. A definition is JSON and has no bytes: they go as numbers, which c2pa's reader takes for bytes."""
    block = {"scope": {}, "value": list(one.value)}
    return {"label": SOFT_BINDING, "data": {"alg": one.algorithm, "blocks": [block]}, "created": True}
