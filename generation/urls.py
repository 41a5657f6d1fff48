"""Making ads: the form, the live page, the files of a job."""

from django.urls import URLPattern

app_name = "generation"
urlpatterns: list[URLPattern] = []
