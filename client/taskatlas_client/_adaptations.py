"""Calls of adaptations."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from taskatlas_client._decode import decode
from taskatlas_client._resources import API, Resource, image_part
from taskatlas_client._types import Adaptation, AdaptationPrediction, Embedding, Job, Page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Embeddings:
    embeddings: builtins.list[Embedding]


class Adaptations(Resource):
    """Classifiers brought from a labelled source to an unlabelled target that has only some of its classes."""

    def list(self, *, limit: int = 50, cursor: str | None = None) -> Page[Adaptation]:
        """Return a page of adaptations, newest first, without their runs."""
        return self._page(Adaptation, "/adaptations", limit=limit, cursor=cursor)

    def create(
        self,
        name: str,
        *,
        source: str,
        target: str,
        target_classes: Sequence[str] | None = None,
        methods: Sequence[str] | None = None,
        mode: str | None = None,
        backbone: str | None = None,
        weights: str | None = None,
        seeds: Sequence[int] | None = None,
        steps: int | None = None,
        batch_size: int | None = None,
        image_size: int | None = None,
        selector: str | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Job:
        """Start to train every method with every seed; follow the job with `jobs.wait`, its resource is the adaptation.

        Args:
            name: Name of the adaptation.
            source: Id of a data set with one class per example.
            target: Id of the data set to adapt to; its labels, if it has any, serve figures only.
            target_classes: Restrict the target to examples of these; None = all of it.
            methods: `source-only`, `dann`, `san-selective`, `san-entropy`, `san`, `pada`, `etn`, `ba3us`; None = all.
            mode: Whose formulas SAN follows: `paper`, `caffe` or `w_t`; None = the server's default.
            backbone: `small`, `resnet18`, `resnet50` or `features`; None = `small`.
            weights: Path, on the server, of pretrained weights; None = random ones.
            seeds: None = 0, 1, 2.
            steps: Optimiser steps of every run; None = 2000.
            batch_size: Examples per step of each domain; None = 64.
            image_size: Height and width that images are brought to, pixels; None = what fits source and backbone.
            selector: The label-free score that chooses the step; None = the server's default.
            overrides: Single settings, such as `learning_rate`.
        """
        optional = {
            "target_classes": None if target_classes is None else [*target_classes],
            "methods": None if methods is None else [*methods],
            "mode": mode,
            "backbone": backbone,
            "weights": weights,
            "seeds": None if seeds is None else [*seeds],
            "steps": steps,
            "batch_size": batch_size,
            "image_size": image_size,
            "selector": selector,
            "overrides": None if overrides is None else dict(overrides),
        }
        body: dict[str, Any] = {"name": name, "source_dataset": source, "target_dataset": target}
        body.update({field: value for field, value in optional.items() if value is not None})
        return decode(Job, self._transport.json("POST", f"{API}/adaptations", json=body, idempotent=True))

    def get(self, adaptation_id: str) -> Adaptation:
        """Return one adaptation with all its runs."""
        return decode(Adaptation, self._transport.json("GET", f"{API}/adaptations/{adaptation_id}"))

    def delete(self, adaptation_id: str) -> None:
        """Delete an adaptation with its models; a training that runs is cancelled."""
        self._transport.request("DELETE", f"{API}/adaptations/{adaptation_id}")

    def embedding(
        self, adaptation_id: str, *, method: str | None = None, seed: int | None = None
    ) -> builtins.list[Embedding]:
        """Return bottleneck features in two dimensions, of one run of each method or of the one asked for."""
        params = {"method": method, "seed": seed}
        path = f"{API}/adaptations/{adaptation_id}/embedding"
        return decode(_Embeddings, self._transport.json("GET", path, params=params)).embeddings

    def embedding_picture(
        self,
        adaptation_id: str,
        *,
        method: str | None = None,
        seed: int | None = None,
        color: Literal["class", "domain"] = "class",
    ) -> bytes:
        """Return the same of one run as a PNG."""
        params = {"method": method, "seed": seed, "format": "png", "color": color}
        path = f"{API}/adaptations/{adaptation_id}/embedding"
        return self._transport.request("GET", path, params=params, headers={"Accept": "*/*"}).content

    def predict(
        self, adaptation_id: str, images: Sequence[Path | str | bytes], *, model: str | None = None
    ) -> AdaptationPrediction:
        """Ask a model for the classes of some images.

        Args:
            adaptation_id: Id of the adaptation.
            images: JPEG or PNG images: file names or contents.
            model: `model_id` of a result; None = the preferred model.
        """
        files = [("image", image_part(image)) for image in images]
        path = f"{API}/adaptations/{adaptation_id}/predict"
        data = {} if model is None else {"model": model}
        return decode(AdaptationPrediction, self._transport.json("POST", path, data=data, files=files))

    def predict_vectors(
        self, adaptation_id: str, vectors: Sequence[Sequence[float]], *, model: str | None = None
    ) -> AdaptationPrediction:
        """Ask a model of pre-extracted features for the classes of some vectors.

        Args:
            adaptation_id: Id of an adaptation with the backbone `features`.
            vectors: (N, D) numbers; of an array its `tolist()`.
            model: `model_id` of a result; None = the preferred model.
        """
        body: dict[str, Any] = {"vectors": [[*row] for row in vectors]}
        if model is not None:
            body["model"] = model
        path = f"{API}/adaptations/{adaptation_id}/predict"
        return decode(AdaptationPrediction, self._transport.json("POST", path, json=body))

    def download_model(self, adaptation_id: str, model_id: str, file: Path | str) -> int:
        """Write a model to a safetensors file, which appears whole or not at all; return its size in bytes."""
        return self._download(f"{API}/adaptations/{adaptation_id}/models/{model_id}", file)
