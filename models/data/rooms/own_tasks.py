"""Tasks of rooms beside the dictionary's, as declarations."""

from models.data.instances import INSTANCE_OFFSETS
from models.data.rooms.attributes import ATTRIBUTES
from models.taxonomy.own import OwnTask


def own_tasks(*, attributes: bool, instances: bool) -> tuple[OwnTask, ...]:
    """The declared tasks of a data set of rooms.

    Args:
        attributes: with the 40 attributes, of kind `class`, in their order.
        instances: with `instance_offsets`, of kind `map`.
    """
    return (
        *((INSTANCE_OFFSETS,) if instances else ()),
        *((each.task for each in ATTRIBUTES) if attributes else ()),
    )
