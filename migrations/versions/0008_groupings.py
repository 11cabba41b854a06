"""Groupings and the networks that are trained to check them.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "groupings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("atlas_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("prediction", DOCUMENT, nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("code_version", sa.String(length=100), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["atlas_id"], ["atlases.id"], name="fk_groupings_atlas_id_atlases", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_groupings"),
    )
    op.create_index("ix_groupings_listing", "groupings", ["atlas_id", "created_at", "id"])

    op.create_table(
        "grouping_runs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("grouping_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("tasks", DOCUMENT, nullable=False),
        sa.Column("metrics", DOCUMENT, nullable=True),
        sa.Column("validation_metrics", DOCUMENT, nullable=True),
        sa.Column("weights", sa.String(length=64), nullable=True),
        sa.Column("error", DOCUMENT, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["grouping_id"],
            ["groupings.id"],
            name="fk_grouping_runs_grouping_id_groupings",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_grouping_runs"),
        sa.UniqueConstraint("grouping_id", "position", name="uq_grouping_runs_grouping_id_position"),
    )


def downgrade() -> None:
    op.drop_table("grouping_runs")
    op.drop_table("groupings")
