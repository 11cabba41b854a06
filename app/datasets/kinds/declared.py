"""Reports of data sets that come with tasks of their own: what their kinds share."""

from collections.abc import Iterable

from app.datasets.kinds.base import FROM_THE_IMAGE, Availability, Report, SkippedFile
from models.data.cached_views import ViewSource
from models.data.classes.found import Skipped
from models.data.own.arrays import COMPUTED
from models.taxonomy.dictionary import TASKS

_LISTED = 100  # skipped files in a report


def declared_report(kind: str, source: ViewSource, skipped: Iterable[Skipped]) -> Report:
    """What validation found, where every view has the labels of every declared task.

    Args:
        kind: as in `kind` of the API.
        source: the data.
        skipped: what is not used.
    """
    left_out = tuple(SkippedFile(each.path, each.reason) for each in skipped)
    views = sum(len(ids) for ids in source.splits.values())
    own = source.label_info.own
    available = {*FROM_THE_IMAGE, *COMPUTED, *(task.name for task in own)}
    names = dict.fromkeys([*TASKS, *(task.name for task in own)])
    return Report(
        image_size=source.image_size,
        splits={split: len(ids) for split, ids in source.splits.items()},
        tasks={
            name: Availability(available=True, views=views)
            if name in available
            else Availability(available=False, views=0, detail=f"{kind} has no labels for {name}")
            for name in names
        },
        skipped=left_out[:_LISTED],
        skipped_total=len(left_out) if len(left_out) > _LISTED else None,
        own=own,
    )
