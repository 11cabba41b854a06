"""Use cases of data sets: register with validation, look up, forget."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.core.database import IntegrityError, Session
from app.core.errors import Conflict, FieldError, InvalidInput, NotFound
from app.core.ids import new_id
from app.core.pagination import cut, decode_time_cursor
from app.core.platform import Platform
from app.datasets.kinds.base import DatasetKind, DatasetRejected, DerivedKind, Inspection
from app.datasets.kinds.registry import KINDS
from app.datasets.locations import allowed_path
from app.datasets.records import Dataset
from app.datasets.repository import DatasetsRepository


@dataclass(frozen=True, slots=True)
class _Source:
    """Where data come from.

    Attributes:
        location: as the user wrote it, or as it was stored.
        options: of the kind.
        pointer: to the field of the request that names the location.
    """

    location: str | None
    options: Mapping[str, Any]
    pointer: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """A data set that can be used and is not stored yet.

    Attributes:
        kind: one of the kinds available.
        path: where its files are, if it has any.
        found: what its validation found.
    """

    kind: str
    path: Path | None
    found: Inspection


class DatasetsService:
    """Data sets as users know them.

    Args:
        session: of the running transaction.
        platform: its settings say which folders may be read.
        kinds: by name; those of this service unless a test brings its own.
    """

    def __init__(
        self, session: Session, platform: Platform, kinds: Mapping[str, DatasetKind] = KINDS
    ) -> None:
        self._session = session
        self._platform = platform
        self._kinds = kinds
        self._repository = DatasetsRepository(session)

    def register(
        self, name: str, kind: str, *, location: str | None = None, options: Mapping[str, Any] | None = None
    ) -> Dataset:
        """Validate a data set and remember it with the report; see `inspect` and `add`.

        Raises:
            InvalidInput: naming each field at fault.
        """
        return self.add(name, self.inspect(kind, location=location, options=options))

    def inspect(
        self, kind: str, *, location: str | None = None, options: Mapping[str, Any] | None = None
    ) -> Inspected:
        """Validate a data set, which may take minutes; nothing of it touches the service's transaction.

        Args:
            kind: one of the kinds available.
            location: path below one of the allowed roots; relative ones start at the working directory.
            options: of the kind.

        Raises:
            InvalidInput: naming each field at fault.
        """
        chosen = self._kinds.get(kind)
        if chosen is None:
            detail = f"unknown kind {kind!r}; available are {', '.join(sorted(self._kinds))}"
            raise InvalidInput(detail, errors=[FieldError("/kind", detail)])
        try:
            place = self._source(chosen, location, options or {})
            path = self._allowed(place, needed=chosen.needs_location)
            found = chosen.inspect(path, place.options)
        except DatasetRejected as rejected:
            raise InvalidInput(f"no usable data set: {rejected}", errors=rejected.errors) from rejected
        return Inspected(kind, path, found)

    def add(self, name: str, inspected: Inspected) -> Dataset:
        """Remember what was validated, as its user calls it."""
        found = inspected.found
        dataset = Dataset(
            id=new_id("dat"),
            name=name,
            kind=inspected.kind,
            location=None if inspected.path is None else str(inspected.path),
            options=found.options,
            fingerprint=found.fingerprint,
            report=asdict(found.report),
            created_at=self._platform.database.now(self._session),
        )
        self._repository.add(dataset)
        return dataset

    def register_once(self, name: str, kind: str, *, options: Mapping[str, Any]) -> Dataset:
        """The data set that holds exactly these data: one that is registered already, or a new one.

        Raises:
            InvalidInput: naming each option at fault.
        """
        inspected = self.inspect(kind, options=options)
        return self._repository.with_fingerprint(inspected.found.fingerprint) or self.add(name, inspected)

    def same_data(
        self, name: str, kind: str, *, options: Mapping[str, Any], fingerprint: str
    ) -> Dataset | None:
        """The data set of a fingerprint: one that is registered, or one whose data can be made from its options.

        Returns:
            None where the data are neither known here nor a pure function of the options.
        """
        known = self._repository.with_fingerprint(fingerprint)
        chosen = self._kinds.get(kind)
        if known is not None or chosen is None or chosen.needs_location:
            return known
        try:
            if chosen.inspect(None, options).fingerprint != fingerprint:
                return None
        except DatasetRejected:
            return None
        return self.register(name, kind, options=options)

    def get(self, dataset_id: str) -> Dataset:
        """One data set.

        Raises:
            NotFound: there is none of that id.
        """
        dataset = self._repository.get(dataset_id)
        if dataset is None:
            raise NotFound(f"there is no data set {dataset_id!r}")
        return dataset

    def named(self, dataset_id: str, pointer: str) -> Dataset:
        """The data set that a field of a request names.

        Raises:
            InvalidInput: there is none of that id; the pointer leads to the field.
        """
        try:
            return self.get(dataset_id)
        except NotFound as error:
            raise InvalidInput.at(pointer, error.detail) from error

    def page(self, *, limit: int, cursor: str | None) -> tuple[Sequence[Dataset], str | None]:
        """A page of data sets, newest first, and the cursor of the next.

        Raises:
            InvalidInput: the cursor is none of this list.
        """
        rows = self._repository.page(after=decode_time_cursor(cursor), limit=limit + 1)
        return cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))

    def delete(self, dataset_id: str) -> None:
        """Forget a data set; files at its location stay.

        Raises:
            NotFound: there is none of that id.
            Conflict: an atlas, a novel target, an adaptation or a multi-task training uses it.
        """
        self.get(dataset_id)
        try:
            self._repository.delete(dataset_id)
        except IntegrityError as error:
            raise Conflict(
                f"data set {dataset_id} is in use by an atlas, a novel target, an adaptation or a multi-task training; "
                "delete that first"
            ) from error

    def _source(self, kind: DatasetKind, location: str | None, options: Mapping[str, Any]) -> _Source:
        """Where the data come from: if they are made from another data set, its location."""
        source_id = kind.source_id(options) if isinstance(kind, DerivedKind) else None
        if not isinstance(kind, DerivedKind) or source_id is None:
            return _Source(location, options, "/location")
        pointer = f"/options/{kind.source_option}"
        # Apart from this transaction: SQLite would hold its one writer up while the files are read.
        with self._platform.database.session(read_only=True) as reading:
            source = DatasetsRepository(reading).get(source_id)
        if source is None:
            raise DatasetRejected([FieldError(pointer, f"there is no data set {source_id!r}")])
        if location:
            raise DatasetRejected([FieldError(pointer, "a location is given too: leave one of the two out")])
        return _Source(source.location, kind.of_source(source, options), pointer)

    def _allowed(self, source: _Source, *, needed: bool) -> Path | None:
        if source.location:
            roots = self._platform.settings.datasets.roots
            return allowed_path(source.location, roots, pointer=source.pointer, needed=needed)
        if needed:
            raise InvalidInput(
                "this kind reads files",
                errors=[FieldError("/location", "is needed: this kind reads files")],
            )
        return None
