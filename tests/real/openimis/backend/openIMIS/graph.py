"""The view behind /api/graphql."""

from django.apps import apps
from django.http import HttpResponse
from graphene_django.views import GraphQLView, HttpError
from graphql_jwt.exceptions import JSONWebTokenError

from openIMIS.openimisapps import MODULES


class Graph(GraphQLView):
    """GraphQL with what the modules expect on a request; a token that is no longer good is a 401."""

    def dispatch(self, request, *args, **kwargs):
        request.dataloaders = {}
        for name in MODULES:
            config = apps.get_app_config(name)
            if hasattr(config, "set_dataloaders"):
                config.set_dataloaders(request.dataloaders)
        return super().dispatch(request, *args, **kwargs)

    def execute_graphql_request(self, *args, **kwargs):
        result = super().execute_graphql_request(*args, **kwargs)
        for error in (result and result.errors) or ():
            cause = getattr(error, "original_error", error)
            if isinstance(cause, JSONWebTokenError):
                raise HttpError(HttpResponse(status=401), str(cause))
        return result
