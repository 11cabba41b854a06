"""`nyu_npz`: photographs with depth, normals and classes per pixel, in the manner of NYU Depth V2."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.errors import FieldError
from app.datasets.kinds.base import (
    FROM_THE_IMAGE,
    Availability,
    DatasetRejected,
    Inspection,
    Report,
    SkippedFile,
)
from models.data.nyu.file import ARRAYS, NyuError, NyuFile, labelled_views, open_nyu
from models.taxonomy.dictionary import TASKS

_COMPUTED = frozenset({"edges_2d", "keypoints_2d", "segmentation_2d"})


class NyuNpz:
    """A file of arrays as a kind of data set."""

    name = "nyu_npz"
    needs_location = True
    fixed_splits = True

    def inspect(self, location: Path | None, options: Mapping[str, Any]) -> Inspection:
        """Read the whole file once: every array must be sound, and fit the others."""
        if options:
            raise DatasetRejected(
                [FieldError(f"/options/{name}", "no such option; nyu_npz has none") for name in options]
            )
        if location is None:
            raise DatasetRejected([FieldError("/location", "is needed: this kind reads files")])
        try:
            file = open_nyu(location)
            labelled = labelled_views(file)
        except NyuError as error:
            raise DatasetRejected([FieldError("/location", problem) for problem in error.problems]) from error
        except OSError as error:
            raise DatasetRejected([FieldError("/location", f"cannot be read: {error.strerror}")]) from error
        splits = {split: len(ids) for split, ids in file.splits.items()}
        return Inspection(
            options={},
            fingerprint=fingerprint(file),
            report=Report(
                image_size=file.image_size,
                splits=splits,
                tasks={task: _availability(task, labelled, sum(splits.values())) for task in TASKS},
                skipped=tuple(
                    SkippedFile(f"{location.name}/{name}", "no array that this kind reads")
                    for name in file.unused
                ),
            ),
        )


def fingerprint(file: NyuFile) -> str:
    """Names the data of a file."""
    identity = json.dumps({"kind": NyuNpz.name, "content": file.content}, sort_keys=True)
    return hashlib.sha256(identity.encode()).hexdigest()


def _availability(task: str, labelled: Mapping[str, int], views: int) -> Availability:
    if task in FROM_THE_IMAGE or task in _COMPUTED:
        return Availability(available=True, views=views)
    if task not in ARRAYS:
        return Availability(available=False, views=0, detail=f"nyu_npz has no labels for {task}")
    if task not in labelled:
        return Availability(available=False, views=0, detail=f"the file has no array {ARRAYS[task]}")
    if not labelled[task]:
        detail = f"the array {ARRAYS[task]} marks every pixel as unknown"
        return Availability(available=False, views=0, detail=detail)
    return Availability(available=True, views=labelled[task])
