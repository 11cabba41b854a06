"""From the numbers that files hold to positions in a list of class names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.classes.found import ClassesError
from models.data.classes.parts import Labels
from models.data.labelled import UNKNOWN, Part


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """Classes by name.

    Attributes:
        classes: in label order.
        labels: of each part, positions in `classes` or `UNKNOWN`.
    """

    classes: tuple[str, ...]
    labels: Labels


def checked_names(names: Sequence[str], option: str) -> tuple[str, ...]:
    """Names of classes, of which there are some, none empty and none twice.

    Raises:
        ClassesError: naming the option at fault.
    """
    if not names:
        raise ClassesError([(option, "names no class")])
    if any(not name.strip() for name in names):
        raise ClassesError([(option, "a class has an empty name")])
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ClassesError([(option, f"names the same class twice: {', '.join(twice)}")])
    return tuple(names)


def named(numbers: Labels, classes: Sequence[str] | None, options: Mapping[Part, str]) -> Named:
    """Give the numbers of classes their names.

    Args:
        numbers: of each part, from 0, or `UNKNOWN`.
        classes: the name of each number; None calls a class by its number, of which only those that occur are classes.
        options: the option that brought the numbers of a part, for messages.

    Raises:
        ClassesError: naming the option whose numbers have no name.
    """
    for part, each in numbers.items():
        lowest, highest = int(each.min(initial=0)), int(each.max(initial=0))
        if lowest < UNKNOWN:
            text = f"holds {lowest}; classes start at 0, and {UNKNOWN} marks an unknown one"
            raise ClassesError([(options[part], text)])
        if classes is not None and highest >= len(classes):
            text = f"holds the class {highest}; {len(classes)} are named, from 0"
            raise ClassesError([(options[part], text)])
    if classes is not None:
        return Named(tuple(classes), dict(numbers))
    values = np.unique(np.concatenate([each[each != UNKNOWN] for each in numbers.values()]))
    labels: dict[Part, NDArray[np.int64]] = {
        part: np.where(each == UNKNOWN, UNKNOWN, np.searchsorted(values, each))
        for part, each in numbers.items()
    }
    return Named(tuple(map(str, values.tolist())), labels)
