"""Every table of the service. Migrations are compared with these, so each resource's tables are named here."""

from app.adaptations.tables import AdaptationRow, AdaptationRunRow
from app.atlases.bundled.tables import BundledAtlasRow
from app.atlases.tables import AtlasRow, NetworkRow
from app.core.database import Base
from app.core.idempotency.tables import FirstResponse
from app.datasets.tables import DatasetRow
from app.estimates.tables import EstimateRow
from app.groupings.tables import GroupingRow, GroupingRunRow
from app.jobs.tables import Job, JobDependency, JobEvent, Worker
from app.keys.tables import KeyRow
from app.multitask.tables import MultitaskRow, MultitaskRunRow
from app.targets.tables import NovelModelRow, NovelTargetRow
from app.transfers.tables import TransferRow

__all__ = [
    "METADATA",
    "AdaptationRow",
    "AdaptationRunRow",
    "AtlasRow",
    "BundledAtlasRow",
    "DatasetRow",
    "EstimateRow",
    "FirstResponse",
    "GroupingRow",
    "GroupingRunRow",
    "Job",
    "JobDependency",
    "JobEvent",
    "KeyRow",
    "MultitaskRow",
    "MultitaskRunRow",
    "NetworkRow",
    "NovelModelRow",
    "NovelTargetRow",
    "TransferRow",
    "Worker",
]

METADATA = Base.metadata
