from collections.abc import Mapping

import pytest

from models.data.rooms.config import RoomsConfig
from models.data.views import RoomsViews
from models.training.progress import NullContext
from models.transfer.results import TaskNetwork
from models.transfer.task_specific import train_task_network
from tests.unit.models.transfer.small import SMALL


@pytest.fixture(scope="session")
def views(tmp_path_factory: pytest.TempPathFactory) -> RoomsViews:
    rooms = RoomsConfig(seed=SMALL.seed, size=SMALL.image_size)
    return RoomsViews(rooms, SMALL.splits, tmp_path_factory.mktemp("rooms"), workers=1)


@pytest.fixture(scope="session")
def networks(views: RoomsViews) -> Mapping[str, TaskNetwork]:
    """Trained networks of every source of the small atlas."""
    return {name: train_task_network(SMALL, name, views, NullContext()) for name in SMALL.sources}
