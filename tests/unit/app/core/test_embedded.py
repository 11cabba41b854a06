import errno
import subprocess
import sys

import pytest

from app.core.embedded import (
    LONGEST_SOCKET_PATH,
    DataFolderLock,
    SetupError,
    prepare_data_folder,
    prepare_socket_folder,
    redis_command,
    redis_server_binary,
    redis_socket,
    setup_error,
)


def test_a_data_folder_is_made_with_its_logs(tmp_path):
    prepare_data_folder(tmp_path / "new" / "data")
    assert (tmp_path / "new" / "data" / "logs").is_dir()


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match=r"cannot be written \(Not a directory\); set TASKATLAS_DATA"):
        prepare_data_folder(tmp_path / "file" / "data")


def test_a_full_disk_is_named(tmp_path):
    assert "disk full" in str(setup_error(OSError(errno.ENOSPC, "No space left on device"), tmp_path))


def test_a_data_folder_is_held_by_one_process_at_a_time(tmp_path):
    lock = DataFolderLock(tmp_path)
    with pytest.raises(SetupError, match=r"in use by process \d+"):
        DataFolderLock(tmp_path)
    lock.release()
    DataFolderLock(tmp_path).release()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    code = (
        "import os, pathlib, app.core.embedded as e;"
        f"lock = e.DataFolderLock(pathlib.Path({str(tmp_path)!r})); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    DataFolderLock(tmp_path).release()


def test_the_socket_lies_in_the_data_folder_where_its_path_fits(tmp_path):
    assert redis_socket(tmp_path) == tmp_path.resolve() / "redis.sock"


def test_a_long_data_folder_has_its_socket_at_a_short_path_of_its_own(tmp_path):
    deep = tmp_path / ("d" * LONGEST_SOCKET_PATH)
    assert len(str(redis_socket(deep))) <= LONGEST_SOCKET_PATH
    assert redis_socket(deep) == redis_socket(deep)
    assert redis_socket(deep) != redis_socket(tmp_path / ("e" * LONGEST_SOCKET_PATH))


def test_a_socket_left_by_a_killed_run_is_removed(tmp_path):
    socket = tmp_path / "run" / "redis.sock"
    socket.parent.mkdir()
    socket.write_text("")
    prepare_socket_folder(socket)
    assert not socket.exists()


def test_the_redis_binary_runs():
    output = subprocess.run(
        [redis_server_binary(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert output.startswith("Redis server v=")


def test_embedded_redis_listens_on_no_network_port_and_saves_nothing(tmp_path):
    command = redis_command(tmp_path / "redis.sock", tmp_path)
    assert command[command.index("--port") + 1] == "0"
    assert command[command.index("--save") + 1] == ""
