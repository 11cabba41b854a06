import torch

from models.adaptation.augmentation import random_views


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def test_a_view_of_one_colour_stays_so() -> None:
    images = torch.full((5, 3, 12, 12), 0.25)
    torch.testing.assert_close(random_views(images, generator(), flip=True), images)


def test_draws_come_from_the_generator_alone() -> None:
    images = torch.rand(5, 3, 12, 12)
    assert torch.equal(
        random_views(images, generator(), flip=False), random_views(images, generator(), flip=False)
    )


def test_left_stays_left_unless_images_may_be_mirrored() -> None:
    ramp = torch.linspace(0, 1, 16).expand(64, 1, 16, 16)

    def rising(flip: bool) -> torch.Tensor:
        seen = random_views(ramp, generator(), flip=flip)
        return seen[:, 0, :, -1].mean(1) > seen[:, 0, :, 0].mean(1)

    assert rising(flip=False).all()
    assert 16 < rising(flip=True).sum() < 48
