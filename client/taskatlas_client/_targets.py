"""Calls of novel targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskatlas_client._decode import decode
from taskatlas_client._resources import API, Predictions, Resource, image_part
from taskatlas_client._types import Job, NovelTarget, Page, Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Targets(Resource):
    """Tasks outside an atlas, each reached from its networks with a small labelled set."""

    def list(self, atlas_id: str, *, limit: int = 50, cursor: str | None = None) -> Page[NovelTarget]:
        """Return a page of an atlas' novel targets, newest first."""
        return self._page(NovelTarget, f"/atlases/{atlas_id}/targets", limit=limit, cursor=cursor)

    def train(
        self,
        atlas_id: str,
        name: str,
        *,
        dataset: str,
        task: str | None = None,
        orders: Sequence[int] | None = None,
        per_target: int | None = None,
        seed: int = 0,
        overrides: Mapping[str, Any] | None = None,
    ) -> Job:
        """Start to train for a novel target; follow the job with `jobs.wait`, its result holds the `target_id`.

        Args:
            atlas_id: Id of the atlas whose networks are the sources.
            name: Name of the target.
            dataset: Id of the small labelled set.
            task: Of the data set; None = its only one that is not of the dictionary.
            orders: How many sources transfers have; None = 1 and 2.
            per_target: Source sets of each higher order; None = 5.
            seed: Seed of everything random.
            overrides: Single settings, such as `transfer_training.steps`.
        """
        optional = {
            "task": task,
            "orders": None if orders is None else [*orders],
            "per_target": per_target,
            "overrides": None if overrides is None else dict(overrides),
        }
        body: dict[str, Any] = {"name": name, "dataset": dataset, "seed": seed}
        body.update({field: value for field, value in optional.items() if value is not None})
        path = f"{API}/atlases/{atlas_id}/targets"
        return decode(Job, self._transport.json("POST", path, json=body, idempotent=True))

    def get(self, atlas_id: str, target_id: str) -> NovelTarget:
        """Return one target with its ranking and baselines."""
        path = f"{API}/atlases/{atlas_id}/targets/{target_id}"
        return decode(NovelTarget, self._transport.json("GET", path))

    def delete(self, atlas_id: str, target_id: str) -> None:
        """Delete a target with its models."""
        self._transport.request("DELETE", f"{API}/atlases/{atlas_id}/targets/{target_id}")

    def infer(
        self,
        atlas_id: str,
        target_id: str,
        images: Sequence[Path | str | bytes],
        *,
        model: str | None = None,
        array: bool = False,
    ) -> Prediction:
        """Predict the target for one input.

        Args:
            atlas_id: Id of the atlas.
            target_id: Id of the target.
            images: As many JPEG or PNG images as the task takes: file names or contents.
            model: Id of a transfer or of the network from scratch; None = the best.
            array: Ask for the raw array too (`Prediction.array`, base64 of an npz file).
        """
        files = [("image", image_part(image)) for image in images]
        data = {} if model is None else {"model": model}
        if array:
            data["array"] = "true"
        path = f"{API}/atlases/{atlas_id}/targets/{target_id}/infer"
        body = self._transport.json("POST", path, data=data, files=files)
        return decode(Predictions, body).predictions[0]
