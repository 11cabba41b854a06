"""What a folder holds: its views by split, the labels of each, and every file that is not used, with the reason.

Taking stock has two steps. `plan` chooses views by the names of files alone and signs them with their sizes and times
of change; `survey` opens what was chosen. Images, the long part, are checked by `image_problems`, whose answer holds
as long as the signature does.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from models.data.splits import SPLITS, Split
from models.data.taskonomy_folder.domains import (
    COMPUTABLE,
    DOMAINS,
    LABEL_DOMAINS,
    MASKED,
    MASKS,
    POINTS,
    RGB,
    TUPLES,
    task_labels,
)
from models.data.taskonomy_folder.files import check_image, read_distribution
from models.data.taskonomy_folder.layout import FolderError, Layout, Skipped, ViewId, read_layout
from models.data.taskonomy_folder.points import FileProblem, PointInfo, read_point_info
from models.data.taskonomy_folder.splits import by_file, by_seed, chosen_views, split_file
from models.data.taskonomy_folder.tuples import Tuples, draw_tuples

_SOFT = ("class_object", "class_scene")


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """What a user says of a folder.

    Attributes:
        size: height and width that images and labels are brought to, pixels.
        splits: path below the folder, or name, of a split file; None = buildings are dealt out by the seed.
        seed: of everything that is drawn by chance.
        views: over all splits, at most.
    """

    size: int
    splits: str | None
    seed: int
    views: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Views and files that were chosen by their names.

    Attributes:
        layout: of the folder.
        options: as the user gave them.
        views: by split, ascending.
        files: of each view by domain.
        domains: those of which the folder has any file for the views.
        skipped: what is not used so far.
        signature: SHA-256 of the options and of the files' names, sizes and times of change.
    """

    layout: Layout
    options: FolderOptions
    views: Mapping[Split, tuple[ViewId, ...]]
    files: Mapping[ViewId, Mapping[str, Path]]
    domains: frozenset[str]
    skipped: tuple[Skipped, ...]
    signature: str


@dataclass(frozen=True, slots=True, eq=False)
class SourceView:
    """A view that has an image.

    Attributes:
        id: its name.
        files: by domain, those that can be used.
        info: its camera, where that is known.
        missing: labels that other views of the folder have and it lacks.
    """

    id: ViewId
    files: Mapping[str, Path]
    info: PointInfo | None
    missing: frozenset[str]

    def lacks(self, task: str) -> bool:
        """Whether a label of the task is missing."""
        return not self.missing.isdisjoint(task_labels(task))


@dataclass(frozen=True, eq=False)
class Survey:
    """A folder that was looked through.

    Attributes:
        root: where it lies.
        options: as the user gave them.
        views: by split, ascending; at least two in each.
        tuples: pairs and triplets by split and label, as positions in the split.
        computed: labels that are worked out from the images, for the folder has no files for them.
        lacking: by label that there is not, why.
        class_counts: length of the soft labels by domain.
        skipped: every file that is not used.
        fingerprint: SHA-256: equal fingerprints, equal arrays.
    """

    root: Path
    options: FolderOptions
    views: Mapping[Split, tuple[SourceView, ...]]
    tuples: Mapping[Split, Mapping[str, Tuples]]
    computed: frozenset[str]
    lacking: Mapping[str, str]
    class_counts: Mapping[str, int]
    skipped: tuple[Skipped, ...]
    fingerprint: str

    @cached_property
    def labels(self) -> frozenset[str]:
        """Arrays that the folder gives."""
        known = {RGB, "valid", *LABEL_DOMAINS, *(f"{name}_images" for name in TUPLES)}
        return frozenset(known - self.lacking.keys())

    def complete(self, split: Split, tasks: Iterable[str]) -> list[int]:
        """Positions of a split's views that have every label of some tasks."""
        named = tuple(tasks)
        return [
            position
            for position, view in enumerate(self.views[split])
            if not any(view.lacks(task) for task in named)
        ]


def plan(root: Path, options: FolderOptions) -> Plan:
    """Choose views and their files by name.

    Raises:
        FolderError: the folder or an option is of no use.
        OSError: something cannot be read.
    """
    layout = read_layout(root)
    buildings = [name for name, views in layout.views.items() if views]
    odd: list[Skipped] = []
    if options.splits is None:
        parts = by_seed(buildings, options.seed)
    else:
        parts, odd = by_file(buildings, split_file(root, options.splits))
    views = chosen_views(layout.views, parts, options.seed, options.views)
    files, domains, lost = _files(layout, [view for split in SPLITS for view in views[split]])
    digest = hashlib.sha256(json.dumps({"kind": "taskonomy", **asdict(options)}, sort_keys=True).encode())
    for split in SPLITS:
        for view in views[split]:
            for domain, path in sorted(files[view].items()):
                found = path.stat()
                line = [split, domain, layout.relative(path), found.st_size, found.st_mtime_ns]
                digest.update(json.dumps(line).encode())
    return Plan(layout, options, views, files, domains, (*layout.strangers, *odd, *lost), digest.hexdigest())


