"""What every process of the service stands on: settings, database, artefacts and the doorbell."""

from dataclasses import dataclass

from app.core.artifacts import ArtifactStore, build_artifact_store
from app.core.database import Database
from app.core.queue import Queue
from app.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Platform:
    """Built once per process and passed down."""

    settings: Settings
    database: Database
    artifacts: ArtifactStore
    queue: Queue

    def close(self) -> None:
        """Give every connection back."""
        self.queue.close()
        self.database.close()


def build_platform(settings: Settings) -> Platform:
    """Open what the settings name; nothing is connected to before it is used."""
    return Platform(
        settings=settings,
        database=Database(settings.database),
        artifacts=build_artifact_store(settings.artifacts),
        queue=Queue(settings.queue),
    )
