"""Atlases that stand on the task-specific networks of another.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("atlases", sa.Column("base_id", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("atlases", "base_id")
