"""Use cases of taxonomies: everything here follows from an atlas's affinities, which never change once it is ready."""

import json
from collections.abc import Callable
from dataclasses import asdict

from app.atlases.encoded import EncodedBodies
from app.atlases.service import AtlasesService
from app.core.dependencies import Reader
from app.core.errors import Conflict, FieldError, InvalidInput, NotFound
from app.taxonomies.comparison import AtlasComparisonOut
from app.taxonomies.evidence import ClusteringOut, SignificanceOut
from app.taxonomies.schemas import FrontierOut, TaxonomyOut, tree_document
from app.transfers.service import TransfersService
from models.taxonomy.clusters import NoClusters, clustering
from models.taxonomy.comparison import compare_tables
from models.taxonomy.explain import explain
from models.taxonomy.frontier import frontier
from models.taxonomy.options import OptionError, Options
from models.taxonomy.program import solve
from models.taxonomy.significance import significance
from models.taxonomy.similarity import NoTree, Tree, similarity_tree
from models.taxonomy.table import Transfer

FRONTIER_LIMIT_S = 60.0


class Unproven(Exception):
    """The time was up before the answer was proven; the best so far must not be kept.

    Attributes:
        body: the answer.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__("the time was up before the answer was proven")
        self.body = body


class TaxonomiesService:
    """What an atlas's affinities say.

    No transaction is open while a program is being solved.

    Args:
        reader: opens transactions for who asks.
        solved: keeps proven answers.
    """

    def __init__(self, reader: Reader, solved: EncodedBodies) -> None:
        self._reader = reader
        self._solved = solved

    def edition(self, atlas_id: str) -> str:
        """Names the affinities of a ready atlas.

        Raises:
            NotFound: there is no atlas of that id.
            Conflict: it is being built, or its build did not succeed.
        """
        with self._reader.session() as session:
            return AtlasesService(session, self._reader.platform).edition(atlas_id)

    def taxonomy(self, atlas_id: str, edition: str, options: Options) -> bytes:
        """The best taxonomy, as JSON.

        Raises:
            InvalidInput: an option names what the atlas does not have, or contradicts another.
            Unproven: with the best taxonomy that was found in time.
        """

        def build() -> bytes:
            table = self._table(atlas_id)
            try:
                taxonomy = solve(table, options)
            except OptionError as error:
                raise InvalidInput(str(error), errors=[FieldError(error.pointer, error.detail)]) from error
            answer = TaxonomyOut.solved(taxonomy, explain(table, options, taxonomy.best))
            body = answer.model_dump_json().encode()
            if not taxonomy.complete:
                raise Unproven(body)
            return body

        return self._once("taxonomy", edition, json.dumps(asdict(options), sort_keys=True), build)

    def frontier(self, atlas_id: str, edition: str, max_order: int | None) -> bytes:
        """The best objective of every budget, as JSON.

        Raises:
            Unproven: with the best that was found in time.
        """

        def build() -> bytes:
            points = frontier(self._table(atlas_id), max_order=max_order, time_limit_s=FRONTIER_LIMIT_S)
            body = FrontierOut.of(points).model_dump_json().encode()
            if not all(point.optimal for point in points):
                raise Unproven(body)
            return body

        return self._once("frontier", edition, str(max_order), build)

    def tree(self, atlas_id: str) -> bytes:
        """The task similarity tree, as JSON.

        Raises:
            Conflict: the atlas has no transfers to compare.
        """
        return json.dumps(tree_document(self._tree(atlas_id)), separators=(",", ":")).encode()

    def newick(self, atlas_id: str) -> bytes:
        """The same in Newick format.

        Raises:
            Conflict: the atlas has no transfers to compare.
        """
        return (self._tree(atlas_id).newick() + "\n").encode()

    def clustering(self, atlas_id: str, edition: str, permutations: int, seed: int) -> bytes:
        """Whether tasks of one group stand nearer in the tree than chance, as JSON.

        Raises:
            Conflict: the atlas has no transfers, or no groups, to compare.
        """

        def build() -> bytes:
            tree = self._tree(atlas_id)
            try:
                found = clustering(tree, permutations=permutations, seed=seed)
            except NoClusters as error:
                raise Conflict(f"atlas {atlas_id} has no groups of tasks: {error}") from error
            return ClusteringOut.of(found, seed).model_dump_json().encode()

        return self._once("groups", edition, f"{permutations} {seed}", build)

    def significance(self, atlas_id: str, edition: str, options: Options, samples: int, seed: int) -> bytes:
        """The best taxonomy against random feasible ones, as JSON.

        Args:
            atlas_id: of a ready atlas.
            edition: of its affinities.
            options: budget and order.
            samples: random taxonomies.
            seed: of what is random.

        Raises:
            InvalidInput: so many samples of so many transfers would take too long.
            Unproven: with the best taxonomy that was found in time.
        """

        def build() -> bytes:
            try:
                found = significance(self._table(atlas_id), options, samples=samples, seed=seed)
            except OptionError as error:
                # What is asked here are query parameters, which have names and no pointers.
                name = error.pointer.removeprefix("/")
                raise InvalidInput(str(error), errors=[FieldError(name, error.detail)]) from error
            body = SignificanceOut.of(found, seed).model_dump_json().encode()
            if not found.taxonomy.complete:
                raise Unproven(body)
            return body

        question = json.dumps([asdict(options), samples, seed], sort_keys=True)
        return self._once("significance", edition, question, build)

    def other_edition(self, atlas_id: str) -> str:
        """Names the affinities of the atlas that another is compared with.

        Raises:
            InvalidInput: there is no atlas of that id.
            Conflict: it is being built, or its build did not succeed.
        """
        try:
            return self.edition(atlas_id)
        except NotFound as error:
            raise InvalidInput(error.detail, errors=[FieldError("with", error.detail)]) from error

    def comparison(
        self,
        atlas_id: str,
        other_id: str,
        editions: tuple[str, str],
        *,
        include_self: bool,
        include_random: bool,
    ) -> bytes:
        """How alike two atlases rank the transfers that both have measured, as JSON."""

        def build() -> bytes:
            chosen = {"include_self": include_self, "include_random": include_random}
            found = compare_tables(self._table(atlas_id), self._table(other_id), **chosen)
            return AtlasComparisonOut.of(found, atlas_id, other_id, **chosen).model_dump_json().encode()

        question = json.dumps([editions[1], include_self, include_random])
        return self._once("comparison", editions[0], question, build)

    def _tree(self, atlas_id: str) -> Tree:
        try:
            return similarity_tree(self._table(atlas_id))
        except NoTree as error:
            raise Conflict(f"atlas {atlas_id} has no tree: {error}") from error

    def _table(self, atlas_id: str) -> list[Transfer]:
        with self._reader.session() as session:
            return TransfersService(session, self._reader.platform).table(atlas_id)

    def _once(self, kind: str, edition: str, question: str, build: Callable[[], bytes]) -> bytes:
        return self._solved.get((kind, edition, question), build)
