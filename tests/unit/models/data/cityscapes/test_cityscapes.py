from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.data.cached_views import CachedViews, all_views
from models.data.cityscapes.labels import CLASSES, IGNORED, disparities, things, train_ids
from models.data.cityscapes.layout import CityscapesError, read_layout
from models.data.cityscapes.source import Cityscapes, cityscapes, file_problems, plan
from models.data.own.files import UnusableFile
from models.data.splits import SPLITS
from models.tasks.registry import definition
from tests.cityscapes_layout import CITIES, cityscapes_folder, file_of, write_frame

TASKS = ("semantic_segmentation", "instance_offsets", "disparity")


def opened(root: Path, size: int = 16, seed: int = 0) -> Cityscapes:
    found = plan(read_layout(root), size=size, seed=seed)
    return cityscapes(found, file_problems(found))


def skipped(source: Cityscapes) -> dict[str, str]:
    return {each.path: each.reason for each in source.layout.skipped}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return cityscapes_folder(tmp_path / "data")


def test_the_classes_are_the_nineteen_of_the_released_train_ids():
    assert len(CLASSES) == 19
    ids = train_ids(np.array([7, 8, 33, 31, 0, 9, 29, 30, 34, 255], dtype=np.uint8))
    assert ids.tolist() == [0, 1, 18, 16, *[IGNORED] * 6]
    assert (CLASSES[13], train_ids(np.array([26], dtype=np.uint8))[0]) == ("car", 13)


def test_groups_and_surfaces_are_no_instances():
    assert things(np.array([7, 26, 26000, 26001, 33005], dtype=np.uint16)).tolist() == [
        0,
        0,
        26000,
        26001,
        33005,
    ]


def test_disparity_is_in_pixels_of_the_resized_image():
    pixels = disparities(np.array([0, 1, 257, 2561], dtype=np.uint16), 0.25)
    assert np.array_equal(pixels, np.array([np.nan, 0, 0.25, 2.5], dtype=np.float32), equal_nan=True)


def test_no_city_is_in_two_splits_and_val_is_test(root: Path):
    source = opened(root)
    cities = {
        split: {source.layout.frames[place].city for place in source.splits[split].tolist()}
        for split in SPLITS
    }
    assert cities["test"] == {"lindau", "munster"}
    assert sum(len(each) for each in cities.values()) == 6
    assert all(cities.values())
    assert sum(len(places) for places in source.splits.values()) == 23


def test_another_seed_deals_out_other_cities(root: Path):
    first = [opened(root, seed=seed).splits["train"].tolist() for seed in range(6)]
    assert len({tuple(each) for each in first}) > 1
    assert first[2] == opened(root, seed=2).splits["train"].tolist()


def test_of_two_cities_frames_are_dealt_out(tmp_path: Path):
    cities = {"train": {"aachen": 12, "bochum": 8}, "val": {"lindau": 2}}
    splits = opened(cityscapes_folder(tmp_path / "data", cities)).splits
    assert {split: len(places) for split, places in splits.items()} == {
        "train": 14, "transfer": 4, "validation": 2, "test": 2
    }  # fmt: skip
    assert len({place for places in splits.values() for place in places.tolist()}) == 22


def test_labels_are_sampled_and_the_whole_image_is_squeezed(root: Path):
    arrays = views_of(root).load("test", ("rgb", *TASKS))
    labels = np.asarray(arrays["semantic_segmentation"])
    # 64 x 32 pixels become 16 x 16: the car covers 4 columns and 4 rows, the road what is left below the parking
    assert (labels == CLASSES.index("car")).sum(axis=(1, 2)).tolist() == [16] * 5
    assert (labels[:, :4] == IGNORED).all()
    assert (labels[:, 13] == CLASSES.index("road")).all()
    assert np.asarray(arrays["rgb"]).shape == (5, 16, 16, 3)
    disparity = np.asarray(arrays["disparity"])
    assert np.isnan(disparity[:, :8]).all()
    assert np.allclose(disparity[:, 8:], 10.5 / 4)


def test_offsets_lead_to_the_centre_of_the_car_in_resized_pixels(root: Path):
    offsets = np.asarray(views_of(root).load("test", ("instance_offsets",))["instance_offsets"])
    known = ~np.isnan(offsets[..., 0])
    assert known.sum(axis=(1, 2)).tolist() == [16] * 5, "people in a group are no instance"
    assert offsets[0, 8, 2].tolist() == [1.5, 1.5]
    assert offsets[0, 11, 5].tolist() == [-1.5, -1.5]


def views_of(root: Path) -> CachedViews:
    source = opened(root)
    return CachedViews(source, all_views(source), root / "cache")


