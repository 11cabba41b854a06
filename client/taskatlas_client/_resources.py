"""The calls, grouped as the HTTP contract groups them."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from taskatlas_client._decode import decode
from taskatlas_client._types import (
    Affinity,
    Atlas,
    AtlasComparison,
    Clustering,
    Dataset,
    Estimates,
    FrontierPoint,
    Job,
    Key,
    NewKey,
    Page,
    Prediction,
    Significance,
    Task,
    Taxonomy,
    Transfer,
    Tree,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from taskatlas_client._transport import Transport
    from taskatlas_client._types import Scope

T = TypeVar("T")
API = "/api/v1"


@dataclass(frozen=True, slots=True)
class _List:
    items: list[Any]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Predictions:
    """What networks said."""

    predictions: list[Prediction]


class Resource:
    """Calls below one path."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _page(self, kind: type[T], path: str, **params: Any) -> Page[T]:
        body = decode(_List, self._transport.json("GET", API + path, params=params))
        return Page(items=decode(list[kind], body.items), next_cursor=body.next_cursor)

    def _every(self, kind: type[T], path: str, **params: Any) -> Iterator[T]:
        cursor: str | None = None
        while True:
            page = self._page(kind, path, cursor=cursor, limit=200, **params)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def _download(self, path: str, file: Path | str, *, params: Mapping[str, Any] | None = None) -> int:
        """Write an answer to a file, which appears whole or not at all; return its size in bytes."""
        written = Path(file)
        part = written.with_name(f".{written.name}.part")
        try:
            with part.open("wb") as stream:
                for piece in self._transport.content(path, params=params):
                    stream.write(piece)
            part.replace(written)
        finally:
            part.unlink(missing_ok=True)
        return written.stat().st_size


class Tasks(Resource):
    """The task dictionary."""

    def list(self) -> builtins.list[Task]:
        """Return every task of the dictionary."""
        return list(self._every(Task, "/tasks"))

    def get(self, name: str) -> Task:
        """Return one task."""
        return decode(Task, self._transport.json("GET", f"{API}/tasks/{name}"))


