"""What importing the service brings along, and that no table or handler is forgotten."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.atlases.plan import build_plan
from app.core.database import Base
from app.core.queue import JOB_KINDS, QUEUES
from app.tables import METADATA
from models.transfer.presets import PRESETS, atlas_config

ROOT = Path(__file__).parents[2]


def python(code, **environment):
    command = [sys.executable, "-c", f"import json, sys; {code}"]
    output = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return json.loads(output.stdout)


@pytest.mark.parametrize("module", ["app.main", "app.web", "models.taxonomy.program", "taskatlas_client"])
def test_torch_is_not_loaded(module):
    assert python(f"import {module}; print(json.dumps('torch' in sys.modules))") is False


def test_the_client_loads_nothing_of_the_service():
    code = "import taskatlas_client; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    loaded = set(python(code))
    assert not loaded & {"app", "jobs", "models", "fastapi", "pydantic", "sqlalchemy", "numpy"}


def test_importing_the_application_touches_neither_disk_nor_network(tmp_path):
    code = "import app.main; print(json.dumps('done'))"
    assert python(code, TASKATLAS_DATA=str(tmp_path / "data")) == "done"
    assert not list(tmp_path.iterdir())


def test_every_kind_of_job_has_its_handler_and_its_celery_task(tmp_path):
    code = (
        "from jobs.worker import app, HANDLERS; "
        "print(json.dumps([sorted(HANDLERS), sorted(n for n in app.tasks if not n.startswith('celery.'))]))"
    )
    handlers, tasks = python(code, TASKATLAS_DATA=str(tmp_path / "data"))
    assert handlers == sorted(JOB_KINDS)
    assert tasks == handlers


@pytest.mark.parametrize("preset", PRESETS)
def test_every_job_of_a_build_is_of_a_known_kind_and_depends_on_earlier_ones(preset):
    plan = build_plan(atlas_config(preset))
    assert {job.kind for job in plan} <= set(JOB_KINDS)
    for position, job in enumerate(plan):
        assert all(other < position for other in job.depends_on)
        assert job.cost > 0


def test_migrations_know_every_table():
    named = (ROOT / "app/tables.py").read_text()
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "app").rglob("*/tables.py")
    }
    assert {module for module in modules if f"from {module} import" not in named} == set()
    assert {mapper.local_table.name for mapper in Base.registry.mappers} == set(METADATA.tables)
    assert len(METADATA.tables) >= len(modules)


def test_there_is_a_queue_for_machines_with_and_without_a_gpu():
    assert set(QUEUES) == {"cpu", "gpu"}
