"""Atlases that tests of the HTTP API share."""

from app.atlases.records import Network
from app.atlases.repository import AtlasesRepository
from app.transfers.records import NewTransfer
from app.transfers.repository import TransfersRepository

HEADER = "sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full"

CSV = f"""{HEADER},note
rgb2depth,rgb2sfnorm,0.5,0.9,0.4,close
edge2d,rgb2sfnorm,0.125,,0.1,
self,rgb2sfnorm,0.25,1.0,0.5,
random,rgb2sfnorm,0.0625,0.2,0.05,
rgb2sfnorm,rgb2depth,0.75,0.8,0.3,
edge2d,rgb2depth,,0.6,0.2,
edge2d+rgb2sfnorm,rgb2depth,0.25,0.7,0.25,
"""


def import_table(api, text=CSV, *, name="table", filename="table.csv", headers=None):
    """Upload a table; the response."""
    content = text if isinstance(text, bytes) else text.encode()
    return api.post(
        "/api/v1/atlases/import",
        files={"file": (filename, content, "text/csv")},
        data={"name": name},
        headers=headers,
    )


def imported(api, text=CSV, **options) -> str:
    """Id of an atlas made of a table."""
    response = import_table(api, text, **options)
    assert response.status_code == 201, response.text
    return response.json()["id"]


def build(api, **fields):
    """Ask for an atlas to be built; the response."""
    return api.post("/api/v1/atlases", json={"name": "rooms", "preset": "tiny"} | fields)


def measured(platform, atlas_id: str, *, finish: bool) -> dict[str, str]:
    """Store what jobs would have measured of an atlas that is being built; the artefacts by what they are."""
    artifacts = {
        "weights": platform.artifacts.put(b"weights of a head"),
        "losses": platform.artifacts.put(b"losses"),
        "curves": platform.artifacts.put_json({"head": {"steps": [0, 8], "losses": [1.5, 0.5]}}),
        "network": platform.artifacts.put(b"weights of a network"),
    }
    with platform.database.session() as session:
        atlases = AtlasesRepository(session)
        atlases.add_network(
            Network(
                atlas_id=atlas_id,
                kind="task",
                task="depth",
                weights=artifacts["network"],
                losses=artifacts["losses"],
                curves=artifacts["curves"],
                metrics={"absolute_relative_error": 0.5},
                test_loss=0.25,
                win_rate_vs_constant=0.875,
                win_rate_vs_random=0.75,
            )
        )
        transfer = NewTransfer(
            sources=("depth",),
            target="normals",
            affinity=0.5 if finish else None,
            win_rate=0.625,
            win_rate_vs_scratch=0.75,
            win_rate_vs_full=0.375,
            test_loss=0.125,
            measures={"mean_angle": 20.5},
            weights=artifacts["weights"],
            losses=artifacts["losses"],
            curves=artifacts["curves"],
        )
        TransfersRepository(session).add(atlas_id, [transfer])
        if finish:
            atlases.finish(atlas_id, at=platform.database.now(session), transfer_count=1)
    return artifacts
