import xml.etree.ElementTree as ET

import pytest

from models.multitask.pictures import MOST_PANELS, Axis, Mark, draw_front

SVG = "{http://www.w3.org/2000/svg}"
AXES = [
    Axis("depth", "absolute_relative_error", "share", higher_is_better=False),
    Axis("scene_class", "top_1", "share", higher_is_better=True),
    Axis("normals", "mean_angle", "degrees", higher_is_better=False),
]
MARKS = [
    Mark("uniform", "uniform, seed 0", (0.2, 0.7, 30.0)),
    Mark("mgda", "mgda, seed 0", (0.1, 0.6, 25.0)),
    Mark("mgda", "mgda, seed 1", (0.3, 0.5, 35.0)),
]


def tree(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def titles(svg: str) -> list[str]:
    return [str(each.text) for each in tree(svg).iter(f"{SVG}title")][1:]


def test_three_tasks_have_three_projections_with_every_model_in_each() -> None:
    svg = draw_front(AXES, MARKS)
    assert sorted(titles(svg)) == sorted(3 * [mark.label for mark in MARKS])
    texts = [text.text for text in tree(svg).iter(f"{SVG}text")]
    assert texts.count("depth") == texts.count("absolute relative error, share (lower is better)") == 2
    assert {"uniform", "mgda"} <= set(texts)


def test_single_tasks_are_dashed_lines_where_known() -> None:
    dashed = [
        line
        for line in tree(draw_front(AXES, MARKS, single=[0.15, None, 28.0])).iter(f"{SVG}line")
        if line.get("stroke-dasharray")
    ]
    assert len(dashed) == 4 + 1  # depth twice, normals twice, and the legend
    assert "stroke-dasharray" not in draw_front(AXES, MARKS)


def test_dominated_models_are_hollow() -> None:
    shapes = {
        group.find(f"{SVG}title").text: group.find(f"{SVG}circle").get("fill")
        for group in tree(draw_front(AXES, MARKS, pairs=[(0, 1)])).iter(f"{SVG}g")
        if group.find(f"{SVG}title") is not None
    }
    assert shapes["mgda, seed 1"] == "none"
    assert "none" not in {shapes["uniform, seed 0"], shapes["mgda, seed 0"]}


def test_better_lies_where_the_axis_says_and_the_steps_bound_what_is_dominated() -> None:
    svg = draw_front(AXES, MARKS, pairs=[(0, 1)])
    circles = {
        group.find(f"{SVG}title").text: group.find(f"{SVG}circle")
        for group in tree(svg).iter(f"{SVG}g")
        if group.find(f"{SVG}title") is not None
    }
    uniform, mgda = circles["uniform, seed 0"], circles["mgda, seed 0"]
    assert float(uniform.get("cx")) > float(mgda.get("cx"))  # more error is to the right
    assert float(uniform.get("cy")) < float(mgda.get("cy"))  # more accuracy is higher up
    corner = f"L{uniform.get('cx')} {mgda.get('cy')}"  # both of the worse values
    assert corner in next(tree(svg).iter(f"{SVG}path")).get("d")


def test_names_are_escaped() -> None:
    svg = draw_front(AXES[:2], [Mark("<b>", 'a & "b"', (0.1, 0.2))])
    assert titles(svg) == ['a & "b"']


@pytest.mark.parametrize("values", [(0.0, 0.0), (5.0, 5.0), (-3.0, 1e-9)])
def test_a_single_model_is_drawn_within_its_panel(values: tuple[float, float]) -> None:
    svg = draw_front(AXES[:2], [Mark("one", "one", values)])
    circle = next(group for group in tree(svg).iter(f"{SVG}g") if group.find(f"{SVG}title") is not None)[1]
    panel = list(tree(svg).iter(f"{SVG}rect"))[1]
    x, y = (float(panel.get(name)) for name in "xy")
    assert x < float(circle.get("cx")) < x + float(panel.get("width"))
    assert y < float(circle.get("cy")) < y + float(panel.get("height"))


def test_no_model_at_all_is_an_empty_picture() -> None:
    assert titles(draw_front(AXES, [])) == []


def test_more_methods_than_colours_differ_by_form() -> None:
    marks = [Mark(f"method {number}", "", (number / 30, number / 30)) for number in range(29)]
    svg = draw_front(AXES[:2], marks)
    legend = [(each.tag, each.get("stroke")) for each in tree(svg) if each.get("stroke-width") == "1.5"]
    assert len(set(legend)) == len(legend) == 29


def test_more_panels_than_a_picture_has_are_refused() -> None:
    axes = [Axis(f"task_{number}", "top_1", "", higher_is_better=True) for number in range(40)]
    with pytest.raises(ValueError, match=str(MOST_PANELS)):
        draw_front(axes, [])
    with pytest.raises(ValueError, match="names an axis"):
        draw_front(axes, [], pairs=[(0, 40)])
