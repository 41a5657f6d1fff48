"""Websocket addresses."""

from __future__ import annotations

from django.urls import URLPattern, path

from .consumers import JobConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/jobs/<uuid:pk>/", JobConsumer.as_asgi()),
]
