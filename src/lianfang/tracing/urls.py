"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.tracing import views
from lianfang.tracing.contact_page import ContactPage
from lianfang.tracing.locating_views import change_limit

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("contact.view", views.ContactList.as_view()), name="contact-list"),
    path("named/<str:case_id>/", allow("contact.decide", views.AddInterview.as_view()), name="interview-add"),
    path("same-place/<str:case_id>/", allow("contact.decide", views.same_place), name="same-place"),
    path(
        "same-place/<str:case_id>/rows.csv", allow("contact.decide", views.same_place_rows_file), name="same-place-file"
    ),
    path("companions/<str:case_id>/", allow("contact.decide", views.spatial_companions), name="companions"),
    path("<int:contact_id>/stays.csv", allow("export.rows", views.contact_stays), name="contact-stays"),
    path("<int:contact_id>/limit/", allow("clock.pause", change_limit), name="contact-limit"),
    path("<int:contact_id>/", allow("contact.view", ContactPage.as_view()), name="contact"),
]
