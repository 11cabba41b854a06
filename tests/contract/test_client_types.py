"""The client's types, written by hand, have the fields of the document, all of them."""

import dataclasses
import inspect
import json
from pathlib import Path

import pytest
import taskatlas_client as client
from taskatlas_client._adaptations import Adaptations
from taskatlas_client._groupings import Groupings
from taskatlas_client._multitask import MultitaskTrainings

SCHEMAS = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())["components"]["schemas"]
TYPES = {
    "AdaptationDetailOut": client.Adaptation,
    "AdaptationPredictionOut": client.AdaptationPrediction,
    "AdaptationResultOut": client.AdaptationResult,
    "CheckedGroupingOut": client.CheckedGrouping,
    "ChosenOut": client.ChosenStep,
    "ClassOut": client.ClassExamples,
    "ClassPredictionOut": client.ClassPrediction,
    "CurvesOut": client.AdaptationCurves,
    "DatasetOut": client.Dataset,
    "DivergenceOut": client.Divergence,
    "FrontAxisOut": client.FrontAxis,
    "FrontOut": client.MultitaskFront,
    "FrontPointOut": client.FrontPoint,
    "ImagePredictionsOut": client.ImagePredictions,
    "GroupedTaskOut": client.GroupedTask,
    "GroupingDetailOut": client.Grouping,
    "GroupingRunOut": client.GroupingRun,
    "JudgedTaskOut": client.JudgedTask,
    "MeanWeightsOut": client.MeanWeights,
    "MethodSummaryOut": client.MethodSummary,
    "MultitaskCurvesOut": client.MultitaskCurves,
    "MultitaskDetailOut": client.Multitask,
    "MultitaskMethodOut": client.MultitaskMethod,
    "MultitaskPredictionOut": client.MultitaskPrediction,
    "MultitaskResultOut": client.MultitaskResult,
    "MultitaskRunOut": client.MultitaskRun,
    "MultitaskSummaryOut": client.MultitaskSummary,
    "MultitaskTaskOut": client.MultitaskTask,
    "PointOut": client.EmbeddedExample,
    "ReasonOut": client.Reason,
    "ReportOut": client.DatasetReport,
    "RunEmbeddingOut": client.Embedding,
    "RunningOut": client.AdaptationRun,
    "SharingOut": client.Sharing,
    "SpreadOut": client.Spread,
    "TaskPredictionOut": client.TaskPrediction,
    "VerdictOut": client.Verdict,
}


@pytest.mark.parametrize("schema", TYPES)
def test_types_have_the_fields_of_the_contract(schema):
    fields = {field.name.removesuffix("_") for field in dataclasses.fields(TYPES[schema])}
    assert fields == set(SCHEMAS[schema]["properties"])


def test_what_starts_an_adaptation_takes_every_setting():
    settings = set(inspect.signature(Adaptations.create).parameters) - {"self", "name", "source", "target"}
    assert settings == set(SCHEMAS["AdaptationIn"]["properties"]) - {
        "name",
        "source_dataset",
        "target_dataset",
    }


def test_what_starts_a_multitask_training_takes_every_setting():
    settings = set(inspect.signature(MultitaskTrainings.train).parameters) - {"self"}
    assert settings == set(SCHEMAS["MultitaskIn"]["properties"])


def test_what_asks_for_a_grouping_takes_every_setting():
    settings = set(inspect.signature(Groupings.ask).parameters) - {"self", "atlas_id"}
    assert settings == set(SCHEMAS["GroupingIn"]["properties"])
