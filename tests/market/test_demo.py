"""`cutfill serve --demo` as the README has it: it starts, people sign in, and the README's program runs against it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from people import wait_for

from api.client import Client
from api.demo import PASSWORD, PEOPLE

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "optimizer.cli", "serve", "--demo", "--quiet", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)})
        try:
            wait_for(lambda: server.poll() is None and _answers(url), START_SECONDS)
            yield url
        finally:
            server.send_signal(signal.SIGINT)
            ended = server.wait(30)
    told = (folder / "log").read_text(encoding="utf-8")
    assert ended == 0 and "Traceback" not in told and "nothing was written" not in told


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/docs", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


@pytest.mark.slow
def test_people_of_every_role_sign_in_and_a_clearing_is_there(demo: str) -> None:
    roles = set()
    for email in PEOPLE:
        with Client(demo) as client:
            client.sign_in(email, PASSWORD)
            roles.add(client.me().role)
    assert len(roles) == 6
    with Client(demo) as planner:
        planner.sign_in("planner@demo", PASSWORD)
        (clearing,) = planner.clearings.all()
        assert clearing.state == "published" and clearing.counts["proposals"] > 20
        assert any(planner.deals.all())


@pytest.mark.slow
def test_the_program_of_the_readme(demo: str, capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(program.replace("http://127.0.0.1:8000", demo), "README.md", "exec"), {})
    quoted, posted = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"[\d,]+ t find a place at -?[\d.]+ CNY/t; saves [\d.]+ CNY", quoted), quoted
    assert posted.endswith(" open")
