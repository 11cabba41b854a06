import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from models.data.rooms.config import RoomsConfig
from models.data.rooms.contact_sheet import contact_sheet
from models.data.rooms.labels import LABELS


def test_sheet_has_a_row_per_view_and_shows_every_label() -> None:
    sheet = np.asarray(contact_sheet(RoomsConfig(size=32), [0, 1], list(LABELS)))
    one = np.asarray(contact_sheet(RoomsConfig(size=32), [0], list(LABELS)))
    assert sheet.shape[0] - one.shape[0] == 36
    assert sheet.shape[1] == one.shape[1]
    assert np.array_equal(sheet[:46], one[:46])


def test_command_writes_a_picture(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    command = [sys.executable, "-m", "models.data.rooms.contact_sheet", "--out", str(out), "--views", "1"]
    subprocess.run([*command, "--size", "32", "--labels", "rgb", "depth"], check=True, timeout=120)
    with Image.open(out) as picture:
        assert picture.size == (3 * 4 + 2 * 32, 14 + 36 + 4)
