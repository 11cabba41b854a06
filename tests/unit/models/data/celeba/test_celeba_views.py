import numpy as np
import pytest
from PIL import Image

from models.data.cached_views import CachedViews, all_views
from models.data.celeba.lists import CelebaError
from models.data.celeba.source import open_celeba
from models.data.own.files import UnusableFile
from models.data.splits import SPLITS
from models.data.views import INDEX
from models.tasks.registry import definition
from tests.celeba_files import OFFICIAL, celeba_folder, marks, names


def viewed(found, cache):
    return CachedViews(found, all_views(found), cache)


def everything(views, split):
    return {name: np.asarray(values) for name, values in views.load(split, views.labels).items()}


@pytest.mark.parametrize("at", [None, OFFICIAL], ids=["torchvision", "official"])
def test_both_arrangements_give_images_with_their_attributes(tmp_path, at):
    found = open_celeba(celeba_folder(tmp_path / "celeba", at=at), size=16)
    views = viewed(found, tmp_path / "cache")
    for split in SPLITS:
        arrays = everything(views, split)
        expected = np.array(marks())[arrays[INDEX]]
        for place, name in enumerate(("has_5_o_clock_shadow", "bright", "male")):
            assert np.array_equal(arrays[name], expected[:, place])
            assert arrays[name].dtype == np.int64
        assert arrays["rgb"].shape == (views.size(split), 16, 16, 3)
        assert np.array_equal(arrays["rgb"].mean((1, 2, 3)) > 128, arrays["bright"] == 1)
    assert (views.image_size, found.skipped) == (16, ())


def test_partitions_are_the_splits_and_transfer_comes_out_of_train(tmp_path):
    found = open_celeba(celeba_folder(tmp_path / "celeba"), seed=1)
    trained = [*found.splits["train"], *found.splits["transfer"]]
    assert sorted(trained) == list(range(20))
    assert len(found.splits["transfer"]) == 2
    assert found.splits["validation"].tolist() == list(range(20, 24))
    assert found.splits["test"].tolist() == list(range(24, 30))


def test_attributes_alone_decode_no_image(tmp_path):
    root = celeba_folder(tmp_path / "celeba")
    views = viewed(open_celeba(root), tmp_path / "cache")
    for path in (root / "img_align_celeba").iterdir():
        path.unlink()
    assert views.load("test", ["male"])["male"].tolist() == [int(has[2]) for has in marks()[24:]]
    with pytest.raises(UnusableFile, match="is not there"):
        views.load("test", ["rgb"])


def test_what_cannot_be_used_is_reported(tmp_path):
    root = celeba_folder(tmp_path / "celeba")
    (root / "img_align_celeba" / names()[3]).unlink()
    (root / "img_align_celeba" / names()[4]).write_bytes(b"no picture")
    partitions = root / "list_eval_partition.txt"
    lines = partitions.read_text().splitlines()
    partitions.write_text("\n".join([*lines[:6], *lines[7:], "000099.jpg 0"]))
    found = open_celeba(root, size=16)
    assert {each.path.rpartition("/")[2]: each.reason for each in found.skipped} == {
        "000004.jpg": "is not there",
        "000005.jpg": "is neither JPEG nor PNG",
        "000007.jpg": "is in list_attr_celeba.txt and not in list_eval_partition.txt",
        "000099.jpg": "is in list_eval_partition.txt and not in list_attr_celeba.txt",
    }
    male = viewed(found, tmp_path / "cache").load("test", ["male"])["male"]
    assert male.tolist() == [int(has[2]) for has in marks()[24:]], "labels stay with their images"


def test_a_path_out_of_the_folder_is_not_read(tmp_path):
    root = celeba_folder(tmp_path / "celeba")
    Image.new("RGB", (20, 20)).save(tmp_path / "secret.jpg")
    for name in ("list_attr_celeba.txt", "list_eval_partition.txt"):
        path = root / name
        path.write_text(path.read_text().replace("000001.jpg", "../../secret.jpg"))
    assert [each.reason for each in open_celeba(root).skipped] == ["leads out of the folder"]


def test_equal_folders_are_equal_data_and_others_are_not(tmp_path):
    first, second = celeba_folder(tmp_path / "a"), celeba_folder(tmp_path / "b", at=OFFICIAL)
    content = open_celeba(first).content
    assert open_celeba(second).content == content
    others = {open_celeba(first, size=32).content, open_celeba(first, seed=1).content}
    attributes = first / "list_attr_celeba.txt"
    attributes.write_text(attributes.read_text().replace("000002.jpg -1", "000002.jpg  1"))
    others.add(open_celeba(first).content)
    assert len(others | {content}) == 4


def test_what_was_found_is_kept_while_the_files_are_as_they_were(tmp_path):
    root, memo = celeba_folder(tmp_path / "celeba"), tmp_path / "memo.json"
    content = open_celeba(root, memo=memo).content
    assert memo.exists()
    assert open_celeba(root, memo=memo).content == content
    Image.new("RGB", (178, 218)).save(root / "img_align_celeba" / names()[0])
    assert open_celeba(root, memo=memo).content != content


@pytest.mark.parametrize("lacking", ["img_align_celeba", "list_attr_celeba.txt", "list_eval_partition.txt"])
def test_what_is_missing_is_named(tmp_path, lacking):
    root = celeba_folder(tmp_path / "celeba")
    (root / lacking).rename(root / "elsewhere")
    with pytest.raises(CelebaError, match=f"has neither {lacking} nor"):
        open_celeba(root)


def test_a_split_needs_two_images(tmp_path):
    root = celeba_folder(tmp_path / "celeba")
    partitions = root / "list_eval_partition.txt"
    partitions.write_text(partitions.read_text().replace(" 1", " 0"))
    with pytest.raises(CelebaError, match="0 images can be used for the split validation"):
        open_celeba(root)


def test_a_network_learns_from_the_attributes_as_they_are(tmp_path):
    import torch

    views = viewed(open_celeba(celeba_folder(tmp_path / "celeba")), tmp_path / "cache")
    task = definition("male", image_size=64, label_info=views.label_info)
    batch = {
        name: torch.from_numpy(np.array(values)) for name, values in views.load("test", task.labels).items()
    }
    assert task.target(batch).values.argmax(1).tolist() == [int(has[2]) for has in marks()[24:]]
