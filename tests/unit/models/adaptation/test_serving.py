"""Adapted models that answer for a user's examples."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from models.adaptation.network import outputs
from models.adaptation.serving import ExamplesError, load_classifier
from models.networks.classifier import Classifier
from models.networks.small_convnet import SmallConvNet
from models.networks.weights import WeightsError, network_kind, pack_network

GUIDE = Path(__file__).parents[4] / "docs/guides/adapted-models.md"
METADATA = {"classes": ["a", "b", "c"], "image_size": 28, "input_features": None}


def of_images():
    torch.manual_seed(0)
    backbone = SmallConvNet(28)
    return Classifier(backbone, backbone.features, 8, 3)


def of_vectors():
    torch.manual_seed(0)
    return Classifier(torch.nn.Identity(), 5, 8, 3)


def images(count, size=28):
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


def test_a_packed_network_says_the_same_as_before():
    network = of_images()
    loaded = load_classifier(pack_network(network, metadata=METADATA))
    found = loaded.predict(images(5))
    assert (loaded.classes, loaded.image_size) == (("a", "b", "c"), 28)
    np.testing.assert_array_equal(found, outputs(network, images(5))[1])
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)


def test_vectors_are_taken_as_they_are():
    metadata = {**METADATA, "image_size": None, "input_features": 5}
    loaded = load_classifier(pack_network(of_vectors(), metadata=metadata))
    vectors = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    assert loaded.predict(vectors).shape == (4, 3)
    with pytest.raises(ExamplesError, match=r"takes \(N, 5\) float32"):
        loaded.predict(vectors[:, :4])
    with pytest.raises(ExamplesError):
        loaded.predict(vectors.astype(np.float64))


@pytest.mark.parametrize("examples", [images(2, 32), images(0), images(2).astype(np.float32), images(2)[0]])
def test_other_examples_are_refused(examples):
    loaded = load_classifier(pack_network(of_images(), metadata=METADATA))
    with pytest.raises(ExamplesError, match=r"takes \(N, 28, 28, 3\) uint8"):
        loaded.predict(examples)


def test_other_files_are_refused():
    with pytest.raises(WeightsError):
        load_classifier(b"text")
    with pytest.raises(WeightsError, match="is no classifier"):
        load_classifier(pack_network(torch.nn.Identity(), metadata=METADATA))
    with pytest.raises(WeightsError, match="input_features"):
        load_classifier(pack_network(of_images(), metadata={"classes": ["a"], "image_size": 28}))


def test_a_file_says_what_kind_of_network_it_holds_before_any_is_built():
    assert network_kind(pack_network(of_images())) == "classifier"
    for data in (b"", b"text", b"\x05\0\0\0\0\0\0\0[1,2]"):
        with pytest.raises(WeightsError):
            network_kind(data)


def test_the_guide_needs_torch_alone_and_says_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights = pack_network(of_images(), metadata=METADATA)
    (tmp_path / "san-seed-0.safetensors").write_bytes(weights)
    _, alone = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    names = {}
    exec(alone, names)
    inputs = torch.from_numpy(images(3)).permute(0, 3, 1, 2) / 127.5 - 1
    found = names["probabilities"](inputs).numpy()
    np.testing.assert_allclose(found, load_classifier(weights).predict(images(3)), rtol=1e-5)
    assert names["about"]["classes"] == ["a", "b", "c"]
