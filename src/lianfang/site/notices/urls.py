"""Routes of notices, each with its rule; which notices an account gets, `records.notices.selectors` says."""

from django.urls import path

from lianfang.access.rules import allow
from lianfang.site.notices import views

urlpatterns = [
    path("", allow("notice.view", views.notice_page), name="notice-list"),
    path("count/", allow("notice.view", views.count_part), name="notice-count"),
    path("read/", allow("notice.view", views.read), name="notice-read"),
]
