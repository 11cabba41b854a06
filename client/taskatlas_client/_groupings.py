"""Calls of groupings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskatlas_client._decode import decode
from taskatlas_client._resources import API, Resource
from taskatlas_client._types import Grouping, Job, Page

if TYPE_CHECKING:
    from collections.abc import Sequence


class Groupings(Resource):
    """Which tasks of an atlas should share a network: predicted from its affinities, and checked by training."""

    def list(self, atlas_id: str, *, limit: int = 50, cursor: str | None = None) -> Page[Grouping]:
        """Return a page of the groupings that an atlas was asked for, newest first."""
        return self._page(Grouping, f"/atlases/{atlas_id}/groupings", limit=limit, cursor=cursor)

    def ask(
        self,
        atlas_id: str,
        name: str | None = None,
        *,
        tasks: Sequence[str] | None = None,
        budget: float | None = None,
        network_cost: float | None = None,
        head_cost: float | None = None,
        candidates: int | None = None,
        method: str | None = None,
        normalization: str | None = None,
        seed: int | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
    ) -> Job:
        """Ask which tasks should share a network; follow the job with `jobs.wait`, its result holds the `grouping_id`.

        Args:
            atlas_id: Id of an atlas that was built.
            name: Name of the question.
            tasks: Of the atlas; None = all of those that can share a network.
            budget: Of all networks together: their number, where the costs are left as they are; None = 2.
            network_cost: Of a network without its heads; None = 1.
            head_cost: Of a task's head; None = 0.
            candidates: How many of the best predicted groupings are trained; None = 3.
            method: That trains networks of several tasks; None = `uniform`.
            normalization: Of the methods `mgda` and `mgda-ub`; None = none.
            seed: Of everything random; None = 0.
            epochs: Passes over the training images; None = 10.
            batch_size: Images per step; None = that of the atlas's own networks.
            learning_rate: Of the first step; None = that of the atlas's own networks.
        """
        optional = {
            "name": name,
            "tasks": None if tasks is None else [*tasks],
            "budget": budget,
            "network_cost": network_cost,
            "head_cost": head_cost,
            "candidates": candidates,
            "method": method,
            "normalization": normalization,
            "seed": seed,
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
        }
        body: dict[str, Any] = {field: value for field, value in optional.items() if value is not None}
        path = f"{API}/atlases/{atlas_id}/groupings"
        return decode(Job, self._transport.json("POST", path, json=body, idempotent=True))

    def get(self, atlas_id: str, grouping_id: str) -> Grouping:
        """Return one grouping with its prediction and what training showed so far."""
        path = f"{API}/atlases/{atlas_id}/groupings/{grouping_id}"
        return decode(Grouping, self._transport.json("GET", path))

    def delete(self, atlas_id: str, grouping_id: str) -> None:
        """Delete a grouping with its models."""
        self._transport.request("DELETE", f"{API}/atlases/{atlas_id}/groupings/{grouping_id}")

    def download(self, atlas_id: str, grouping_id: str, model_id: str) -> bytes:
        """Return a trained network as a safetensors file.

        Args:
            atlas_id: Id of the atlas.
            grouping_id: Id of the grouping.
            model_id: `model_id` of one of its runs.
        """
        path = f"{API}/atlases/{atlas_id}/groupings/{grouping_id}/models/{model_id}"
        return self._transport.request("GET", path).content
