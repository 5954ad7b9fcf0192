"""One GraphQL schema of what the modules contribute."""

from importlib import import_module, util

import graphene

from openIMIS.openimisapps import MODULES

_SCHEMAS = [import_module(f"{name}.schema") for name in MODULES if util.find_spec(f"{name}.schema")]


def _merged(kind):
    """A type with the fields of all modules' types of this kind; the first module's win."""
    parts = [getattr(module, kind) for module in _SCHEMAS if hasattr(module, kind)]
    return type(kind, (*parts, graphene.ObjectType), {})


for _module in _SCHEMAS:
    if hasattr(_module, "bind_signals"):
        _module.bind_signals()

schema = graphene.Schema(query=_merged("Query"), mutation=_merged("Mutation"))
