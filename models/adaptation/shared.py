"""From two data sets of classes to the two sides of an adaptation, matched by the names of their classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.adaptation.domains import Domain
from models.data.labelled import UNKNOWN, LabelledSet

Field = Literal["source", "target", "target_classes", "image_size"]


class DomainsError(ValueError):
    """Two data sets cannot be the two sides of an adaptation.

    Attributes:
        field: what is at fault.
    """

    def __init__(self, field: Field, detail: str) -> None:
        super().__init__(detail)
        self.field: Field = field


def source_numbers(
    source: Sequence[str], target: Sequence[str], target_classes: Sequence[str] | None = None
) -> NDArray[np.int64]:
    """The source's number of each class of the target.

    Args:
        source: class names of the source, in label order.
        target: class names of the target, in label order.
        target_classes: those that the target is restricted to; None is no restriction.

    Returns:
        (classes of the target,) positions in `source`; `UNKNOWN` for classes that the source lacks.

    Raises:
        DomainsError: naming each of `target_classes` that the target or the source lacks.
    """
    if target_classes is not None:
        if not target_classes:
            raise DomainsError("target_classes", "name at least one class")
        for names, whose in ((target, "target"), (source, "source")):
            if unknown := [name for name in target_classes if name not in names]:
                has = ", ".join(names[:50]) + (", ..." if len(names) > 50 else "")
                detail = f"the {whose} has no class {', '.join(map(repr, unknown))}; it has {has or 'none'}"
                raise DomainsError("target_classes", detail)
    numbers = {name: number for number, name in enumerate(source)}
    return np.array([numbers.get(name, UNKNOWN) for name in target], dtype=np.int64)


def shared_domains(
    source: LabelledSet,
    target: LabelledSet,
    *,
    target_classes: Sequence[str] | None = None,
    image_size: int | None = None,
) -> tuple[Domain, Domain]:
    """The part `train` of both data sets, labels in the source's numbering.

    As in the published protocols, the unlabelled target that is adapted to is also the one that figures are computed
    on: its labels serve nothing else. Examples of the source without a label are left out.

    Args:
        source: all of its classes are the classes of the problem.
        target: its labels are mapped by class name; a class that the source lacks becomes `UNKNOWN`.
        target_classes: only the target's examples of these classes are taken, as in the published protocols that cut
            a target down to some classes; None takes all, unlabelled ones too.
        image_size: height and width that images are brought to; None for vectors, or to leave images as they are.

    Returns:
        The source and the target.

    Raises:
        DomainsError: one holds images and the other vectors, or vectors of another length; classes are unknown;
            nothing is left; or images differ in size and none was asked for.
    """
    if source.features != target.features:
        detail = f"the target holds {_described(target)}, the source {_described(source)}"
        raise DomainsError("target", detail)
    if len(source.classes) < 2:
        raise DomainsError("source", f"the source has {len(source.classes)} classes, 2 are needed")
    numbers = source_numbers(source.classes, target.classes, target_classes)
    domains = _source(source, image_size), _target(target, numbers, target_classes, image_size)
    shapes = [domain.inputs.shape[1:] for domain in domains]
    if shapes[0] != shapes[1]:
        detail = f"images of the source are {shapes[0][0]} pixels high, of the target {shapes[1][0]}: choose one size"
        raise DomainsError("image_size", detail)
    return domains


def _source(source: LabelledSet, image_size: int | None) -> Domain:
    found = source.load("train", image_size)
    known = found.labels != UNKNOWN
    if not known.any():
        raise DomainsError("source", "the source has no labelled example to train on")
    if known.all():
        return Domain(found.inputs, found.labels)
    return Domain(found.inputs[known], found.labels[known])


def _target(
    target: LabelledSet, numbers: NDArray[np.int64], chosen: Sequence[str] | None, image_size: int | None
) -> Domain:
    found = target.load("train", image_size)
    # One more entry, so that the label UNKNOWN, which is -1, is looked up at the end.
    labels = np.append(numbers, UNKNOWN)[found.labels]
    if chosen is None:
        if not len(labels):
            raise DomainsError("target", "the target has no example")
        return Domain(found.inputs, labels)
    kept = np.isin(found.labels, [target.classes.index(name) for name in chosen])
    if not kept.any():
        raise DomainsError("target_classes", f"the target has no example of {', '.join(chosen)}")
    return Domain(found.inputs[kept], labels[kept])


def _described(examples: LabelledSet) -> str:
    return "images" if examples.features is None else f"vectors of {examples.features} numbers"
