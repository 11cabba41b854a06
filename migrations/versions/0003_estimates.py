"""Estimates of transfers from networks alone.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "estimates",
        sa.Column("atlas_id", sa.String(length=40), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["atlas_id"], ["atlases.id"], name="fk_estimates_atlas_id_atlases", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("atlas_id", "method", "target", "source", name="pk_estimates"),
    )


def downgrade() -> None:
    op.drop_table("estimates")
