"""The address the service listens on, and whether it may be that one."""

from __future__ import annotations

import errno
import ipaddress
import socket
from http.client import HTTPConnection, HTTPException

from app.core.embedded import SetupError


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen, so that no other process can take the port before the web server is up.

    Raises:
        SetupError: The port is taken or not allowed, or the host is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise SetupError(_why_not(error, host, port)) from error
    except OverflowError as error:
        listener.close()
        raise SetupError(f"{port} is no port: 0 to 65535 are") from error
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken; stop what uses it or set TASKATLAS_PORT to another"
    if error.errno == errno.EACCES:
        return f"port {port} needs special rights; set TASKATLAS_PORT to one above 1023"
    return f"cannot listen on {host} port {port} ({error.strerror}); see TASKATLAS_HOST"


def reachable_host(host: str) -> str:
    """Return the host by which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not bound


def url_of(host: str, port: int) -> str:
    """Return the address to type into a browser on this machine."""
    host = reachable_host(host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def answers_200(host: str, port: int, path: str) -> bool:
    """Return whether a GET answers 200 within a second."""
    connection = HTTPConnection(reachable_host(host), port, timeout=1.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
