"""One origin for everything: the interface under /api, the front end under /front."""

from importlib import util

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView
from graphql_jwt.decorators import jwt_cookie

from openIMIS.graph import Graph
from openIMIS.openimisapps import MODULES


def front(request, name):
    """A file of the front end; every other address is one of its pages."""
    file = settings.FRONT / name
    found = "/" not in name and file.is_file()
    return FileResponse((file if found else settings.FRONT / "index.html").open("rb"))


urlpatterns = [
    path("", RedirectView.as_view(url="/front/")),
    re_path(r"^front/?(?P<name>.*)$", front),
    path("keepLegacyAlive", lambda request: HttpResponse(status=204)),
    path("api/graphql", csrf_exempt(jwt_cookie(Graph.as_view()))),
    *(path(f"api/{name}/", include(f"{name}.urls")) for name in MODULES if util.find_spec(f"{name}.urls")),
]
