"""Where everything is."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from generation.api.site import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/", api.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("campaigns.urls")),
    path("", include("generation.urls")),
]
