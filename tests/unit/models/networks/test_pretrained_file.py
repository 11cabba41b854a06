import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from models.networks.backbone_shapes import BACKBONE_SHAPES, Shapes, resnet_shapes, small_shapes
from models.networks.pretrained_file import PretrainedError, inspect_weights, tensors_for


def written(path: Path, shapes: Shapes, kind: str = "float16") -> Path:
    save_file({name: np.zeros(shape, kind if shape else "int64") for name, shape in shapes.items()}, path)
    return path


@pytest.fixture(scope="module")
def resnet18(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = written(tmp_path_factory.mktemp("weights") / "r.safetensors", resnet_shapes(18))
    yield path
    path.unlink()


def test_a_file_says_which_backbone_can_start_from_it(resnet18: Path, tmp_path: Path) -> None:
    found = inspect_weights(resnet18)
    assert found.backbone == "resnet18"
    assert found.description == "resnet18: 120 tensors, 11.19 million numbers, F16"
    found.require("resnet18", 224)
    small = inspect_weights(written(tmp_path / "small.safetensors", small_shapes(28)))
    assert small.backbone == "small"
    small.require("small", 32)


def test_weights_of_another_backbone_are_refused_by_their_name(resnet18: Path) -> None:
    with pytest.raises(PretrainedError, match="weights of resnet18, not of resnet50"):
        inspect_weights(resnet18).require("resnet50", 224)


def test_a_small_network_with_more_stages_is_refused(tmp_path: Path) -> None:
    found = inspect_weights(written(tmp_path / "small.safetensors", small_shapes(32)))
    with pytest.raises(PretrainedError, match=r"lacks stages\.9\.weight"):
        found.require("small", 64)


@pytest.mark.parametrize(("backbone", "size"), [("features", None), ("resnet18", None), ("vgg", 224)])
def test_a_backbone_without_weights_takes_none(resnet18: Path, backbone: str, size: int | None) -> None:
    with pytest.raises(PretrainedError, match="no weights to start from"):
        inspect_weights(resnet18).require(backbone, size)


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    found = inspect_weights(written(tmp_path / "q.safetensors", small_shapes(32), "int8"))
    assert found.backbone == "small"
    with pytest.raises(PretrainedError, match=r"stages\.0\.weight holds I8, not one of BF16, F16, F32, F64"):
        found.require("small", 32)


@pytest.mark.parametrize(
    "prefix",
    ["", "module.", "backbone.", "encoder.", "module.backbone.", "backbone.module.", "module.encoder."],
)
def test_names_may_stand_under_a_prefix_and_other_parts_are_then_left_alone(prefix: str) -> None:
    wanted = resnet_shapes(18)
    found = {prefix + name: shape for name, shape in wanted.items()}
    if prefix:
        found |= {"head.weight": (10, 512), "extra.mean": (3,)}
    found[prefix + "fc.weight"] = (1000, 512)
    assert tensors_for(wanted, found) == {name: prefix + name for name in wanted}


def test_files_without_counters_of_batches_are_read() -> None:
    wanted = resnet_shapes(50)
    found = {name: shape for name, shape in wanted.items() if not name.endswith("num_batches_tracked")}
    assert set(tensors_for(wanted, found)) == set(found)


def test_faults_are_named_a_few_at_a_time() -> None:
    wanted = small_shapes(32)
    found: Shapes = {**wanted, "stages.0.weight": (7, 1, 3, 3), "stages.9.weight": (1,)}
    del found["stages.3.weight"]
    with pytest.raises(PretrainedError) as error:
        tensors_for(wanted, found)
    assert str(error.value) == (
        "these are not the backbone's weights: the file lacks stages.3.weight; it has besides stages.9.weight; "
        f"it has in another shape stages.0.weight (7, 1, 3, 3) instead of {wanted['stages.0.weight']}"
    )
    with pytest.raises(PretrainedError, match=r"lacks (\S+, ){2}\S+ and 62 more$"):
        tensors_for(resnet_shapes(18), dict(list(resnet_shapes(18).items())[:42]))
    with pytest.raises(PretrainedError, match=r"none of the backbone's tensors, but a, b, c and 1 more"):
        tensors_for(wanted, dict.fromkeys("abcd", (1,)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("resnet.pth", b"anything"),
        ("resnet.safetensors", b"PK\x03\x04 an archive of pickles"),
        ("resnet.safetensors", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."),
    ],
)
def test_a_pickled_file_is_refused_with_the_way_to_convert_it(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PretrainedError, match=r"is a pickled file.*docs/guides/pretrained-weights\.md"):
        inspect_weights(tmp_path / name)


def test_a_damaged_file_is_refused(resnet18: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(resnet18.read_bytes()[:-4])
    (tmp_path / "empty.safetensors").touch()
    for path in (cut, tmp_path / "empty.safetensors"):
        with pytest.raises(PretrainedError, match=f"{path.name} is no safetensors file"):
            inspect_weights(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.safetensors"):
        with pytest.raises(PretrainedError, match="there is no file"):
            inspect_weights(path)


def test_the_header_is_read_without_torch(resnet18: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from models.networks.pretrained_file import inspect_weights; "
        f"print(inspect_weights(Path({str(resnet18)!r})).backbone, 'torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["resnet18", "False"]


def test_every_backbone_with_weights_is_one_of_a_request() -> None:
    from models.adaptation.config import BACKBONES

    assert set(BACKBONE_SHAPES) == set(BACKBONES) - {"features"}
