import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from app.core.embedded import SetupError
from app.core.supervisor import LONGEST_DELAY_S, Service, Supervisor, restart_delay

PARENT_OF_A_STUBBORN_CHILD = textwrap.dedent("""
    import subprocess, sys, time
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", stubborn])
    print("grandchild", child.pid, flush=True)
    time.sleep(60)
""")


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
    return value


def service(code, name="child"):
    return Service(name, (sys.executable, "-c", code), dict(os.environ))


def text(path):
    return path.read_text() if path.exists() else ""


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    supervisor = Supervisor(tmp_path, said.append)
    yield supervisor
    supervisor.end(grace_s=0.5)


def test_what_a_service_says_goes_to_its_log(supervisor, tmp_path):
    supervisor.start(service("import sys; print('hello', flush=True); sys.stderr.write('there\\n'); input()"))
    assert until(lambda: text(tmp_path / "child.log").splitlines()[:2] == ["hello", "there"])


def test_a_dead_service_is_started_again(supervisor, said, tmp_path):
    supervisor.start(service("import os, time; print(os.getpid(), flush=True); time.sleep(60)"))
    first = int(until(lambda: text(tmp_path / "child.log").split())[0])
    os.kill(first, signal.SIGKILL)

    def second():
        supervisor.tend()
        pids = text(tmp_path / "child.log").split()
        return int(pids[1]) if len(pids) == 2 else None

    assert until(second) != first
    assert said == ["child was killed by signal 9; starting it again in 0.5 s"]


def test_a_service_that_never_starts_is_reported_with_its_last_words(supervisor, tmp_path):
    supervisor.start(service("raise SystemExit('no such device')"))

    def given_up():
        supervisor.tend()
        try:
            supervisor.check_start()
        except SetupError as error:
            return str(error)
        return None

    assert until(given_up) == f"child does not start: no such device (more in {tmp_path / 'child.log'})"


def test_restarts_are_spaced_out_up_to_a_limit():
    delays = [restart_delay(failures) for failures in range(1, 12)]
    assert delays[:3] == [0.5, 1.0, 2.0]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY_S


def test_end_reaches_grandchildren_that_ignore_sigterm(supervisor, tmp_path):
    supervisor.start(service(PARENT_OF_A_STUBBORN_CHILD))
    grandchild = int(until(lambda: text(tmp_path / "child.log").split())[1])
    assert alive(grandchild)
    time.sleep(0.3)  # let it install its handler
    supervisor.end(grace_s=0.5)
    assert until(lambda: not alive(grandchild))


def test_what_others_need_ends_last(supervisor, tmp_path):
    code = (
        "import signal, sys, time\n"
        "signal.signal(15, lambda *_: (open({path!r}, 'a').write({name!r} + '\\n'), sys.exit()))\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    order = tmp_path / "order"
    for name, last in (("redis", True), ("worker", False)):
        command = (sys.executable, "-c", code.format(path=str(order), name=name))
        supervisor.start(Service(name, command, dict(os.environ), ends_last=last))
    until(lambda: all("ready" in text(tmp_path / f"{name}.log") for name in ("redis", "worker")))
    supervisor.end(grace_s=3.0)
    assert order.read_text().split() == ["worker", "redis"]


def test_a_killed_supervisor_leaves_no_process(tmp_path):
    code = textwrap.dedent(f"""
        import os, pathlib, sys, time
        from app.core.supervisor import Service, Supervisor
        supervisor = Supervisor(pathlib.Path({str(tmp_path)!r}), print)
        command = (sys.executable, "-c", {PARENT_OF_A_STUBBORN_CHILD!r})
        supervisor.start(Service("child", command, dict(os.environ)))
        print(supervisor._watchdog.pid, supervisor._children[0].process.pid, flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        pids = [int(pid) for pid in process.stdout.readline().split()]
        pids.append(int(until(lambda: text(tmp_path / "child.log").split())[1]))
        assert all(alive(pid) for pid in pids)
        process.kill()
    until(lambda: not any(alive(pid) for pid in pids))


def test_a_lost_watchdog_is_replaced(supervisor, tmp_path):
    supervisor.start(service("import time; print('up', flush=True); time.sleep(60)"))
    first = supervisor._watchdog
    first.kill()
    first.wait()
    first.stdin.close()
    supervisor.tend()
    assert supervisor._watchdog.pid != first.pid
    assert supervisor._watchdog.poll() is None
