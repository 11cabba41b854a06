"""SQL of what was bundled and installed."""

from datetime import datetime

from app.atlases.bundled.tables import BundledAtlasRow
from app.core.database import IntegrityError, Session


class BundledRepository:
    """Remembers bundled atlases; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def installed(self, content: str) -> bool:
        """Whether a bundled atlas was installed here once, deleted since or not."""
        return self.session.get(BundledAtlasRow, content) is not None

    def claim(self, content: str, *, atlas_id: str, at: datetime) -> bool:
        """Take an installation for this transaction; False when another process did it at the same moment."""
        row = BundledAtlasRow(content=content, atlas_id=atlas_id, installed_at=at)
        try:
            with self.session.begin_nested():
                self.session.add(row)
        except IntegrityError:
            return False
        return True
