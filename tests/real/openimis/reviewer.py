"""The payer's reviewer at work, without a browser."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

import httpx

from tests.real.openimis.catalogue import User

_SIGN_IN: Final = (
    "mutation($name: String!, $word: String!) {tokenAuth(username: $name, password: $word) {payload}}"
)
_PROCESS: Final = "mutation($input: ProcessClaimsMutationInput!) {processClaims(input: $input) {internalId}}"


class Reviewer:
    """Somebody signed in at openIMIS's GraphQL interface as long as the block lasts."""

    def __init__(self, url: str, user: User) -> None:
        self._user = user
        self._http = httpx.Client(base_url=url, timeout=60)

    def __enter__(self) -> Self:
        self._ask(_SIGN_IN, name=self._user.name, word=self._user.password)
        token = self._ask("mutation {getCsrfToken {csrfToken}}")["getCsrfToken"]["csrfToken"]
        self._http.headers["X-CSRFToken"] = token
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def process(self, uuids: Sequence[str]) -> str:
        """Ask to process claims that are checked; the request's id in the mutation log."""
        client_id = str(uuid.uuid4())
        wanted = {"uuids": list(uuids), "clientMutationId": client_id, "clientMutationLabel": "Process claims"}
        self._ask(_PROCESS, input=wanted)
        return client_id

    def _ask(self, query: str, **variables: object) -> Any:
        reply = self._http.post("/api/graphql", json={"query": query, "variables": variables})
        said = reply.raise_for_status().json()
        if said.get("errors"):
            raise RuntimeError(f"openIMIS refused: {said['errors'][0]['message']}")
        return said["data"]
