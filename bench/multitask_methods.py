"""Compare ways to train one network for many tasks: the three experiments of Sener & Koltun 2018.

    python -m bench.multitask_methods tune multimnist    # the learning rate of every method, on validation images
    python -m bench.multitask_methods run multimnist     # then attributes, rooms, nyu
    python -m bench.multitask_methods report             # docs/results/multitask_*.md from all runs that are there

Runs are kept one by one, so that a broken comparison goes on where it was.
"""

import argparse
from pathlib import Path

from bench.multitask.runs import Wanted, prepare, run_all
from bench.multitask.settings import RATES, TUNING_SEED, VARIANTS
from bench.multitask.studies import STUDIES, Places
from bench.multitask.tuning import best_rates


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["tune", "run", "report"])
    parser.add_argument("study", nargs="?", choices=list(STUDIES))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the npz files")
    parser.add_argument(
        "--kept", type=Path, default=Path("data/multitask-runs"), help="folder for finished runs"
    )
    parser.add_argument("--cache", type=Path, default=Path("data/cache"), help="folder for views")
    parser.add_argument("--only", nargs="*", default=None, help="names of variants; all by default")
    parser.add_argument("--seeds", type=int, nargs="*", default=None, help="those of the study by default")
    parser.add_argument("--epochs", type=int, default=None, help="those of the study by default")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    places = Places(chosen.data, chosen.cache)
    if chosen.what == "report":
        from bench.multitask.reporting import report  # noqa: PLC0415 - draws, which training need not load

        report(chosen.kept, Path("docs/results"))
        return
    if chosen.study is None:
        parser.error(f"say which study: {', '.join(STUDIES)}")
    study = STUDIES[chosen.study]
    variants = [each for each in VARIANTS[chosen.study] if chosen.only is None or each.name in chosen.only]
    prepare(chosen.study, places)
    if chosen.what == "tune":
        wanted = [
            Wanted(chosen.study, variant, rate, TUNING_SEED, study.tuning_epochs)
            for variant in variants
            for rate in RATES
        ]
    else:
        rates = best_rates(chosen.study, chosen.kept)
        wanted = [
            Wanted(chosen.study, variant, rates[variant.name], seed, chosen.epochs or study.config.epochs)
            for seed in (range(study.seeds) if chosen.seeds is None else chosen.seeds)
            for variant in variants
        ]
    run_all(wanted, places, chosen.kept, chosen.workers)


if __name__ == "__main__":
    main()
