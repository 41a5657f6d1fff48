"""Gallery, ad pages and photos."""

from django.urls import path

from . import views

app_name = "campaigns"
urlpatterns = [
    path("ads/", views.gallery, name="gallery"),
    path("ads/<int:pk>/", views.ad, name="ad"),
    path("ads/<int:pk>/tile/", views.tile, name="tile"),
    path("ads/<int:pk>/thumbnail.webp", views.ad_thumbnail, name="ad_thumbnail"),
    path("ads/<int:pk>/image.png", views.ad_image, name="ad_image"),
    path("ads/<int:pk>/bin/", views.bin_, name="bin"),
    path("ads/<int:pk>/restore/", views.restore, name="restore"),
    path("photos/", views.upload, name="upload"),
    path("photos/<int:pk>.webp", views.photo, name="photo"),
]
