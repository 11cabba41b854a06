"""How fast taxonomies are proven optimal, against the paper's own program on two solvers, in one run.

Run `python bench/taxonomy_solver.py [CSV] [--out docs/results/taxonomy_solver.md]`. For every budget the released
affinities are solved by `models.taxonomy` (from the table to a settled answer: model, optimum and tie-break, each
proven), and by Eq. 6 as it is printed: one row per transfer and nothing left out, written with PuLP, solved by HiGHS
and by PuLP's default CBC to a proven optimum, without a tie-break. All three must agree on the objective.
Times are CPU time, and wall-clock time beside it.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulp

from models.taxonomy.milp import SOLVER
from models.taxonomy.options import Options
from models.taxonomy.program import solve
from models.taxonomy.published import read_csv
from models.taxonomy.table import RESERVED, SELF, Transfer

DEFAULT = Path("../shared/data/taskonomy_affinities_16k.csv")
AGREEMENT = 1e-6
PEER_BUDGETS = (1, 2, 4, 8, 12, 16, 20, 24)


@dataclass(frozen=True)
class Run:
    """One solved program."""

    objective: float
    proven: bool
    cpu: float
    wall: float


def ours(table: Sequence[Transfer], budget: int) -> tuple[float, bool]:
    taxonomy = solve(table, Options(budget=budget))
    return taxonomy.best.objective, taxonomy.optimal


def printed_program(table: Sequence[Transfer], budget: int, solver: Any) -> tuple[float, bool]:
    """Eq. 6 with one row per transfer, every transfer and source binary."""
    problem = pulp.LpProblem("printed", pulp.LpMaximize)
    names = sorted({source for row in table for source in row.sources} - set(RESERVED))
    sources = {
        name: problem.add_variable(f"x{index}", 0, 1, cat=pulp.LpInteger) for index, name in enumerate(names)
    }
    into: dict[str, list[tuple[Any, float]]] = {}
    value: list[tuple[Any, float]] = []
    for index, row in enumerate(table):
        needs = (row.target,) if row.sources == (SELF,) else row.sources
        if row.affinity is None or row.target in row.sources or not set(needs) <= set(names):
            continue
        used = problem.add_variable(f"y{index}", 0, 1, cat=pulp.LpInteger)
        value.append((used, row.affinity))
        into.setdefault(row.target, []).append((used, 1))
        problem += (
            pulp.LpAffineExpression([(used, len(needs)), *((sources[name], -1) for name in needs)]) <= 0
        )
    for uses in into.values():
        problem += pulp.LpAffineExpression(uses) == 1
    problem += pulp.LpAffineExpression([(source, 1) for source in sources.values()]) <= budget
    problem.setObjective(pulp.LpAffineExpression(value))
    problem.solve(solver)
    return pulp.value(problem.objective), problem.sol_status == pulp.LpSolutionOptimal


def highs() -> Any:
    return pulp.HiGHS(msg=False, threads=1, gapRel=0, gapAbs=0, log_to_console=False)


def cbc() -> Any:
    return pulp.COIN_CMD(path=pulp.apis.PULP_CBC_CMD.pulp_cbc_path, msg=False, threads=1, gapRel=0, gapAbs=0)


def timed(solving: Callable[[], tuple[float, bool]]) -> Run:
    cpu, start = cpu_seconds(), time.perf_counter()
    objective, proven = solving()
    return Run(objective, proven, cpu_seconds() - cpu, time.perf_counter() - start)


def cpu_seconds() -> float:
    """Of this process and of those it has ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def measure(table: Sequence[Transfer], budget: int, rounds: int, *, with_peers: bool) -> dict[str, Run]:
    peers = {"rows": highs, "cbc": cbc} if with_peers else {}
    own = [timed(lambda: ours(table, budget)) for _ in range(rounds)]
    runs = {"ours": sorted(own, key=lambda run: run.cpu)[rounds // 2]}
    for name, solver in peers.items():
        runs[name] = timed(lambda solver=solver: printed_program(table, budget, solver()))
        if abs(runs[name].objective - runs["ours"].objective) > AGREEMENT:
            sys.exit(f"budget {budget}: {name} found {runs[name].objective}, ours {runs['ours'].objective}")
    return runs


def report(runs: dict[int, dict[str, Run]], path: Path, transfers: int, rounds: int) -> str:
    def ratio(name: str) -> float:
        return statistics.median(run[name].cpu / run["ours"].cpu for run in runs.values() if name in run)

    slowest = max((run["ours"] for run in runs.values()), key=lambda run: run.cpu)
    lines = [
        "# Proven taxonomies: time per budget",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), load average "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {SOLVER}, PuLP {pulp.__version__}.",
        "Command: `python bench/taxonomy_solver.py`.",
        f"`{path.name}`: {transfers} transfers, all orders, default options.",
        "",
        "*ours*: from the table to a settled answer (model, optimum and tie-break, each proven), the median of "
        f"{rounds} runs. *rows*: Eq. 6 as printed, one row per transfer, with PuLP and HiGHS. *CBC*: the same program "
        "on PuLP's default solver. The peers break no ties; they ran once, on some budgets, in the same run. All agree "
        "on every objective to 1e-6. Everything is on one thread. Times are CPU time, child processes included, so "
        "that what else the machine does counts little; *wall* is wall-clock time and does feel it.",
        "",
        f"Slowest budget: {1000 * slowest.cpu:.0f} ms. Median ratio: rows {ratio('rows'):.0f} x, "
        f"CBC {ratio('cbc'):.0f} x.",
        "",
        "| budget | objective | proven | ours ms | ours wall ms | rows ms | CBC ms | rows / ours | CBC / ours |",
        "| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for budget, run in runs.items():
        own = run["ours"]
        peers = [run.get("rows"), run.get("cbc")]
        cells = [
            str(budget),
            f"{own.objective:.6f}",
            "yes" if own.proven else "no",
            f"{1000 * own.cpu:.0f}",
            f"{1000 * own.wall:.0f}",
            *("" if peer is None else f"{1000 * peer.cpu:.0f}" for peer in peers),
            *("" if peer is None else f"{peer.cpu / own.cpu:.0f}" for peer in peers),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv", type=Path, nargs="?", default=DEFAULT)
    parser.add_argument("--out", type=Path, default=Path("docs/results/taxonomy_solver.md"))
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if not arguments.csv.exists():
        print(f"{arguments.csv} is not there: nothing measured; name an affinity CSV")
        return
    table = read_csv(arguments.csv.read_bytes())
    ours(table, 1)  # what is loaded once is not counted
    names = {source for row in table for source in row.sources} - {SELF}
    runs: dict[int, dict[str, Run]] = {}
    for budget in range(1, len(names) + 1):
        found = measure(table, budget, arguments.rounds, with_peers=budget in PEER_BUDGETS)
        runs[budget] = found
        each = ", ".join(f"{name} {1000 * run.cpu:.0f} ms" for name, run in found.items())
        own = found["ours"]
        print(
            f"budget {budget}: {own.objective:.6f} {'proven' if own.proven else 'NOT PROVEN'}; {each}; "
            f"wall {1000 * own.wall:.0f} ms",
            flush=True,
        )
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(report(runs, arguments.csv, len(table), arguments.rounds))
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
