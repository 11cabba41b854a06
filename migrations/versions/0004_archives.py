"""Where an atlas that came as an archive is from, and which bundled atlases were installed.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("atlases", sa.Column("provenance", DOCUMENT, nullable=True))
    op.create_table(
        "bundled_atlases",
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("atlas_id", sa.String(length=40), nullable=False),
        sa.Column("installed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("content", name="pk_bundled_atlases"),
    )


def downgrade() -> None:
    op.drop_table("bundled_atlases")
    op.drop_column("atlases", "provenance")
