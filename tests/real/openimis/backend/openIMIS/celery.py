"""The queue for mutations when they are asynchronous: a folder, so that no broker is needed."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openIMIS.settings")

app = Celery("openIMIS")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
