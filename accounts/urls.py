"""A person's own settings that allauth does not know."""

from django.urls import path

from . import team_views, views

app_name = "accounts"
urlpatterns = [
    path("team/", team_views.my_team, name="my_team"),
    path("team/<int:pk>/", team_views.team, name="team"),
    path("team/<int:pk>/rename/", team_views.team_rename, name="team_rename"),
    path("team/<int:pk>/choose/", team_views.team_choose, name="team_choose"),
    path("team/<int:pk>/invite/", team_views.team_invite, name="team_invite"),
    path("invitations/<int:pk>/withdraw/", team_views.invitation_withdraw, name="withdraw"),
    path("members/<int:pk>/role/", team_views.member_role, name="member_role"),
    path("members/<int:pk>/remove/", team_views.member_remove, name="member_remove"),
    path("join/<str:text>/", team_views.join, name="join"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", views.token_revoke, name="token_revoke"),
]
