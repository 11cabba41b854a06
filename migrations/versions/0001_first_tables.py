"""Jobs, data sets, atlases with their networks and transfers, API keys, and first responses.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", DOCUMENT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("secret_hash", name="uq_api_keys_secret_hash"),
    )
    op.create_index("ix_api_keys_created_at", "api_keys", ["created_at"])

    op.create_table(
        "datasets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("location", sa.String(length=2000), nullable=True),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("report", DOCUMENT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_datasets"),
    )
    op.create_index("ix_datasets_created_at_id", "datasets", ["created_at", "id"])
    op.create_index("ix_datasets_fingerprint", "datasets", ["fingerprint"])

    op.create_table(
        "first_responses",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("place", "key", name="pk_first_responses"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("is_group", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("resource_kind", sa.String(), nullable=True),
        sa.Column("resource_id", sa.String(), nullable=True),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("result", DOCUMENT, nullable=True),
        sa.Column("error", DOCUMENT, nullable=True),
        sa.Column("children", DOCUMENT, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("attempt_progress", sa.Double(), nullable=False),
        sa.Column("attempt_started_at", TIME, nullable=True),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("lease_expires_at", TIME, nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("checkpoint", sa.String(), nullable=True),
        sa.Column("not_before", TIME, nullable=True),
        sa.Column("rung_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["jobs.id"], name="fk_jobs_parent_id_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_created_at_id", "jobs", ["created_at", "id"])
    op.create_index("ix_jobs_parent_id", "jobs", ["parent_id"])
    op.create_index("ix_jobs_resource_id", "jobs", ["resource_id"])
    op.create_index("ix_jobs_state_is_group", "jobs", ["state", "is_group"])

    op.create_table(
        "workers",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("queues", DOCUMENT, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
    )
    op.create_table(
        "atlases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("tasks", DOCUMENT, nullable=False),
        sa.Column("sources", DOCUMENT, nullable=False),
        sa.Column("targets", DOCUMENT, nullable=False),
        sa.Column("orders", DOCUMENT, nullable=False),
        sa.Column("transfer_count", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.String(length=40), nullable=True),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("code_version", sa.String(length=100), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name="fk_atlases_dataset_id_datasets", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_atlases"),
    )
    op.create_index("ix_atlases_created_at_id", "atlases", ["created_at", "id"])
    op.create_index("ix_atlases_dataset_id", "atlases", ["dataset_id"])

    op.create_table(
        "job_dependencies",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("depends_on_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["depends_on_id"], ["jobs.id"], name="fk_job_dependencies_depends_on_id_jobs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_dependencies_job_id_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "depends_on_id", name="pk_job_dependencies"),
    )
    op.create_index("ix_job_dependencies_depends_on_id", "job_dependencies", ["depends_on_id"])

    op.create_table(
        "job_events",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_events_job_id_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_job_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_events_job_id_id", "job_events", ["job_id", "id"])

    op.create_table(
        "networks",
        sa.Column("atlas_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("task", sa.String(length=100), nullable=False),
        sa.Column("weights", sa.String(length=64), nullable=False),
        sa.Column("losses", sa.String(length=64), nullable=False),
        sa.Column("curves", sa.String(length=64), nullable=False),
        sa.Column("representations", DOCUMENT, nullable=False),
        sa.Column("metrics", DOCUMENT, nullable=False),
        sa.Column("test_loss", sa.Float(), nullable=True),
        sa.Column("win_rate_vs_constant", sa.Float(), nullable=True),
        sa.Column("win_rate_vs_random", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["atlas_id"], ["atlases.id"], name="fk_networks_atlas_id_atlases", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("atlas_id", "kind", "task", name="pk_networks"),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("atlas_id", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=False),
        sa.Column("sources", sa.String(length=2000), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("affinity", sa.Float(), nullable=True),
        sa.Column("win_rate", sa.Float(), nullable=True),
        sa.Column("win_rate_vs_scratch", sa.Float(), nullable=True),
        sa.Column("win_rate_vs_full", sa.Float(), nullable=True),
        sa.Column("test_loss", sa.Float(), nullable=True),
        sa.Column("measures", DOCUMENT, nullable=False),
        sa.Column("weights", sa.String(length=64), nullable=True),
        sa.Column("losses", sa.String(length=64), nullable=True),
        sa.Column("curves", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["atlas_id"], ["atlases.id"], name="fk_transfers_atlas_id_atlases", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
        sa.UniqueConstraint("atlas_id", "target", "sources", name="uq_transfers_atlas_id_target_sources"),
    )
    op.create_index("ix_transfers_listing", "transfers", ["atlas_id", "order", "target", "sources"])


def downgrade() -> None:
    for table in (
        "transfers",
        "networks",
        "job_events",
        "job_dependencies",
        "atlases",
        "workers",
        "jobs",
        "first_responses",
        "datasets",
        "api_keys",
    ):
        op.drop_table(table)
