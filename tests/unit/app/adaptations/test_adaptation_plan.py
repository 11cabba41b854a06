"""The jobs of an adaptation."""

from app.adaptations.plan import SUMMARY, TRAIN, adaptation_plan
from app.adaptations.records import AdaptationRun, Setup
from app.core.queue import JOB_KINDS
from models.adaptation.config import AdaptationConfig

SETUP = Setup(
    training=AdaptationConfig(classes=("a", "b")),
    methods=("dann", "san"),
    seeds=(4, 2),
    target_classes=None,
    weights=None,
)
RUNS = [
    AdaptationRun(id=f"{method}-{seed}", adaptation_id="ada", method=method, seed=seed)
    for method in SETUP.methods
    for seed in SETUP.seeds
]


def test_runs_wait_for_nothing_and_the_summary_for_all_of_them():
    jobs = adaptation_plan(SETUP, "digits", RUNS)
    assert [job.kind for job in jobs] == [TRAIN] * 4 + [SUMMARY]
    assert [job.depends_on for job in jobs] == [()] * 4 + [(0, 1, 2, 3)]
    assert [job.parameters for job in jobs[:4]] == [{"run_id": run.id} for run in RUNS]
    assert [job.title for job in jobs] == [
        "dann, seed 4",
        "dann, seed 2",
        "san, seed 4",
        "san, seed 2",
        "Summary of digits",
    ]


def test_every_job_is_of_a_known_kind_and_costs_something():
    for job in adaptation_plan(SETUP, "digits", RUNS):
        assert job.kind in JOB_KINDS
        assert job.cost > 0


def test_a_setup_survives_as_json():
    restricted = Setup(
        training=AdaptationConfig(classes=("a", "b"), backbone="features", image_size=None, input_features=7),
        methods=("pada",),
        seeds=(0,),
        target_classes=("b",),
        weights="w.safetensors",
    )
    for setup in (SETUP, restricted):
        assert Setup.from_json(setup.to_json()) == setup
