"""What each scene class is made of: room sizes, and which furniture stands, hangs or lies where."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Range = tuple[float, float]
Chances = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The layout of one scene class.

    Attributes:
        width, depth, height: ranges of the room, metres.
        camera_height: range of the camera above the floor, metres.
        standing: furniture with its back to a wall, in order of placement, with its probability.
        hanging: things on walls, with probability; their heights stand in HANGING.
        middle: groups in the open floor, with probability; their make-up stands in GROUPS.
        on_top: small things for table tops and counters.
        scattered: things lying about on the floor, with probability.
        lamps: most ceiling lamps.
    """

    width: Range
    depth: Range
    height: Range
    camera_height: Range
    standing: Chances
    hanging: Chances
    middle: Chances
    on_top: tuple[str, ...]
    scattered: Chances
    lamps: int


@dataclass(frozen=True, slots=True)
class Group:
    """A piece in the middle of the room with seats around it and perhaps a rug below."""

    centre: str
    seat: str | None
    seats: tuple[int, int]
    rug: float
    facing: bool  # seats face the centre


HANGING: Mapping[str, Range] = MappingProxyType(
    {
        "window": (0.85, 1.1),
        "door": (0.0, 0.0),
        "picture": (1.25, 1.55),
        "mirror": (1.05, 1.2),
        "television": (0.95, 1.2),
        "wall_cupboard": (1.4, 1.5),
        "wall_shelf": (1.3, 1.6),
    }
)

GROUPS: Mapping[str, Group] = MappingProxyType(
    {
        "dining": Group("dining_table", "chair", (4, 6), 0.35, facing=True),
        "breakfast": Group("dining_table", "stool", (2, 3), 0.0, facing=True),
        "coffee": Group("coffee_table", "armchair", (1, 2), 0.75, facing=True),
        "work": Group("desk", "office_chair", (1, 1), 0.1, facing=True),
        "play": Group("coffee_table", "stool", (1, 3), 0.85, facing=True),
        "bath_rug": Group("rug", None, (0, 0), 0.0, facing=False),
    }
)

