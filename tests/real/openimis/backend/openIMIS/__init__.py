"""The assembly: openIMIS's modules come from the registry, this package is what holds them together."""

from openIMIS.celery import app as celery_app

__all__ = ["celery_app"]
