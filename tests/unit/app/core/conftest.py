"""An application with routes of the tests' own beside the service's."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from app.main import create_app


@pytest.fixture
def serve(platform):
    """Make a client of the application with further routes; failures are answered, not raised."""
    clients = []

    def start(*routes, max_body_bytes=None):
        settings = platform.settings
        if max_body_bytes is not None:
            settings = replace(settings, server=replace(settings.server, max_body_bytes=max_body_bytes))
        app = create_app(settings)
        for path, methods, endpoint in routes:
            app.add_api_route(path, endpoint, methods=methods)
        client = TestClient(app, raise_server_exceptions=False)
        clients.append(client.__enter__())
        return client

    yield start
    for client in clients:
        client.__exit__(None, None, None)
