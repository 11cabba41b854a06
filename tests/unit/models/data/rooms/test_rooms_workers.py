import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.rooms.render import render
from models.data.rooms.workers import processes

ROOT = Path(__file__).parents[5]
ENDED_WITHIN_S = 10.0

PARENT = """
import os
import time
from models.data.rooms.workers import processes

if __name__ == "__main__":
    with processes(2) as executor:
        children = {executor.submit(os.getpid).result() for _ in range(20)}
        print(*children, flush=True)
        time.sleep(60)
"""


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # a child that ended stays in the table until its new parent looks after it
    return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text(encoding="utf-8")


def _wait_until_ended(children: list[int]) -> None:
    deadline = time.monotonic() + ENDED_WITHIN_S
    while any(map(_alive, children)):
        assert time.monotonic() < deadline, "workers live on"
        time.sleep(0.05)


def test_processes_render_the_same_bits() -> None:
    config = RoomsConfig(seed=5, size=16)
    here = render(config, range(40), ("rgb", "depth"))
    with processes(2) as executor:
        there = render(config, range(40), ("rgb", "depth"), executor)
    assert all(np.array_equal(here[name], there[name]) for name in here)


def test_processes_end_when_the_rendering_fails() -> None:
    children: set[int] = set()

    def fail() -> None:
        with processes(2) as executor:
            children.update(executor.submit(os.getpid).result() for _ in range(8))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert children
    _wait_until_ended(list(children))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_processes_end_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    with parent:
        assert parent.stdout is not None
        children = [int(child) for child in parent.stdout.readline().split()]
        assert children
        assert all(map(_alive, children))
        parent.send_signal(signal.SIGKILL)
    _wait_until_ended(children)
