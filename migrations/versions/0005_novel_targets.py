"""Novel targets and the models that were trained for them.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "novel_targets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("atlas_id", sa.String(length=40), nullable=False),
        sa.Column("dataset_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("task", sa.String(length=100), nullable=False),
        sa.Column("config", DOCUMENT, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=True),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("code_version", sa.String(length=100), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["atlas_id"], ["atlases.id"], name="fk_novel_targets_atlas_id_atlases", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name="fk_novel_targets_dataset_id_datasets", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_novel_targets"),
    )
    op.create_index("ix_novel_targets_dataset_id", "novel_targets", ["dataset_id"])
    op.create_index("ix_novel_targets_listing", "novel_targets", ["atlas_id", "created_at", "id"])

    op.create_table(
        "novel_models",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("target_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sources", sa.String(length=2000), nullable=False),
        sa.Column("validation_loss", sa.Float(), nullable=False),
        sa.Column("test_loss", sa.Float(), nullable=False),
        sa.Column("affinity", sa.Float(), nullable=True),
        sa.Column("win_rate", sa.Float(), nullable=True),
        sa.Column("win_rate_vs_scratch", sa.Float(), nullable=True),
        sa.Column("win_rate_vs_constant", sa.Float(), nullable=True),
        sa.Column("metrics", DOCUMENT, nullable=False),
        sa.Column("weights", sa.String(length=64), nullable=True),
        sa.Column("losses", sa.String(length=64), nullable=False),
        sa.Column("curves", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["novel_targets.id"],
            name="fk_novel_models_target_id_novel_targets",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_novel_models"),
        sa.UniqueConstraint("target_id", "kind", "sources", name="uq_novel_models_target_id_kind_sources"),
    )


def downgrade() -> None:
    op.drop_table("novel_models")
    op.drop_table("novel_targets")