def image_problems(found: Plan, progress: Callable[[float], None] = lambda _: None) -> dict[str, str]:
    """What is wrong with images, by path relative to the folder; every byte of them is read.

    Args:
        found: the plan.
        progress: hears how far this is, 0 to 1.
    """
    problems: dict[str, str] = {}
    for done, files in enumerate(found.files.values(), start=1):
        shape: tuple[int, int] | None = None
        # The image comes first: the others must fit it.
        for domain in sorted(files, key=lambda name: name != RGB):
            if not DOMAINS[domain].modes:
                continue
            path = files[domain]
            try:
                size = check_image(path, DOMAINS[domain])
                if domain == RGB:
                    shape = size
                elif shape is not None and size[0] * shape[1] != size[1] * shape[0]:
                    raise FileProblem(f"is {size[0]}x{size[1]}, the image is {shape[0]}x{shape[1]}")
            except FileProblem as problem:
                problems[found.layout.relative(path)] = str(problem)
        progress(done / len(found.files))
    return problems


def survey(found: Plan, problems: Mapping[str, str]) -> Survey:
    """Take stock of the views that were chosen.

    Args:
        found: the plan.
        problems: `image_problems` of it.

    Raises:
        FolderError: too few views are left for a split.
    """
    skipped = [Skipped(path, reason) for path, reason in problems.items()]
    counts = _class_counts(found)
    kept: dict[Split, list[tuple[ViewId, dict[str, Path], PointInfo | None]]] = {}
    for split in SPLITS:
        kept[split] = []
        for view in found.views[split]:
            files = dict(found.files[view])
            info = None
            for domain, path in found.files[view].items():
                name = found.layout.relative(path)
                try:
                    if name in problems:
                        del files[domain]
                    elif domain == POINTS:
                        info = read_point_info(path)
                    elif domain in _SOFT and len(read_distribution(path)) != counts[domain]:
                        raise FileProblem(f"has another number of classes than {counts[domain]}")
                except FileProblem as problem:
                    del files[domain]
                    skipped.append(Skipped(name, str(problem)))
            if RGB in files:
                kept[split].append((view, files, info))
    if few := [split for split in SPLITS if len(kept[split]) < 2]:
        raise FolderError([("", f"leaves fewer than 2 views for the split {split}") for split in few])
    tuples: dict[Split, Mapping[str, Tuples]] = {
        split: draw_tuples([v for v, _, _ in kept[split]], [i for _, _, i in kept[split]], found.options.seed)
        for split in SPLITS
    }
    computed = frozenset(label for label in COMPUTABLE if LABEL_DOMAINS[label] not in found.domains)
    has: dict[Split, list[frozenset[str]]] = {
        split: [
            _has(files, info, {name: bool(t.members[at, 0] >= 0) for name, t in tuples[split].items()})
            | computed
            for at, (_, files, info) in enumerate(kept[split])
        ]
        for split in SPLITS
    }
    lacking = _lacking(found, has)
    known = frozenset({"valid", *LABEL_DOMAINS}) - lacking.keys()
    lacking |= {f"{name}_images": lacking[name] for name in TUPLES if name in lacking}
    views: dict[Split, tuple[SourceView, ...]] = {
        split: tuple(
            SourceView(view, files, info, known - own)
            for (view, files, info), own in zip(kept[split], has[split], strict=True)
        )
        for split in SPLITS
    }
    identity = json.dumps([found.signature, sorted((path, reason) for path, reason in skipped)])
    return Survey(
        root=found.layout.root,
        options=found.options,
        views=views,
        tuples=tuples,
        computed=computed,
        lacking=lacking,
        class_counts=counts,
        skipped=(*found.skipped, *skipped, *_incomplete(found, views)),
        fingerprint=hashlib.sha256(identity.encode()).hexdigest(),
    )


