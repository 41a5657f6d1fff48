"""Plain views run on threads that stay; those that wait are coroutines and take none of them."""

import asyncio
import threading

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from accounts.models import User
from nanococoa.threaded_handler import THREADS, ThreadedHandler
from tests.waiting import PATIENCE

seen: list[tuple[str, int]] = []


def plain(request: HttpRequest) -> HttpResponse:
    people = User.objects.count()
    seen.append((threading.current_thread().name, id(connection.connection)))
    return JsonResponse({"people": people})


def broken(request: HttpRequest) -> HttpResponse:
    raise LookupError("broken on purpose")


async def patient(request: HttpRequest) -> HttpResponse:
    await settings.ALL_ARE_WAITING.wait()
    return HttpResponse(threading.current_thread().name)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("nothing here", status=404)


handler404 = missing
urlpatterns = [path("plain", plain), path("patient", patient), path("broken", broken)]


async def get(handler: ThreadedHandler, address: str) -> tuple[int, bytes]:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": address,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    exchange = ApplicationCommunicator(handler, scope)
    await exchange.send_input({"type": "http.request", "body": b""})
    start = await exchange.receive_output(PATIENCE)
    body = await exchange.receive_output(PATIENCE)
    await exchange.wait(PATIENCE)
    return int(start["status"]), body["body"]


@pytest.fixture
def handler(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    seen.clear()
    return ThreadedHandler()


@pytest.fixture
def closing(handler):
    """A test database cannot be dropped while the handler's threads hold on to it."""
    yield
    connection.close()
    for _ in range(THREADS):
        handler._threads.submit(connection.close)
    handler._threads.shutdown(wait=True)


@pytest.mark.django_db(transaction=True)
def test_requests_share_a_thread_and_its_database_connection(handler, closing, owner):
    async def thrice() -> list[tuple[int, bytes]]:
        return [await get(handler, "/plain") for _ in range(3)]

    answers = asyncio.run(thrice())
    assert answers == [(200, b'{"people": 1}')] * 3
    assert all(name.startswith("http") for name, _ in seen)
    by_thread = dict(seen)
    assert [by_thread[name] for name, _ in seen] == [number for _, number in seen]


def test_more_views_wait_at_once_than_there_are_threads(handler, settings):
    """None is answered before all wait."""
    many = 3 * THREADS
    settings.ALL_ARE_WAITING = asyncio.Barrier(many)

    async def ask() -> list[tuple[int, bytes]]:
        return await asyncio.gather(*(get(handler, "/patient") for _ in range(many)))

    answers = asyncio.run(ask())
    assert {status for status, _ in answers} == {200}
    assert not any(name.startswith(b"http") for _, name in answers)


def test_an_error_in_a_view_is_an_answer(handler, settings):
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    assert asyncio.run(get(handler, "/broken"))[0] == 500


def test_an_unknown_address_is_not_found(handler):
    assert asyncio.run(get(handler, "/nowhere"))[0] == 404