def test_an_image_is_the_frame_s(root: Path):
    views = views_of(root)
    arrays = views.load("train", ("rgb",))
    frame = opened(root).layout.frames[int(arrays["index"][0])]
    whole = Image.open(root / frame.files["rgb"]).resize((16, 16), Image.Resampling.BICUBIC)
    assert np.array_equal(np.asarray(arrays["rgb"])[0], np.asarray(whole))


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_targets_a_loss_and_metrics(root: Path, name: str):
    views = views_of(root)
    task = definition(name, image_size=16, label_info=views.label_info)
    batch = {
        key: torch.from_numpy(np.array(value)) for key, value in views.load("train", task.labels).items()
    }
    fitted = task.fitted(batch)
    target = fitted.target(batch)
    guess = fitted.constant(target)
    prediction = guess.expand(len(target), *guess.shape).clone()
    assert torch.isfinite(fitted.loss(prediction, target)).all()
    assert torch.isfinite(fitted.metrics(prediction, target)[task.task.metric]).all()


def test_a_folder_may_lack_a_kind_of_label(tmp_path: Path):
    source = opened(cityscapes_folder(tmp_path / "data", without=("disparity",)))
    assert source.labels == {"rgb", "semantic_segmentation", "instance_offsets"}
    assert [task.name for task in source.label_info.own] == ["instance_offsets"]
    only_images = opened(
        cityscapes_folder(tmp_path / "b", without=("disparity", "gtFine_labelIds", "gtFine_instanceIds"))
    )
    assert (only_images.labels, only_images.label_info.semantic_classes) == ({"rgb"}, ())


def test_a_frame_that_lacks_a_file_is_left_out_and_named(root: Path):
    file_of(root, "train", "bremen", 2, "disparity").unlink()
    source = opened(root)
    assert len(source.layout.frames) == 22
    assert skipped(source) == {
        "leftImg8bit/train/bremen/bremen_000002_000019_leftImg8bit.png": "is left out: there is no "
        "disparity/train/bremen/bremen_000002_000019_disparity.png"
    }


def test_damaged_and_strange_files_cost_their_frame_alone_and_are_named(root: Path):
    cut = file_of(root, "train", "aachen", 0, "leftImg8bit")
    cut.write_bytes(cut.read_bytes()[:-40])
    Image.fromarray(np.zeros((32, 64), dtype=np.uint16)).save(
        file_of(root, "train", "aachen", 1, "gtFine_labelIds")
    )
    write_frame(root, "train", "aachen", 2, without=("leftImg8bit", "gtFine_labelIds", "disparity"), width=48)
    (root / "leftImg8bit/train/aachen/notes.txt").touch()
    (root / "leftImg8bit/train/list.txt").touch()
    (root / "leftImg8bit/test/berlin").mkdir(parents=True)
    (root / "gtCoarse").mkdir()
    source = opened(root)
    assert len(source.layout.frames) == 20
    reasons = {Path(path).name: reason for path, reason in skipped(source).items()}
    assert reasons == {
        "aachen_000000_000019_leftImg8bit.png": "is damaged and cannot be decoded",
        "aachen_000001_000019_gtFine_labelIds.png": "is of mode I;16, must be grey of 8 bits",
        "aachen_000002_000019_gtFine_instanceIds.png": "is 48 x 32, the image is 64 x 32",
        "notes.txt": "is not named as an image of this layout",
        "list.txt": "is no folder of a city",
        "test": "labels of this part are not public: `val` is the split test",
        "gtCoarse": "coarse labels are not read",
    }


def test_equal_folders_are_equal_data_and_changed_files_are_not(root: Path):
    first = opened(root)
    assert opened(root).content == first.content
    assert len({first.content, opened(root, size=24).content, opened(root, seed=1).content}) == 3
    path = file_of(root, "val", "lindau", 0, "disparity")
    Image.fromarray(np.ones((32, 64), dtype=np.uint16)).save(path)
    assert opened(root).content != first.content


def test_a_file_that_is_lost_later_is_named(root: Path):
    views = views_of(root)
    file_of(root, "val", "lindau", 0, "disparity").unlink()
    with pytest.raises(UnusableFile, match=r"disparity\.png is not there"):
        views.load("test", ("disparity",))


def test_a_link_out_of_the_folder_is_not_followed(root: Path, tmp_path: Path):
    path = file_of(root, "train", "bochum", 1, "disparity")
    path.rename(tmp_path / "secret.png")
    path.symlink_to(tmp_path / "secret.png")
    source = opened(root)
    assert skipped(source)[path.relative_to(root).as_posix()] == "leads out of the folder"
    assert len(source.layout.frames) == 22


@pytest.mark.parametrize(
    ("cities", "named"),
    [
        ({"train": {}}, "holds no images as leftImg8bit/train"),
        ({"train": CITIES["train"]}, "leaves 0 usable frames of the part val for the split test"),
        ({"val": CITIES["val"]}, "leaves 0 usable frames of the part train for the split train"),
        ({"train": {"a": 1, "b": 1, "c": 1}, "val": {"d": 2}}, "leaves 1 usable frames of the part train"),
    ],
)
def test_too_few_frames_are_refused_with_the_split(
    tmp_path: Path, cities: dict[str, dict[str, int]], named: str
):
    (tmp_path / "data").mkdir()
    with pytest.raises(CityscapesError, match=named):
        opened(cityscapes_folder(tmp_path / "data", cities))


def test_a_file_is_no_folder(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(CityscapesError, match="must be a folder"):
        read_layout(tmp_path / "file")
