"""Atlases whose task-specific networks another atlas stands on."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.atlases.records import Atlas, Network
from app.core.errors import FieldError, InvalidInput
from models.transfer.config import AtlasConfig, ConfigError


@dataclass(frozen=True, slots=True)
class Base:
    """What a new atlas takes over of another.

    Attributes:
        config: of the base.
        dataset_id: that both are measured on.
        networks: the task-specific ones, of every source, with what their encoders make of the images.
    """

    config: AtlasConfig
    dataset_id: str
    networks: Sequence[Network]


def usable_base(atlas: Atlas, networks: Sequence[Network]) -> Base:
    """What a new atlas takes over of a ready one.

    Args:
        atlas: a ready one.
        networks: its task-specific networks.

    Raises:
        InvalidInput: it has no networks, or not all that transfers start from.
    """
    if not networks:
        raise no_base(f"atlas {atlas.id} is {atlas.origin} and has no task-specific networks")
    if atlas.dataset_id is None:
        raise no_base(f"atlas {atlas.id} names no data set to train transfers on")
    try:
        config = AtlasConfig.from_json(atlas.config)
    except ConfigError as error:
        raise no_base(f"atlas {atlas.id} does not say how it was built: {error.detail}") from error
    able = {network.task for network in networks if network.representations}
    if missing := [source for source in config.sources if source not in able]:
        detail = f"atlas {atlas.id} keeps no representations of the sources {', '.join(missing)}"
        raise no_base(detail)
    wanted = set(config.sources)
    return Base(config, atlas.dataset_id, [network for network in networks if network.task in wanted])


def no_base(detail: str) -> InvalidInput:
    """The answer to a base of no use."""
    return InvalidInput(detail, errors=[FieldError("/base", detail)])
