"""``cutfill serve``: the platform on this machine, with nothing else to set up."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from api.settings import Settings
from optimizer.errors import Fault, InputError

DEMO_FOLDER = Path("cutfill-demo")
OPEN_TO_ALL = ("0.0.0.0", "::")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill serve``; everything else is set by ``CUTFILL_…`` variables (docs/serving.md)."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="port (default 8000)")
    parser.add_argument(
        "--demo", action="store_true", help="the start-up zone's illustrative week, people of every role, one clearing"
    )
    parser.add_argument("--admin", metavar="EMAIL", help="make an administrator (asks for a password) and stop")
    parser.add_argument("--quiet", action="store_true", help="no line for each request")


def command(args: argparse.Namespace) -> int:
    """Runs the server until it is stopped; 0 then.

    Raises:
        InputError: a setting is wrong, or the port is taken.
    """
    import uvicorn

    from api.app import create_app

    try:
        settings = Settings()
    except ValidationError as error:
        raise _as_input_error(error) from None
    if args.admin:
        return _make_admin(settings, args.admin)
    if args.demo:
        from api.demo import demo_settings, seed

        if args.host in OPEN_TO_ALL:
            raise InputError.single("--demo", "its passwords are public; listen on this machine only, or leave --demo")
        settings = demo_settings(settings, DEMO_FOLDER)
    app = create_app(settings)
    if args.demo:
        seed(app.state.platform, tell=lambda text: print(text, file=sys.stderr, flush=True))
    _refuse_taken_port(args.host, args.port)
    print(f"cutfill at http://{args.host}:{args.port}  (API: /docs; stop with Ctrl-C)", file=sys.stderr, flush=True)
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, _heard)
    uvicorn.run(
        app,
        host=args.host,
        port=args.port,
        log_level="warning" if args.quiet else "info",
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    return 0


def _heard(signum: int, frame: object) -> None:
    """Uvicorn raises the signal that stopped it once more when it has shut down; to be stopped is how a server ends."""


def _make_admin(settings: Settings, email: str) -> int:
    """Makes the platform's own organisation, if there is none, and an administrator in it."""
    from getpass import getpass

    from api.app import create_app, prepare
    from api.organisations.schemas import MemberNew
    from api.organisations.service import platform_admin

    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass("Password (10 characters or more): ")
    try:
        member = MemberNew(name=email.partition("@")[0], email=email, password=password)
    except ValidationError as error:
        raise InputError(Fault("--admin", 0, str(fault["loc"][0]), fault["msg"]) for fault in error.errors()) from None
    platform = create_app(settings).state.platform
    prepare(platform)
    with platform.writing() as work:
        platform_admin(work, member)
    print(f"administrator {email} made", file=sys.stderr)
    return 0


def _as_input_error(error: ValidationError) -> InputError:
    """Faults of settings, each by the variable's name."""
    return InputError(
        Fault(f"CUTFILL_{'_'.join(str(part) for part in fault['loc']).upper()}", 0, "", fault["msg"])
        if fault["loc"]
        else Fault("environment", 0, "", fault["msg"].removeprefix("Value error, "))
        for fault in error.errors()
    )


def _refuse_taken_port(host: str, port: int) -> None:
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError.single("--port", f"{host}:{port} cannot be used: {error.strerror}; name another") from None
