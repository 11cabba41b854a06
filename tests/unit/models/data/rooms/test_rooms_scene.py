import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import OBJECT_CLASSES, SCENE_CLASSES
from models.data.rooms.scene.draws import Draws
from models.data.rooms.scene.layout import PIECES
from models.data.rooms.scene.look import SceneLook
from models.data.rooms.scene.palettes import PALETTES
from models.data.rooms.scene.recipes import GROUPS, HANGING, RECIPES
from models.data.rooms.scene.sampling import is_free, sample_scene
from models.data.rooms.scene.stage import COLUMNS, Column, Stage

SCENES = [sample_scene(RoomsConfig(seed=1), index) for index in range(300)]


def test_every_scene_class_has_a_recipe_and_palettes() -> None:
    assert set(RECIPES) == set(SCENE_CLASSES)
    for palettes in PALETTES.values():
        assert set(palettes) == set(SCENE_CLASSES)


def test_recipes_name_only_pieces_that_exist() -> None:
    for recipe in RECIPES.values():
        for name, chance in (*recipe.standing, *recipe.hanging, *recipe.scattered):
            assert name in PIECES
            assert 0.0 < chance <= 1.0
        assert set(recipe.on_top) <= set(PIECES)
        assert {name for name, _ in recipe.middle} <= set(GROUPS)
        assert {name for name, _ in recipe.hanging} <= set(HANGING)


def test_every_object_class_occurs() -> None:
    seen = {int(row[Column.OBJECT]) for scene in SCENES for row in scene.solids}
    assert seen == set(range(len(OBJECT_CLASSES)))


@pytest.mark.parametrize("name", PIECES)
def test_piece_builds_sound_solids_within_its_size(name: str) -> None:
    piece = PIECES[name]
    for seed in range(10):
        draws = Draws(seed, 0, 0)
        stage = Stage(SceneLook(Draws(seed, 0, 1), "office", "a"))
        size = piece.size(draws)
        stage.begin(piece.object, piece.semantic, (0.0, 0.0, 0.0))
        piece.build(stage, draws, size)
        rows = np.array(stage.rows)
        assert rows.shape[1] == COLUMNS
        rotation = rows[:, Column.ROTATION : Column.ROTATION + 9].reshape(-1, 3, 3)
        np.testing.assert_allclose(np.linalg.det(rotation), 1.0, atol=1e-12)
        centres = rows[:, Column.CENTRE : Column.CENTRE + 3]
        assert (rows[:, Column.SIZE] > 0).all()
        assert (np.abs(centres[:, 0]) <= size[0] / 2 + 0.1).all()
        assert (centres[:, 1] >= -0.35).all()
        assert (centres[:, 2] >= -0.1).all()
        assert (centres[:, 2] <= size[2] * 1.3 + 0.35).all()


def test_furniture_on_the_floor_does_not_overlap() -> None:
    for scene in SCENES[:100]:
        standing = [f for f in scene.room.footprints if f.bottom == 0.0]
        for i, one in enumerate(standing):
            assert not any(one.overlaps(other, -0.02) for other in standing[i + 1 :])


def test_most_cameras_are_clear_of_walls_and_furniture() -> None:
    clear = [is_free(scene.room, scene.camera.position) for scene in SCENES]
    assert np.mean(clear) > 0.98


def test_every_room_has_light_and_geometry_knows_no_style() -> None:
    for index, scene in enumerate(SCENES[:30]):
        assert scene.lights
        other = sample_scene(RoomsConfig(seed=1, style="b"), index)
        assert other.camera == scene.camera
        material = Column.MATERIAL
        geometry = [(*row[:material], *row[material + 1 :]) for row in scene.solids]
        assert geometry == [(*row[:material], *row[material + 1 :]) for row in other.solids]
