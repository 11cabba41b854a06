"""`taskatlas up` as a person runs it: a real process with real children."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from app.core.embedded import redis_command
from tests.services import new_database

START_S = 90


class Instance:
    """One running `taskatlas up`."""

    def __init__(self, data, port=0, **environment):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TASKATLAS_")}
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "up"],
            env=inherited
            | {"TASKATLAS_DATA": str(data), "TASKATLAS_PORT": str(port), "OMP_NUM_THREADS": "1"}
            | {"TASKATLAS_WORKERS": "1"}
            | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        with self.process.stdout as stream:
            self.lines.extend(iter(stream.readline, ""))

    @property
    def text(self):
        return "".join(self.lines)

    def url(self):
        until(lambda: re.search(r"http://\S+", self.text) or self.process.poll() is not None, START_S, self)
        return re.search(r"http://\S+", self.text).group()

    def family(self):
        """Pids of all processes this instance started, itself included."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(stat.parent.name)] = int(fields[1])
        family = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        return family

    def end(self, number, least=6):
        family = self.family()
        assert len(family) >= least, "supervisor, watchdog, Redis, worker, inference and web"
        self.process.send_signal(number)
        status = self.process.wait(timeout=30)
        until(lambda: not any(map(alive, family)), 10, self)
        self._reader.join(timeout=10)
        return status

    def fails(self):
        status = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        assert "Traceback" not in self.text
        return status, [line for line in self.lines if line.startswith("taskatlas:")]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition, seconds, instance):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"did not happen in time:\n{instance.text}"
        time.sleep(0.05)
    return value


def get(url):
    with urllib.request.urlopen(url, timeout=5) as response:
        return response.status, response.read()


def is_ready(url):
    try:
        return get(f"{url}/readyz")[0] == 200
    except (urllib.error.HTTPError, OSError):
        return False


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except FileNotFoundError:
        return ""


@pytest.fixture
def start(tmp_path):
    instances = []

    def start_one(name="data", **options):
        instances.append(Instance(tmp_path / name, **options))
        return instances[-1]

    yield start_one
    for instance in instances:
        instance.process.kill()
        instance.process.wait()
        instance._reader.join(timeout=10)


@pytest.mark.slow
def test_two_instances_run_side_by_side_and_end_cleanly_on_sigterm_and_sigint(start):
    one, two = start("one"), start("two")
    urls = [one.url(), two.url()]
    assert len(set(urls)) == 2
    for url in urls:
        assert get(f"{url}/readyz")[0] == 200, "the address is printed when all is ready, not before"
        assert get(f"{url}/api/v1/tasks")[0] == 200
    assert one.end(signal.SIGTERM) == 0
    assert is_ready(urls[1]), "the other instance does not notice"
    assert two.end(signal.SIGINT) == 0
    assert "Traceback" not in one.text + two.text


@pytest.mark.slow
def test_a_killed_supervisor_leaves_no_process_and_the_folder_can_be_used_again(start):
    first = start()
    first.url()
    first.end(signal.SIGKILL)
    second = start()
    assert is_ready(second.url())


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_a_second_start_in_the_same_folder_is_refused(start):
    instance = start(TASKATLAS_WORKERS="2")
    url = instance.url()
    refused = start()
    assert refused.fails() == (
        1,
        [
            f"taskatlas: the data folder {instance.data} is in use by process {instance.process.pid}; "
            "stop that one or set TASKATLAS_DATA to another folder\n"
        ],
    )
    workers = {pid for pid in instance.family() if "jobs.worker" in command_line(pid)}
    assert len(workers) == 2
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    until(lambda: "starting it again" in instance.text, 10, instance)
    until(
        lambda: len({pid for pid in instance.family() if "jobs.worker" in command_line(pid)} - workers) == 2,
        30,
        instance,
    )
    until(lambda: is_ready(url), 60, instance)


def test_a_taken_port_is_one_clear_line(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert start(port=port).fails() == (
            1,
            [f"taskatlas: port {port} is taken; stop what uses it or set TASKATLAS_PORT to another\n"],
        )


def test_a_data_folder_that_cannot_be_written_is_one_clear_line(start, tmp_path):
    (tmp_path / "data").write_text("a file")
    status, lines = start().fails()
    assert status == 1
    assert len(lines) == 1
    assert "cannot be written" in lines[0]


def test_another_address_than_loopback_is_refused_until_a_key_exists(start):
    status, lines = start(TASKATLAS_HOST="0.0.0.0").fails()
    assert status == 1
    assert len(lines) == 1
    assert "taskatlas key create" in lines[0]


def test_a_setting_that_makes_no_sense_is_one_clear_line(start):
    status, lines = start(port="eighty").fails()
    assert status == 1
    assert len(lines) == 1
    assert "TASKATLAS_PORT" in lines[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_one_clear_line(start, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=False)
    if mounted.returncode:
        pytest.skip("this container may not mount")
    try:
        status, lines = start("small/data").fails()
    finally:
        subprocess.run(["umount", small], check=True)
    assert status == 1
    assert len(lines) == 1
    assert "disk full" in lines[0]


@pytest.mark.slow
def test_addresses_replace_the_embedded_parts(start, postgres_server, tmp_path):
    folder = Path(tempfile.mkdtemp(prefix="taskatlas-test-"))  # a socket's path must be short
    redis = subprocess.Popen(redis_command(folder / "redis.sock", folder), stdout=subprocess.DEVNULL)
    try:
        with new_database(postgres_server) as database:
            instance = start(
                TASKATLAS_DATABASE_URL=database,
                TASKATLAS_REDIS_URL=f"unix://{folder}/redis.sock",
                TASKATLAS_ARTIFACTS_URL=str(tmp_path / "elsewhere"),
            )
            assert is_ready(instance.url())
            assert not any("redis-server" in command_line(pid) for pid in instance.family())
            assert instance.end(signal.SIGTERM, least=5) == 0
    finally:
        redis.kill()
        redis.wait()
        shutil.rmtree(folder)
    assert (tmp_path / "elsewhere").is_dir()
    assert not {"taskatlas.db", "artifacts"} & {path.name for path in instance.data.iterdir()}


def test_doctor_says_what_is_and_is_not_there(tmp_path):
    environment = os.environ | {"TASKATLAS_DATA": str(tmp_path / "data"), "TASKATLAS_PORT": "0"}
    command = [sys.executable, "-m", "app.cli", "doctor", "--json"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    verdicts = {check["name"]: check["verdict"] for check in json.loads(result.stdout)}
    assert verdicts["Python"] == verdicts["data folder"] == verdicts["port"] == "ok"
    assert verdicts["worker"] == verdicts["Redis"] == "off", "nothing runs on this folder, nor need it"
    assert result.returncode == int("bad" in verdicts.values())
