"""Dockerfile, compose file and Makefile name only what exists."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from app.cli import cli

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


def test_every_compose_command_is_one_of_the_command_line():
    commands = get_command(cli).commands
    assert {service["command"][1] for service in OURS.values()} == {"migrate", "serve", "worker", "inference"}
    for service in OURS.values():
        program, name, *options = service["command"]
        assert program == "taskatlas"
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert {option for option in options if option.startswith("--")} <= known


def test_every_service_in_compose_says_when_it_is_healthy_or_takes_no_requests():
    without = {name for name, service in COMPOSE["services"].items() if "healthcheck" not in service}
    assert without == {"migrate", "worker"}


def test_compose_sets_only_variables_that_settings_read():
    settings = (ROOT / "app/core/settings.py").read_text()
    for service in OURS.values():
        ours = {name for name in service["environment"] if name.startswith("TASKATLAS_")}
        assert ours
        assert all(f'"{name}"' in settings for name in ours)


def test_image_runs_as_a_user_of_its_own():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER taskatlas"]


def test_every_setting_is_in_the_operations_guide():
    names = set(re.findall(r'"(TASKATLAS_\w+)"', (ROOT / "app/core/settings.py").read_text()))
    guide = (ROOT / "docs/operations.md").read_text()
    assert {name for name in names if f"`{name}`" not in guide} == set()


def test_dependencies_are_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {re.split(r"[\[><=; ]", line, maxsplit=1)[0].lower() for line in wanted}
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {line.split("==")[0].lower() for line in lines if "==" in line}
    normal = {name.replace("_", "-").replace(".", "-") for name in pinned}
    assert {name for name in names if name.replace("_", "-") not in normal} == set()
    assert "torch==2.13.0" in lines, "no local version: every index has this one"


@pytest.mark.parametrize(
    "target", ["run", "test", "lint", "types", "science", "bench", "docs", "openapi", "clean"]
)
def test_make_help_lists_every_target(target):
    text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"make {target} " in text


def test_the_command_line_leaves_torch_alone():
    code = "import sys, app.cli; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
