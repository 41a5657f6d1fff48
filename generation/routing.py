"""Websocket addresses."""

from __future__ import annotations

from django.urls import URLPattern, path

from .consumers import JobConsumer
from .drafts.consumer import DraftConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/drafts/", DraftConsumer.as_asgi()),
    path("ws/jobs/<uuid:pk>/", JobConsumer.as_asgi()),
]
