"""A registered data set as the rest of the service sees it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.taxonomy.own import OwnTask


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A registered data set.

    Attributes:
        id: opaque.
        name: as its user calls it.
        kind: a name of `app.datasets.kinds.registry`.
        location: absolute path below an allowed root; None where nothing is read.
        options: of its kind, defaults filled in.
        fingerprint: names the data: equal fingerprints, equal arrays.
        report: what validation found, as the API shows it.
        created_at: UTC.
    """

    id: str
    name: str
    kind: str
    location: str | None
    options: Mapping[str, Any]
    fingerprint: str
    report: Mapping[str, Any]
    created_at: datetime

    @property
    def own(self) -> tuple[OwnTask, ...]:
        """Tasks that its user declared; reports of before there were any have none."""
        return tuple(OwnTask.from_json(task) for task in self.report.get("own", []))

    def views_for(self, tasks: Collection[str]) -> dict[str, int]:
        """Views of each split that have all labels of some tasks, of which each is available."""
        views: dict[str, int] = dict(self.report["splits"])
        for gap in self.report.get("gaps", ()):
            if not set(tasks).isdisjoint(gap["tasks"]):
                views[gap["split"]] -= gap["views"]
        return views
