"""Reports of data sets that come with tasks of their own: what their kinds share."""

from collections.abc import Iterable, Mapping

from app.datasets.kinds.base import FROM_THE_IMAGE, Availability, Report, SkippedFile
from models.data.cached_views import ViewSource
from models.data.classes.found import Skipped
from models.data.own.arrays import COMPUTED
from models.taxonomy.dictionary import TASKS

_LISTED = 100  # skipped files in a report


def declared_report(
    kind: str, source: ViewSource, skipped: Iterable[Skipped], lacking: Mapping[str, str] | None = None
) -> Report:
    """What validation found, where every view has every label that there is.

    Args:
        kind: as in `kind` of the API.
        source: the data.
        skipped: what is not used.
        lacking: by task that this kind could have labels for, why this data set has none.
    """
    why = lacking or {}
    left_out = tuple(SkippedFile(each.path, each.reason) for each in skipped)
    views = sum(len(ids) for ids in source.splits.values())
    own = source.label_info.own
    available = {*FROM_THE_IMAGE, *COMPUTED, *source.labels}
    names = dict.fromkeys([*TASKS, *(task.name for task in own), *why])
    return Report(
        image_size=source.image_size,
        splits={split: len(ids) for split, ids in source.splits.items()},
        tasks={
            name: Availability(available=True, views=views)
            if name in available
            else Availability(
                available=False, views=0, detail=why.get(name, f"{kind} has no labels for {name}")
            )
            for name in names
        },
        skipped=left_out[:_LISTED],
        skipped_total=len(left_out) if len(left_out) > _LISTED else None,
        own=own,
    )
