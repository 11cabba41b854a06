import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import Tensor, nn

from models.networks.backbone_shapes import small_shapes
from models.networks.classifier import Classifier
from models.networks.encoder import initialise
from models.networks.pretrained import load_backbone
from models.networks.pretrained_file import PretrainedError, inspect_weights
from models.networks.resnet import ResNet
from models.networks.small_convnet import SmallConvNet
from models.networks.weights import pack_network

(BIASES,) = small_shapes(32)["stages.1.bias"]
GUIDE = Path(__file__).parents[4] / "docs/guides/pretrained-weights.md"


def fresh(network: nn.Module, seed: int) -> nn.Module:
    initialise(network, torch.Generator().manual_seed(seed))
    return network


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


BACKBONES: dict[str, Callable[[], nn.Module]] = {
    "small": lambda: SmallConvNet(32),
    "resnet18": lambda: ResNet(18),
    "resnet50": lambda: ResNet(50),
}


@pytest.mark.parametrize("size", [8, 15, 28, 32, 33, 64, 100])
def test_tensors_of_the_small_network_are_those_that_a_file_is_held_against(size: int) -> None:
    own = {name: tuple(value.shape) for name, value in SmallConvNet(size).state_dict().items()}
    assert own == small_shapes(size)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_starts_from_a_file_with_a_classifier(name: str, tmp_path: Path) -> None:
    trained = fresh(BACKBONES[name](), 1)
    file = tmp_path / "weights.safetensors"
    file.write_bytes(save({**state(trained), "fc.weight": torch.ones(10, 4), "fc.bias": torch.ones(10)}))
    assert inspect_weights(file).backbone == name
    for weights in (file, file.read_bytes()):
        backbone = fresh(BACKBONES[name](), 2)
        load_backbone(backbone, weights)
        assert equal(state(backbone), state(trained))


@pytest.mark.parametrize("name", ["small", "resnet18"])
def test_an_adapted_model_gives_its_backbone_to_one_with_other_classes(name: str, tmp_path: Path) -> None:
    trained = fresh(BACKBONES[name](), 1)
    features = trained.features
    data = pack_network(Classifier(trained, features, 16, 5), metadata={"task": "adaptation"})
    (tmp_path / "adapted.safetensors").write_bytes(data)
    inspect_weights(tmp_path / "adapted.safetensors").require(name, 32)
    other = Classifier(BACKBONES[name](), features, 8, 3)
    load_backbone(other.backbone, data)
    assert equal(state(other.backbone), state(trained))


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_brought_to_the_backbones_own(kind: torch.dtype) -> None:
    trained = fresh(SmallConvNet(32), 1)
    backbone = SmallConvNet(32)
    load_backbone(backbone, save({name: value.to(kind) for name, value in state(trained).items()}))
    for name, value in backbone.state_dict().items():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, trained.state_dict()[name], rtol=1e-2, atol=1e-6)


def test_a_file_without_counters_of_batches_is_enough() -> None:
    trained = state(fresh(ResNet(18), 1))
    backbone = ResNet(18)
    load_backbone(
        backbone,
        save({name: value for name, value in trained.items() if not name.endswith("num_batches_tracked")}),
    )
    assert equal(state(backbone), trained)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stages.3.weight": torch.zeros(7, 7, 5, 5)}, r"another shape stages\.3\.weight \(7, 7, 5, 5\)"),
        (
            {"stages.1.bias": torch.full((BIASES,), torch.nan)},
            r"stages\.1\.bias holds numbers that are not finite",
        ),
        ({"stages.1.bias": torch.zeros(BIASES, dtype=torch.int8)}, r"stages\.1\.bias holds torch\.int8"),
        ({"stages.9.weight": torch.zeros(3)}, r"has besides stages\.9\.weight"),
    ],
)
def test_a_file_that_does_not_fit_changes_nothing(change: dict[str, Tensor], message: str) -> None:
    backbone = fresh(SmallConvNet(32), 1)
    before = state(backbone)
    with pytest.raises(PretrainedError, match=message):
        load_backbone(backbone, save({**state(fresh(SmallConvNet(32), 2)), **change}))
    assert equal(state(backbone), before)


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\xff" * 64])
def test_other_bytes_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    for weights in (content, tmp_path / "w.safetensors"):
        with pytest.raises(PretrainedError, match="no safetensors file"):
            load_backbone(SmallConvNet(8), weights)
    with pytest.raises(PretrainedError, match="cannot read the weights"):
        load_backbone(SmallConvNet(8), tmp_path / "nothing.safetensors")


def test_a_pickled_file_is_refused_and_the_guide_says_how_to_convert_it(tmp_path: Path) -> None:
    torch.save(fresh(ResNet(18), 1).state_dict(), tmp_path / "weights.pth")
    with pytest.raises(PretrainedError, match="pickled"):
        load_backbone(ResNet(18), tmp_path / "weights.pth")
    (conversion, look) = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    subprocess.run([sys.executable, "-c", conversion], cwd=tmp_path, check=True)
    backbone = ResNet(18)
    load_backbone(backbone, tmp_path / "weights.safetensors")
    assert equal(state(backbone), state(fresh(ResNet(18), 1)))
    program = f"import sys; sys.path.insert(0, {str(GUIDE.parents[2])!r})\n{look}"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("resnet18: ")
