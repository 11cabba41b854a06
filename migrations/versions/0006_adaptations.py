"""Adaptations and their runs.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "adaptations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source_dataset_id", sa.String(length=40), nullable=False),
        sa.Column("target_dataset_id", sa.String(length=40), nullable=False),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("pretrained", sa.String(length=64), nullable=True),
        sa.Column("shared_classes", DOCUMENT, nullable=True),
        sa.Column("verdicts", DOCUMENT, nullable=True),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("code_version", sa.String(length=100), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], ["datasets.id"], name=f"fk_adaptations_{column}_datasets", ondelete="RESTRICT"
            )
            for column in ("source_dataset_id", "target_dataset_id")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_adaptations"),
    )
    op.create_index("ix_adaptations_source_dataset_id", "adaptations", ["source_dataset_id"])
    op.create_index("ix_adaptations_target_dataset_id", "adaptations", ["target_dataset_id"])
    op.create_index("ix_adaptations_listing", "adaptations", ["created_at", "id"])

    op.create_table(
        "adaptation_runs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("adaptation_id", sa.String(length=40), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("history", DOCUMENT, nullable=True),
        sa.Column("accuracies", DOCUMENT, nullable=True),
        sa.Column("weights", sa.String(length=64), nullable=True),
        sa.Column("arrays", sa.String(length=64), nullable=True),
        sa.Column("predicted_shares", DOCUMENT, nullable=True),
        sa.Column("error", DOCUMENT, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["adaptation_id"],
            ["adaptations.id"],
            name="fk_adaptation_runs_adaptation_id_adaptations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_adaptation_runs"),
        sa.UniqueConstraint(
            "adaptation_id", "method", "seed", name="uq_adaptation_runs_adaptation_id_method_seed"
        ),
    )


def downgrade() -> None:
    op.drop_table("adaptation_runs")
    op.drop_table("adaptations")
