"""Routes of tasks, each with its rule; which tasks an account sees, `records.tasks.selectors` says."""

from django.urls import path

from lianfang.access.rules import allow
from lianfang.site.tasks import views

urlpatterns = [
    path("", allow("task.view", views.TaskList.as_view()), name="task-list"),
    path("<uuid:task_id>/", allow("task.view", views.task_page), name="task"),
    path("<uuid:task_id>/progress/", allow("task.view", views.progress_part), name="task-progress"),
    path("<uuid:task_id>/cancel/", allow("task.view", views.cancel), name="task-cancel"),
    path("<uuid:task_id>/retry/", allow("task.view", views.retry), name="task-retry"),
    path("<uuid:task_id>/file/", allow("task.view", views.file), name="task-file"),
]
