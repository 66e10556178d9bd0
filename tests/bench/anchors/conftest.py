from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from .authority import OPENSSL, Authority

REPLY = "application/timestamp-reply"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if OPENSSL is None:
        pytest.skip("there is no openssl to make an authority with")
    return Authority(tmp_path_factory.mktemp("authorities") / "good")


@pytest.fixture
def tsa(authority: Authority, httpserver: HTTPServer) -> str:
    """The address at which the authority answers."""
    return serve(authority, httpserver)


def serve(authority: Authority, server: HTTPServer, path: str = "/tsa") -> str:
    def answer(request: Request) -> Response:
        assert request.content_type == "application/timestamp-query"
        return Response(authority.reply(request.get_data()), content_type=REPLY)

    server.expect_request(path, method="POST").respond_with_handler(answer)
    return server.url_for(path)
