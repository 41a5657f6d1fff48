"""Gallery, ad pages and photos."""

from django.urls import path

from . import campaign_views, views

app_name = "campaigns"
urlpatterns = [
    path("ads/", views.gallery, name="gallery"),
    path("ads/<int:pk>/", views.ad, name="ad"),
    path("ads/<int:pk>/tile/", views.tile, name="tile"),
    path("ads/<int:pk>/thumbnail.webp", views.ad_thumbnail, name="ad_thumbnail"),
    path("ads/<int:pk>/image.png", views.ad_image, name="ad_image"),
    path("ads/<int:pk>/bin/", views.bin_, name="bin"),
    path("ads/<int:pk>/restore/", views.restore, name="restore"),
    path("ads/<int:pk>/campaign/", campaign_views.move, name="move"),
    path("campaigns/<int:pk>/rename/", campaign_views.rename, name="campaign_rename"),
    path("campaigns/<int:pk>/delete/", campaign_views.delete, name="campaign_delete"),
    path("campaigns/bring-back/", campaign_views.bring_back, name="campaign_bring_back"),
    path("photos/", views.upload, name="upload"),
    path("photos/<int:pk>.webp", views.photo, name="photo"),
]
