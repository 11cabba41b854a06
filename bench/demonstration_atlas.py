"""The demonstration atlas: built by the service itself, written as the bundled file, and held against a rebuilt one.

    python bench/demonstration_atlas.py build   [--preset demo] [--seed 0] [--orders 1 2 3 4 5] [--per-target 5]
    python bench/demonstration_atlas.py export  [--max-mb 40] [--out app/atlases/bundled/rooms.atlas.zip]
    python bench/demonstration_atlas.py report  [--archive FILE]
    python bench/demonstration_atlas.py compare FILE [--archive FILE]
    python bench/demonstration_atlas.py rebuild [--archive FILE]

`build` starts the whole service on a data folder of its own (`--data`) with a worker per core, and waits; it may be
stopped and started again, and goes on where it was. `export` writes the compact archive that comes with the code, with
its provenance. `report`, the default, writes docs/results/demonstration_atlas.md from an archive. `compare` says how
the numbers of another archive differ, and `rebuild` does all of it from the provenance of the bundled one.
"""

import argparse
from pathlib import Path

from demonstration.archives import read
from demonstration.building import build, export
from demonstration.comparing import compare
from demonstration.reporting import write_report

from app.atlases.bundled.service import BUNDLED


def rebuild(chosen: argparse.Namespace) -> str:
    """Build again what the bundled archive says that it was built from, and compare."""
    config = read(chosen.archive).config
    chosen.preset, chosen.seed = config["preset"], config["seed"]
    chosen.orders, chosen.per_target = config["orders"], config["per_target"]
    build(chosen)
    chosen.out = chosen.data / "rebuilt.atlas.zip"
    export(chosen)
    return compare(chosen.archive, chosen.out)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "command", nargs="?", default="report", choices=("build", "export", "report", "compare", "rebuild")
    )
    parser.add_argument("other", type=Path, nargs="?", help="of `compare`: the other archive")
    parser.add_argument("--data", type=Path, default=Path("data/demonstration"), help="folder of the build")
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--seed", type=int, default=0, help="of the rooms, of weights and of batches")
    parser.add_argument("--orders", type=int, nargs="+", help="default: the preset's")
    parser.add_argument("--per-target", type=int, help="default: the preset's")
    parser.add_argument("--max-mb", type=float, default=40.0, help="of the archive, in millions of bytes")
    parser.add_argument("--archive", type=Path, default=BUNDLED)
    parser.add_argument("--out", type=Path, default=BUNDLED, help="of `export`: the archive")
    parser.add_argument("--results", type=Path, default=Path("docs/results/demonstration_atlas.md"))
    chosen = parser.parse_args()
    chosen.data = chosen.data.absolute()
    if chosen.command in {"report", "compare", "rebuild"} and not chosen.archive.exists():
        print(f"{chosen.archive} is not there: nothing measured; `build` and `export` make it")
        return
    if chosen.command == "build":
        build(chosen)
    elif chosen.command == "export":
        write_report(export(chosen), chosen.results)
    elif chosen.command == "report":
        write_report(chosen.archive, chosen.results)
    elif chosen.command == "rebuild":
        print(rebuild(chosen))
    elif chosen.other is None:
        parser.error("compare needs another archive")
    else:
        print(compare(chosen.archive, chosen.other))


if __name__ == "__main__":
    main()
