import pytest
import torch
from torch import nn

from models.tasks.examples import laid_out
from models.training.checkpoint import (
    Checkpoint,
    CheckpointError,
    optimiser_tensors,
    pack,
    restore_optimiser,
    unpack,
)


def test_checkpoint_comes_back_bit_for_bit() -> None:
    tensors = {"a.b/c": torch.randn(3, 4), "n": torch.tensor(7)}
    finished = {"first stage": {"model/w": torch.randn(2)}, "second": {}}
    back = unpack(pack(Checkpoint("run", "third", 12, tensors, finished)))
    assert (back.identity, back.stage, back.step) == ("run", "third", 12)
    assert back.tensors.keys() == tensors.keys()
    assert all(torch.equal(back.tensors[name], value) for name, value in tensors.items())
    assert list(back.finished) == ["first stage", "second"]
    assert torch.equal(back.finished["first stage"]["model/w"], finished["first stage"]["model/w"])


def test_a_transposed_or_shared_tensor_is_stored_whole() -> None:
    base = torch.arange(6.0).view(2, 3)
    back = unpack(pack(Checkpoint("run", "s", 0, {"t": base.T, "same": base}, {})))
    assert torch.equal(back.tensors["t"], base.T)


@pytest.mark.parametrize("data", [b"", b"not a checkpoint", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(CheckpointError):
        unpack(data)


def test_optimiser_state_comes_back_in_the_layout_of_its_parameter() -> None:
    torch.manual_seed(0)
    network = laid_out(nn.Conv2d(3, 4, 3))
    optimiser = torch.optim.AdamW(network.parameters(), fused=True)
    network(torch.randn(2, 3, 5, 5)).sum().backward()
    optimiser.step()
    fresh = torch.optim.AdamW(network.parameters(), fused=True)
    restore_optimiser(fresh, {k: v.contiguous() for k, v in optimiser_tensors(optimiser).items()})
    for parameter in network.parameters():
        for name, value in optimiser.state[parameter].items():
            kept = fresh.state[parameter][name]
            assert torch.equal(kept, value)
            assert kept.stride() == value.stride()
