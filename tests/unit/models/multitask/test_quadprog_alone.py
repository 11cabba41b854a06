import subprocess
import sys

PROGRAM = """
import pulp
import torch
from models.multitask.aggregators import library_balancer

gradients = torch.eye(3)
for name in ("DualProj", "UPGrad"):
    weights, _ = library_balancer(name, 3).combine(gradients, torch.Generator())
    torch.testing.assert_close(weights, torch.full((3,), 1 / 3), rtol=0, atol=1e-3)
"""


def test_a_worker_that_has_solved_taxonomies_survives_quadratic_programs() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