TOPS = frozenset({"desk", "dining_table", "coffee_table", "counter", "dresser", "sideboard", "nightstand"})

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "kitchen": Recipe(
            *((2.6, 4.0), (2.8, 4.4), (2.4, 2.7), (1.3, 1.65)),
            standing=(
                *(("refrigerator", 0.95), ("oven", 0.95), ("counter", 1.0), ("counter", 0.95)),
                *(("sink", 0.5), ("counter", 0.9), ("washing_machine", 0.25), ("counter", 0.7), ("bin", 0.5)),
            ),
            hanging=(
                *(("window", 0.75), ("wall_cupboard", 0.95), ("wall_cupboard", 0.9), ("wall_cupboard", 0.8)),
                *(("door", 0.6), ("wall_shelf", 0.3), ("picture", 0.15)),
            ),
            middle=(("breakfast", 0.45),),
            on_top=("bowl", "vase", "bowl", "small_plant"),
            scattered=(("box", 0.15),),
            lamps=1,
        ),
        "bathroom": Recipe(
            *((2.1, 3.2), (2.4, 3.6), (2.3, 2.6), (1.35, 1.65)),
            standing=(
                *(("bathtub", 0.85), ("toilet", 1.0), ("sink", 1.0), ("washing_machine", 0.4)),
                *(("basket", 0.55), ("sink", 0.25), ("dresser", 0.15), ("bin", 0.3)),
            ),
            hanging=(("window", 0.45), ("mirror", 0.95), ("door", 0.5), ("wall_shelf", 0.35)),
            middle=(("bath_rug", 0.5),),
            on_top=("vase", "small_plant"),
            scattered=(("box", 0.1),),
            lamps=1,
        ),
        "bedroom": Recipe(
            *((3.0, 4.3), (3.2, 4.5), (2.4, 2.8), (1.2, 1.65)),
            standing=(
                *(("bed", 1.0), ("nightstand", 0.85), ("nightstand", 0.6), ("wardrobe", 0.85)),
                *(("dresser", 0.7), ("armchair", 0.3), ("floor_lamp", 0.4), ("plant", 0.3), ("basket", 0.3)),
            ),
            hanging=(("window", 0.9), ("picture", 0.7), ("door", 0.5), ("mirror", 0.25), ("picture", 0.35)),
            middle=(("bath_rug", 0.5),),
            on_top=("table_lamp", "table_lamp", "vase"),
            scattered=(("pouf", 0.4), ("box", 0.1)),
            lamps=1,
        ),
        "living_room": Recipe(
            *((3.5, 5.2), (3.7, 5.4), (2.5, 3.0), (1.2, 1.65)),
            standing=(
                *(("sofa", 1.0), ("sideboard", 0.75), ("sofa", 0.45), ("bookcase", 0.45)),
                *(
                    ("floor_lamp", 0.75),
                    ("plant", 0.7),
                    ("armchair", 0.5),
                    ("plant", 0.4),
                    ("floor_vase", 0.4),
                ),
            ),
            hanging=(
                ("window", 0.9),
                ("television", 0.7),
                ("picture", 0.8),
                ("picture", 0.5),
                ("window", 0.4),
            ),
            middle=(("coffee", 0.95),),
            on_top=("vase", "bowl", "table_lamp", "small_plant"),
            scattered=(("pouf", 0.6),),
            lamps=1,
        ),
        "dining_room": Recipe(
            *((3.2, 4.6), (3.4, 4.9), (2.5, 3.0), (1.3, 1.65)),
            standing=(
                ("sideboard", 0.8),
                ("dresser", 0.4),
                ("plant", 0.5),
                ("floor_vase", 0.5),
                ("chair", 0.4),
            ),
            hanging=(("window", 0.9), ("picture", 0.8), ("picture", 0.5), ("mirror", 0.3), ("door", 0.5)),
            middle=(("dining", 1.0),),
            on_top=("bowl", "vase", "vase"),
            scattered=(),
            lamps=2,
        ),
        "office": Recipe(
            *((2.9, 4.6), (3.1, 4.8), (2.5, 2.9), (1.25, 1.65)),
            standing=(
                *(("desk", 1.0), ("bookcase", 0.85), ("desk", 0.6), ("bookcase", 0.5), ("dresser", 0.4)),
                *(("plant", 0.5), ("office_chair", 0.5), ("bin", 0.5)),
            ),
            hanging=(("window", 0.85), ("wall_shelf", 0.4), ("picture", 0.4), ("door", 0.5), ("window", 0.3)),
            middle=(("work", 0.85),),
            on_top=("monitor", "monitor", "monitor", "table_lamp"),
            scattered=(("box", 0.35), ("office_chair", 0.5)),
            lamps=2,
        ),
        "corridor": Recipe(
            *((1.6, 2.3), (4.5, 8.0), (2.4, 2.9), (1.35, 1.7)),
            standing=(
                ("sideboard", 0.4),
                ("plant", 0.6),
                ("chair", 0.3),
                ("floor_vase", 0.4),
                ("plant", 0.3),
            ),
            hanging=(
                *(("door", 1.0), ("door", 0.95), ("door", 0.9), ("door", 0.7), ("picture", 0.8)),
                *(("picture", 0.6), ("mirror", 0.25), ("window", 0.2)),
            ),
            middle=(),
            on_top=("vase", "bowl"),
            scattered=(),
            lamps=3,
        ),
        "playroom": Recipe(
            *((2.9, 4.3), (3.1, 4.5), (2.4, 2.8), (1.0, 1.55)),
            standing=(
                *(("bookcase", 0.8), ("dresser", 0.6), ("bed", 0.3), ("armchair", 0.4), ("bookcase", 0.3)),
                *(("basket", 0.7), ("box", 0.5)),
            ),
            hanging=(("window", 0.8), ("picture", 0.8), ("picture", 0.6), ("door", 0.4), ("wall_shelf", 0.6)),
            middle=(("play", 0.8),),
            on_top=("blocks", "ring_stack", "bowl"),
            scattered=(
                *(("ball", 0.9), ("blocks", 0.8), ("ring_stack", 0.8), ("ball", 0.6), ("box", 0.6)),
                *(("pouf", 0.6), ("ball", 0.4), ("ring_stack", 0.4)),
            ),
            lamps=1,
        ),
    }
)
