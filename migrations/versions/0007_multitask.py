"""Multi-task trainings and their runs.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "multitask_trainings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("dataset_id", sa.String(length=40), nullable=False),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("own", DOCUMENT, nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("code_version", sa.String(length=100), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["datasets.id"],
            name="fk_multitask_trainings_dataset_id_datasets",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_multitask_trainings"),
    )
    op.create_index("ix_multitask_trainings_dataset_id", "multitask_trainings", ["dataset_id"])
    op.create_index("ix_multitask_trainings_listing", "multitask_trainings", ["created_at", "id"])

    op.create_table(
        "multitask_runs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("multitask_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("preference", DOCUMENT, nullable=True),
        sa.Column("history", DOCUMENT, nullable=True),
        sa.Column("metrics", DOCUMENT, nullable=True),
        sa.Column("validation_metrics", DOCUMENT, nullable=True),
        sa.Column("weights", sa.String(length=64), nullable=True),
        sa.Column("error", DOCUMENT, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["multitask_id"],
            ["multitask_trainings.id"],
            name="fk_multitask_runs_multitask_id_multitask_trainings",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_multitask_runs"),
        sa.UniqueConstraint("multitask_id", "position", name="uq_multitask_runs_multitask_id_position"),
    )


def downgrade() -> None:
    op.drop_table("multitask_runs")
    op.drop_table("multitask_trainings")