class Datasets(Resource):
    """Registered data sets."""

    def list(self, *, limit: int = 50, cursor: str | None = None) -> Page[Dataset]:
        """Return a page of data sets, newest first."""
        return self._page(Dataset, "/datasets", limit=limit, cursor=cursor)

    def create(
        self,
        name: str,
        kind: str,
        *,
        location: str | None = None,
        options: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Dataset:
        """Register a data set by kind and location; the answer comes once every file has been looked at.

        Args:
            name: As you call it.
            kind: One of the server's kinds.
            location: Of its files, for the server.
            options: Of the kind.
            timeout: Seconds to wait for the answer; None = as long as it takes: minutes for 100,000 files.
        """
        body: dict[str, Any] = {"name": name, "kind": kind, "options": dict(options or {})}
        if location is not None:
            body["location"] = location
        patient = self._transport.waiting(timeout)
        answer = self._transport.json("POST", f"{API}/datasets", json=body, idempotent=True, timeout=patient)
        return decode(Dataset, answer)

    def get(self, dataset_id: str) -> Dataset:
        """Return one data set with its validation report."""
        return decode(Dataset, self._transport.json("GET", f"{API}/datasets/{dataset_id}"))

    def delete(self, dataset_id: str) -> None:
        """Forget a data set; its files stay."""
        self._transport.request("DELETE", f"{API}/datasets/{dataset_id}")


class Atlases(Resource):
    """Atlases, what was measured in them, and what follows from it."""

    def list(self, *, limit: int = 50, cursor: str | None = None) -> Page[Atlas]:
        """Return a page of atlases, newest first."""
        return self._page(Atlas, "/atlases", limit=limit, cursor=cursor)

    def build(
        self,
        name: str,
        *,
        base: str | None = None,
        preset: str | None = None,
        dataset: str | None = None,
        tasks: Sequence[str] | None = None,
        orders: Sequence[int] | None = None,
        per_target: int | None = None,
        seed: int | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Job:
        """Start to build an atlas; follow the job with `jobs.wait`.

        Args:
            name: Name of the atlas.
            base: Id of an atlas whose data set, tasks, seed and task-specific networks are used; only transfers and
                baselines are trained, on as many images as `splits.transfer` of `overrides` says.
            preset: `tiny`, `quick`, `demo` or `full`; None = `quick`, or the base's.
            dataset: Id of a data set; None = rendered rooms of the preset's size.
            tasks: Names of tasks; None = the preset's.
            orders: How many sources transfers have; None = the preset's.
            per_target: Transfers of each higher order per target; None = the preset's.
            seed: Seed of everything random; None = 0, or the base's.
            overrides: Single settings of the preset.
        """
        optional = {
            "base": base,
            "preset": preset,
            "dataset": dataset,
            "tasks": None if tasks is None else [*tasks],
            "orders": None if orders is None else [*orders],
            "per_target": per_target,
            "seed": seed,
            "overrides": None if overrides is None else dict(overrides),
        }
        body: dict[str, Any] = {"name": name}
        body.update({field: value for field, value in optional.items() if value is not None})
        return decode(Job, self._transport.json("POST", f"{API}/atlases", json=body, idempotent=True))

    def import_file(self, file: Path | str, *, name: str) -> Atlas:
        """Import measured affinities (the CSV of the contract, or a released `all_affinities*.pkl`), or an archive
        that `export` wrote, with its networks.
        """
        path = Path(file)
        body = self._transport.json(
            "POST",
            f"{API}/atlases/import",
            data={"name": name},
            files=[("file", (path.name, path.read_bytes()))],
            idempotent=True,
        )
        return decode(Atlas, body)

    def export(self, atlas_id: str, file: Path | str, *, compact: bool = False) -> int:
        """Write a whole atlas to a file, which `import_file` reads; the file appears whole or not at all.

        Args:
            atlas_id: Id of a ready atlas.
            file: Where to write it; what is there already is replaced.
            compact: Leave out weights that few ask for, and validation losses.

        Returns:
            Its size in bytes.
        """
        params = {"compact": str(compact).lower()}
        return self._download(f"{API}/atlases/{atlas_id}/export", file, params=params)

    def get(self, atlas_id: str) -> Atlas:
        """Return one atlas."""
        return decode(Atlas, self._transport.json("GET", f"{API}/atlases/{atlas_id}"))

    def delete(self, atlas_id: str) -> None:
        """Delete an atlas with its transfers."""
        self._transport.request("DELETE", f"{API}/atlases/{atlas_id}")

    def affinity(self, atlas_id: str, *, order: int = 1, normalized: bool = True) -> Affinity:
        """Return the affinity matrix of one order."""
        params = {"order": order, "normalized": str(normalized).lower()}
        return decode(
            Affinity, self._transport.json("GET", f"{API}/atlases/{atlas_id}/affinity", params=params)
        )

    def affinity_file(
        self, atlas_id: str, kind: Literal["csv", "npy"], *, order: int = 1, normalized: bool = True
    ) -> bytes:
        """Return the affinities of one order as a file: CSV that imports read back, or the values alone as npy."""
        params = {"order": order, "normalized": str(normalized).lower(), "format": kind}
        path = f"{API}/atlases/{atlas_id}/affinity"
        return self._transport.request("GET", path, params=params, headers={"Accept": "*/*"}).content

    def estimates(
        self, atlas_id: str, *, method: Literal["logme", "leep", "hscore", "transrate"] = "logme"
    ) -> Estimates:
        """Return what an estimator says of every first-order transfer; there before any transfer trains."""
        path = f"{API}/atlases/{atlas_id}/estimates"
        return decode(Estimates, self._transport.json("GET", path, params={"method": method}))

    def transfers(
        self,
        atlas_id: str,
        *,
        target: str | None = None,
        source: str | None = None,
        order: int | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Transfer]:
        """Return a page of an atlas' transfers."""
        path = f"/atlases/{atlas_id}/transfers"
        chosen = {"target": target, "source": source, "order": order}
        return self._page(Transfer, path, limit=limit, cursor=cursor, **chosen)

    def every_transfer(
        self, atlas_id: str, *, target: str | None = None, source: str | None = None, order: int | None = None
    ) -> Iterator[Transfer]:
        """Yield an atlas' transfers over all pages."""
        path = f"/atlases/{atlas_id}/transfers"
        yield from self._every(Transfer, path, target=target, source=source, order=order)

    def transfer(self, atlas_id: str, transfer_id: str) -> Transfer:
        """Return one transfer with its curves."""
        return decode(
            Transfer, self._transport.json("GET", f"{API}/atlases/{atlas_id}/transfers/{transfer_id}")
        )

    def taxonomy(self, atlas_id: str, *, budget: float, **options: Any) -> Taxonomy:
        """Return the optimal taxonomy under a budget.

        Args:
            atlas_id: Id of the atlas.
            budget: What the chosen sources may cost together.
            **options: `max_order`, `targets`, `sources`, `costs`, `importance`, `require_sources`,
                `exclude_sources`, `include_self`, `include_random`, `min_quality`, `alternatives`,
                `time_limit_s` of the HTTP contract.
        """
        body = {"budget": budget, **options}
        return decode(
            Taxonomy,
            self._transport.json("POST", f"{API}/atlases/{atlas_id}/taxonomy", json=body, idempotent=True),
        )

    def frontier(self, atlas_id: str, *, max_order: int | None = None) -> builtins.list[FrontierPoint]:
        """Return the best objective at every budget."""
        body = self._transport.json(
            "GET", f"{API}/atlases/{atlas_id}/frontier", params={"max_order": max_order}
        )
        return decode(list[FrontierPoint], decode(_List, body).items)

    def tree(self, atlas_id: str) -> Tree:
        """Return the task similarity tree."""
        return decode(Tree, self._transport.json("GET", f"{API}/atlases/{atlas_id}/tree"))

    def newick(self, atlas_id: str) -> str:
        """Return the task similarity tree in Newick format."""
        path = f"{API}/atlases/{atlas_id}/tree"
        return self._transport.request("GET", path, params={"format": "newick"}).text

    def tree_groups(self, atlas_id: str, *, permutations: int = 9999, seed: int = 0) -> Clustering:
        """Return whether tasks of one group stand nearer in the tree than chance."""
        params = {"permutations": permutations, "seed": seed}
        path = f"{API}/atlases/{atlas_id}/tree/groups"
        return decode(Clustering, self._transport.json("GET", path, params=params))

    def significance(
        self,
        atlas_id: str,
        *,
        budget: float,
        max_order: int | None = None,
        samples: int = 1000,
        seed: int = 0,
    ) -> Significance:
        """Return how the optimal taxonomy compares with random feasible ones.

        Args:
            atlas_id: Id of the atlas.
            budget: How many sources may be chosen.
            max_order: How many sources may join in a transfer at most; None = every order measured.
            samples: Random taxonomies to compare with.
            seed: Seed of what is random.
        """
        params = {"budget": budget, "max_order": max_order, "samples": samples, "seed": seed}
        path = f"{API}/atlases/{atlas_id}/significance"
        return decode(Significance, self._transport.json("GET", path, params=params))

    def comparison(
        self, atlas_id: str, other_id: str, *, include_self: bool = False, include_random: bool = False
    ) -> AtlasComparison:
        """Return how alike two atlases rank the transfers that both have measured.

        Args:
            atlas_id: Id of one atlas.
            other_id: Id of the other, measured for example with another transfer data size.
            include_self: Count the targets' own full supervision as a source.
            include_random: Count the untrained encoder as a source.
        """
        params = {
            "with": other_id,
            "include_self": str(include_self).lower(),
            "include_random": str(include_random).lower(),
        }
        path = f"{API}/atlases/{atlas_id}/comparison"
        return decode(AtlasComparison, self._transport.json("GET", path, params=params))

    def infer(
        self,
        atlas_id: str,
        images: Sequence[Path | str | bytes],
        *,
        tasks: Sequence[str] | Literal["all"] = "all",
        transfers: Sequence[str] | None = None,
        array: bool = False,
    ) -> builtins.list[Prediction]:
        """Predict tasks for one input.

        Args:
            atlas_id: Id of the atlas whose networks predict.
            images: One to three JPEG or PNG images: file names or contents.
            tasks: Names of tasks, or `all`.
            transfers: Ids of transfers to use as well.
            array: Ask for the raw arrays too (`Prediction.array`, base64 of an npz file).
        """
        files = [("image", image_part(image)) for image in images]
        data = {"tasks": tasks if isinstance(tasks, str) else ",".join(tasks)}
        if transfers is not None:
            data["transfers"] = ",".join(transfers)
        if array:
            data["array"] = "true"
        body = self._transport.json("POST", f"{API}/atlases/{atlas_id}/infer", data=data, files=files)
        return decode(Predictions, body).predictions


class Keys(Resource):
    """API keys; needs the scope `admin`."""

    def list(self, *, limit: int = 50, cursor: str | None = None) -> Page[Key]:
        """Return a page of keys, newest first."""
        return self._page(Key, "/keys", limit=limit, cursor=cursor)

    def create(self, name: str, scopes: Sequence[Scope]) -> NewKey:
        """Make a key; its secret is in this answer and nowhere else."""
        body = {"name": name, "scopes": [*scopes]}
        return decode(NewKey, self._transport.json("POST", f"{API}/keys", json=body))

    def revoke(self, key_id: str) -> None:
        """Revoke a key at once."""
        self._transport.request("DELETE", f"{API}/keys/{key_id}")


def image_part(image: Path | str | bytes) -> tuple[str, bytes]:
    """Return the name and the content of an image to be sent."""
    if isinstance(image, bytes):
        return "image", image
    path = Path(image)
    return path.name, path.read_bytes()
