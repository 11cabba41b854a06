"""What data sets with other splits of the same views share: everything but the splits."""

from collections.abc import Collection

from models.data.views import Views
from models.tasks.labels import LabelInfo
from models.training.progress import RunContext


class Resplit:
    """The views of a data set; what is made of its splits, a subclass says.

    Args:
        views: the data set.
    """

    def __init__(self, views: Views) -> None:
        self._views = views

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self._views.image_size

    @property
    def label_info(self) -> LabelInfo:
        """As the data set has it."""
        return self._views.label_info

    @property
    def labels(self) -> frozenset[str]:
        """Names of the arrays that there are."""
        return self._views.labels

    def prepare(self, labels: Collection[str], context: RunContext) -> None:
        """Make `labels` of the whole data set ready."""
        self._views.prepare(labels, context)
