"""Making ads: the form, the live page, the files of a job."""

from django.urls import path

from .views import actions, draft, files, pages, suggest, touch_up

app_name = "generation"
urlpatterns = [
    path("", pages.home, name="home"),
    path("new/", pages.new_ad, name="new_ad"),
    path("copies/", suggest.suggest, name="suggest"),
    path("photos/<int:pk>/touch-up/", touch_up.touch_up, name="touch_up"),
    path("photos/<int:pk>/touch-up/mask/", touch_up.mask, name="touch_up_mask"),
    path("photos/<int:pk>/touch-up/save/", touch_up.save, name="touch_up_save"),
    path("drafts/", draft.draft, name="draft"),
    path("drafts/state.json", draft.draft_state, name="draft_state"),
    path("drafts/<int:number>.webp", draft.draft_picture, name="draft_picture"),
    path("jobs/<uuid:pk>/", pages.job, name="job"),
    path("jobs/<uuid:pk>/state.json", pages.job_state, name="job_state"),
    path("jobs/<uuid:pk>/stop/", actions.job_stop, name="job_stop"),
    path("jobs/<uuid:pk>/resume/", actions.job_resume, name="job_resume"),
    path("jobs/<uuid:pk>/again/", actions.job_again, name="job_again"),
    path("jobs/<uuid:pk>/formats/", actions.job_formats, name="job_formats"),
    path("jobs/<uuid:pk>/copy/", actions.job_copy, name="job_copy"),
    path("jobs/<uuid:pk>/words/", actions.job_words, name="job_words"),
    path("jobs/<uuid:pk>/preview.webp", files.job_preview, name="job_preview"),
    path("jobs/<uuid:pk>/stages/<int:number>.png", files.job_stage, name="job_stage"),
    path("jobs/<uuid:pk>/result.png", files.job_result, name="job_result"),
    path("jobs/<uuid:pk>/download/", files.job_download, name="job_download"),
]
