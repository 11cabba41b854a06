"""Compare every method of partial adaptation on digits, PACS and rendered objects.

    python -m bench.partial_adaptation tune      # the adversarial weight of every method, on a task of its own
    python -m bench.partial_adaptation digits    # then pacs, rooms
    python -m bench.partial_adaptation report    # docs/results/partial_adaptation.md from all runs that are there

Runs are kept one by one, so that a broken comparison goes on where it was.
"""

import argparse
from pathlib import Path

from bench.adaptation.runs import Wanted, run_all
from bench.adaptation.settings import COMPARED, GRID, TUNED, TUNING_SEEDS, VARIANTS, weight_of
from bench.adaptation.tasks import SHARES, Places

GROUPS = {
    "digits": ("mnist-usps", "usps-mnist"),
    "pacs": ("photo-cartoon", "cartoon-photo"),
    "rooms": tuple(f"rooms-{share}" for share in SHARES),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["tune", *GROUPS, "report"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the npz files")
    parser.add_argument(
        "--kept", type=Path, default=Path("data/adaptation-runs"), help="folder for finished runs"
    )
    parser.add_argument("--cache", type=Path, default=Path("data/cache"), help="folder for rendered objects")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    places = Places(chosen.data, chosen.cache)
    if chosen.what == "report":
        from bench.adaptation.reporting import report  # noqa: PLC0415 - draws, which training need not load

        report(chosen.kept, Path("docs/results"))
        return
    if chosen.what == "tune":
        wanted = [
            Wanted("development", method, mode, seed, weight)
            for seed in TUNING_SEEDS
            for method, mode in VARIANTS
            for weight in (GRID if (method, mode) in TUNED else (1.0,))
        ]
    else:
        wanted = [
            Wanted(task, method, mode, seed, weight_of(method, mode))
            for seed in range(chosen.seeds)
            for task in GROUPS[chosen.what]
            for method, mode in COMPARED[chosen.what]
        ]
    run_all(wanted, places, chosen.kept, chosen.workers)


if __name__ == "__main__":
    main()
