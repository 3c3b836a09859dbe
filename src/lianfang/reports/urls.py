"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.reports import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("bulletin.view", views.show_bulletin), name="bulletin"),
    path("docx/", allow("bulletin.view", views.download_bulletin), name="bulletin-docx"),
    path("publish/", allow("bulletin.publish", views.Publish.as_view()), name="bulletin-publish"),
    path("issues/<int:pk>/", allow("bulletin.view", views.show_issue), name="bulletin-issue"),
    path("issues/<int:pk>/docx/", allow("bulletin.view", views.download_issue), name="bulletin-issue-docx"),
    path("issues/<int:pk>/correct/", allow("bulletin.publish", views.Correct.as_view()), name="bulletin-correct"),
]
