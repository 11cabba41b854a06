"""Calls of multi-task trainings."""

from __future__ import annotations

import builtins
import json
import time
from typing import TYPE_CHECKING, Any

from taskatlas_client._decode import decode
from taskatlas_client._jobs import Jobs
from taskatlas_client._resources import API, Resource, image_part
from taskatlas_client._types import (
    Job,
    Multitask,
    MultitaskFront,
    MultitaskMethod,
    MultitaskPrediction,
    Page,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from taskatlas_client._types import FrontSplit

FOLLOW_EVERY_S = 2.0


class MultitaskTrainings(Resource):
    """Networks that share what they know between several tasks, trained by one method or by several."""

    def methods(self) -> builtins.list[MultitaskMethod]:
        """Return the ways to train: the service's own, then those of the library torchjd."""
        return list(self._every(MultitaskMethod, "/multitask/methods"))

    def list(self, *, limit: int = 50, cursor: str | None = None) -> Page[Multitask]:
        """Return a page of trainings, newest first, without their runs."""
        return self._page(Multitask, "/multitask", limit=limit, cursor=cursor)

    def train(
        self,
        name: str,
        *,
        dataset: str,
        tasks: Sequence[str],
        methods: Sequence[str],
        normalization: str | None = None,
        seeds: Sequence[int] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        preferences: Sequence[Sequence[float]] | None = None,
        architecture: str | None = None,
        learning_rate: float | None = None,
        optimiser: str | None = None,
        heads: str | None = None,
        image_size: int | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Job:
        """Start to train every method with every seed; its resource is the training, which `wait` and `follow` take.

        Args:
            name: Name of the training.
            dataset: Id of a data set that has labels of all the tasks.
            tasks: That share a network, two at least: of the dictionary or declared by the data set.
            methods: Names as `methods` lists them; `single` is what `delta_m` is measured against.
            normalization: What `mgda` and `mgda-ub` divide gradients by: `none` (the default), `l2`, `loss` or `loss+`.
            seeds: None = 0.
            epochs: Passes over the training images; None = 10.
            batch_size: Images per step; None = 256.
            preferences: Weights of the tasks, in their order; each is a run of every method that preferences steer.
                None = `grid` has weights of its own, and the others one run.
            architecture: `lenet`, `encoder`, `resnet18` or `pspnet`; None = what fits images and tasks.
            learning_rate: Of the first step; None = 0.003.
            optimiser: `adam` or `sgd`; None = `adam`.
            heads: `own` or `scaled`: whether MGDA's task heads follow their own gradients; None = `own`.
            image_size: Height and width, pixels, of data that can be made anew; None = the data set's.
            overrides: Single settings, such as `evaluations`.
        """
        optional = {
            "normalization": normalization,
            "seeds": None if seeds is None else [*seeds],
            "epochs": epochs,
            "batch_size": batch_size,
            "preferences": None if preferences is None else [[*weights] for weights in preferences],
            "architecture": architecture,
            "learning_rate": learning_rate,
            "optimiser": optimiser,
            "heads": heads,
            "image_size": image_size,
            "overrides": None if overrides is None else dict(overrides),
        }
        body: dict[str, Any] = {"name": name, "dataset": dataset, "tasks": [*tasks], "methods": [*methods]}
        body.update({field: value for field, value in optional.items() if value is not None})
        return decode(Job, self._transport.json("POST", f"{API}/multitask", json=body, idempotent=True))

    def get(self, multitask_id: str) -> Multitask:
        """Return one training with all its runs."""
        return decode(Multitask, self._transport.json("GET", f"{API}/multitask/{multitask_id}"))

    def wait(
        self,
        training: Job | Multitask | str,
        *,
        on_progress: Callable[[Job], None] | None = None,
        timeout: float | None = None,
    ) -> Multitask:
        """Wait for the end of a training and return it.

        Args:
            training: The training, its id, or the job that `train` returned.
            on_progress: Called with the job now, whenever something happened to it, and when it has ended.
            timeout: Seconds after which to give up waiting; None = never.

        Raises:
            JobFailedError: It failed; runs that ended before are in `get`.
            JobCancelledError: It was cancelled.
            JobWaitTimeoutError: The time is over; the training goes on.
        """
        found = self.get(_id_of(training))
        if found.status == "ready" or found.job_id is None:
            return found
        Jobs(self._transport).wait(found.job_id, on_progress=on_progress, timeout=timeout)
        return self.get(found.id)

    def follow(
        self, training: Job | Multitask | str, *, every_s: float = FOLLOW_EVERY_S
    ) -> Iterator[Multitask]:
        """Yield a training now, as it goes, and once it has ended: `running` holds the live curves.

        Args:
            training: The training, its id, or the job that `train` returned.
            every_s: Seconds between two looks, at least.
        """
        found = self.get(_id_of(training))
        yield found
        if found.status != "training" or found.job_id is None:
            return
        seen = time.monotonic()
        for _ in Jobs(self._transport).events(found.job_id):
            if time.monotonic() - seen >= every_s:
                yield self.get(found.id)
                seen = time.monotonic()
        yield self.get(found.id)

    def delete(self, multitask_id: str) -> None:
        """Delete a training with its models; one that runs is cancelled."""
        self._transport.request("DELETE", f"{API}/multitask/{multitask_id}")

    def front(
        self, multitask_id: str, *, tasks: Sequence[str] | None = None, split: FrontSplit | None = None
    ) -> MultitaskFront:
        """Return the Pareto front of the models that there are so far.

        Args:
            multitask_id: Id of the training.
            tasks: The axes; None = all tasks.
            split: `test` or `validation`, on which a choice between models may be made; None = `test`.
        """
        path = f"{API}/multitask/{multitask_id}/front"
        return decode(MultitaskFront, self._transport.json("GET", path, params=_axes(tasks, split)))

    def front_picture(
        self, multitask_id: str, *, tasks: Sequence[str] | None = None, split: FrontSplit | None = None
    ) -> bytes:
        """Return the front of two to six tasks as an SVG picture, a panel for each pair of them."""
        path = f"{API}/multitask/{multitask_id}/front.svg"
        accept = {"Accept": "*/*"}
        return self._transport.request("GET", path, params=_axes(tasks, split), headers=accept).content

    def predict(
        self,
        multitask_id: str,
        images: Sequence[Path | str | bytes],
        *,
        model: str | None = None,
        preference: Sequence[float] | None = None,
        tasks: Sequence[str] | None = None,
        png: bool | None = None,
        array: bool = False,
    ) -> MultitaskPrediction:
        """Ask a network for all its tasks at once.

        Args:
            multitask_id: Id of the training.
            images: JPEG or PNG images: file names or contents.
            model: `model_id` of a result; None = the preferred one, or the one that fits `preference`.
            preference: Weights of the tasks, in their order: the shared network that fits them best answers.
            tasks: Names; None = all tasks of the training.
            png: Draw every prediction, or none; None = those that are images.
            array: Ask for the raw arrays too (`TaskPrediction.array`, base64 of an npz file).
        """
        files = [("image", image_part(image)) for image in images]
        data = {
            "model": model,
            "preference": None if preference is None else json.dumps([*preference]),
            "tasks": None if tasks is None else ",".join(tasks),
            "png": None if png is None else str(png).lower(),
            "array": "true" if array else None,
        }
        sent = {field: value for field, value in data.items() if value is not None}
        path = f"{API}/multitask/{multitask_id}/predict"
        return decode(MultitaskPrediction, self._transport.json("POST", path, data=sent, files=files))

    def download_model(self, multitask_id: str, model_id: str, file: Path | str) -> int:
        """Write a model to a safetensors file, which appears whole or not at all; return its size in bytes."""
        return self._download(f"{API}/multitask/{multitask_id}/models/{model_id}", file)


def _id_of(training: Job | Multitask | str) -> str:
    if isinstance(training, Job):
        if training.resource is None:
            raise ValueError(f"job {training.id} makes no multi-task training")
        return training.resource.id
    return training if isinstance(training, str) else training.id


def _axes(tasks: Sequence[str] | None, split: FrontSplit | None) -> dict[str, str | None]:
    return {"tasks": None if tasks is None else ",".join(tasks), "split": split}
