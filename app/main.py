"""The HTTP application: every resource's routes on one platform. Nothing happens at import."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app import health
from app.adaptations import endpoints as adaptations
from app.atlases import endpoints as atlases
from app.atlases.encoded import EncodedBodies
from app.core import problems
from app.core.limits import BodyLimitMiddleware
from app.core.platform import Platform, build_platform
from app.core.settings import Settings
from app.core.telemetry import Metrics, TelemetryMiddleware
from app.dashboard import endpoints as dashboard
from app.datasets import endpoints as datasets
from app.estimates import endpoints as estimates
from app.groupings import endpoints as groupings
from app.inference import endpoints as inference
from app.jobs import endpoints as jobs
from app.jobs.schemas import API
from app.jobs.service import JobsService
from app.keys import endpoints as keys
from app.keys.service import StoredKeys
from app.multitask import endpoints as multitask
from app.targets import endpoints as targets
from app.tasks import endpoints as tasks
from app.taxonomies import endpoints as taxonomies
from app.transfers import endpoints as transfers

RESOURCES = (
    tasks.router,
    datasets.router,
    atlases.router,
    transfers.router,
    taxonomies.router,
    estimates.router,
    targets.router,
    groupings.router,
    adaptations.router,
    multitask.router,
    inference.router,
    jobs.router,
    keys.router,
)
_ENCODED_BYTES = 64 * 2**20


def create_app(settings: Settings) -> FastAPI:
    """Build the application; nothing is connected to before it is used."""
    platform = build_platform(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        yield
        platform.close()

    app = FastAPI(
        title="Task Atlas",
        summary="Learns how tasks relate, and puts that knowledge to work.",
        version=version("task-atlas"),
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.platform = platform
    app.state.keys = StoredKeys(platform.database)
    app.state.encoded = EncodedBodies(_ENCODED_BYTES)
    app.state.metrics = metrics = Metrics(lambda: _jobs_by_state(platform))
    problems.install(app)
    app.add_middleware(BodyLimitMiddleware, max_bytes=settings.server.max_body_bytes)
    app.add_middleware(TelemetryMiddleware, metrics=metrics)
    for router in RESOURCES:
        app.include_router(router, prefix=API)
    app.include_router(health.router)
    app.include_router(dashboard.router)
    _describe_problems(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """Name an operation for its function, so that generated clients have readable methods."""
    return route.name


def _jobs_by_state(platform: Platform) -> Mapping[str, int]:
    with platform.database.session(read_only=True) as session:
        return JobsService(session, platform).count_by_state()


def _describe_problems(app: FastAPI) -> None:
    """Let the OpenAPI document say what the service answers to what it cannot accept."""
    framework_document = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            problems.describe(framework_document())
        return framework_document()

    app.openapi = openapi