def _files(
    layout: Layout, views: Sequence[ViewId]
) -> tuple[dict[ViewId, dict[str, Path]], frozenset[str], list[Skipped]]:
    """The files of some views by domain, the domains that there are, and what is missing of those."""
    files: dict[ViewId, dict[str, Path]] = {view: {} for view in views}
    by_building: dict[str, list[ViewId]] = {}
    for view in sorted(files):
        by_building.setdefault(view.building, []).append(view)
    absent: list[tuple[str, str, ViewId | None]] = []
    for building, own in by_building.items():
        for domain in DOMAINS:
            folder = layout.folder(building, domain)
            names = {path.name for path in folder.iterdir()} if folder else set()
            hits = 0
            lost: list[tuple[str, str, ViewId | None]] = []
            for view in own:
                candidates = DOMAINS[domain].file_names(view.point, view.view)
                name = next((name for name in candidates if name in names), None)
                if folder is None or name is None:
                    lost.append((building, domain, view))
                    continue
                files[view][domain] = folder / name
                hits += 1
            absent += lost if hits else [(building, domain, None)]
    domains = frozenset(domain for own in files.values() for domain in own)
    skipped: list[Skipped] = []
    for building, domain, view in absent:
        if domain not in domains or domain == "mask_valid":
            continue
        folder = layout.relative(layout.usual_folder(building, domain))
        if view is None:
            skipped.append(Skipped(f"{folder}/", "has no files, but other buildings' views have"))
        else:
            name = next(DOMAINS[domain].file_names(view.point, view.view))
            skipped.append(Skipped(f"{folder}/{name}", "is missing"))
    return files, domains, skipped


def _class_counts(found: Plan) -> dict[str, int]:
    """By domain of soft labels, the length that most of its files have."""
    counts: dict[str, int] = {}
    for domain in _SOFT:
        lengths: Counter[int] = Counter()
        for files in found.files.values():
            if domain in files:
                try:
                    lengths[len(read_distribution(files[domain]))] += 1
                except FileProblem:
                    continue
        if lengths:
            counts[domain] = lengths.most_common(1)[0][0]
    return {domain: counts.get(domain, 0) for domain in _SOFT}


def _has(files: Mapping[str, Path], info: PointInfo | None, tuples: Mapping[str, bool]) -> frozenset[str]:
    """The labels that a view's files give."""
    own = {label for label, domain in LABEL_DOMAINS.items() if domain in files and domain != POINTS}
    if not files.keys().isdisjoint(MASKS):
        own.add("valid")
    if info is not None:
        own |= {name for name, there in tuples.items() if there}
        own |= {"room_layout"} if info.box is not None else set()
        own |= {"vanishing_points"} if info.axes is not None else set()
    return frozenset(own)


def _lacking(found: Plan, has: Mapping[Split, Sequence[frozenset[str]]]) -> dict[str, str]:
    """Why a label is of no use: it is not there, or for fewer than two views of a split."""
    why: dict[str, str] = {}
    for label in ("valid", *LABEL_DOMAINS):
        few = [split for split in SPLITS if sum(label in own for own in has[split]) < 2]
        if not few:
            continue
        domain = LABEL_DOMAINS.get(label)
        if domain is not None and domain not in found.domains:
            why[label] = f"the folder has no {DOMAINS[domain].folders[0]}"
        elif label == "valid":
            why[label] = f"no mask: it needs {', '.join(MASKS)}, one of them at least"
        elif len(few) == len(SPLITS) and not any(label in own for split in SPLITS for own in has[split]):
            why[label] = _NOWHERE.get(label, f"no file of {domain} can be used")
        else:
            why[label] = f"fewer than 2 views of the split {few[0]} have it"
    if "valid" in why:
        why = {label: why["valid"] for label in MASKED if label not in why} | why
    return why


_NOWHERE = {
    "room_layout": "no file of points has bounding_box_ranges",
    "vanishing_points": "no file of points has vanishing_points_gaussian_sphere",
    "fixated_pose": "no point has two views",
    "egomotion": "no point has three views",
    "nonfixated_pose": "no view has another point of the folder among its nonfixated_points_in_view",
    "point_matching": "no building has two views",
}


def _incomplete(found: Plan, views: Mapping[Split, Sequence[SourceView]]) -> list[Skipped]:
    """Files of points that say less than others do."""
    keys = {
        "room_layout": "lacks bounding_box_ranges",
        "vanishing_points": "lacks vanishing_points_gaussian_sphere",
    }
    return [
        Skipped(found.layout.relative(view.files[POINTS]), reason)
        for split in SPLITS
        for view in views[split]
        for label, reason in keys.items()
        if label in view.missing and POINTS in view.files
    ]
