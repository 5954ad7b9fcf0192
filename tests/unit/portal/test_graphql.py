"""What a posted GraphQL request is, by its body."""

from __future__ import annotations

import json

import pytest

from bot.portal.graphql import asks, mutates


def body(document: str, **more: object) -> bytes:
    """A request as browsers post it."""
    return json.dumps({"query": document, **more}).encode()


@pytest.mark.parametrize(
    "document",
    [
        "{ claims { code } }",
        "query Search($code: String) { claims(code: $code) { code } }",
        "{ mutationLogs { id } }",
    ],
)
def test_a_query_only_asks(document: str) -> None:
    assert asks(body(document, variables={"code": "mutation"}))
    assert not mutates(body(document), "claims")


@pytest.mark.parametrize(
    "sent",
    [
        body("mutation { submitClaims(input: {}) { id } }"),
        body("mutation Submit { submitClaims (input: {}) { id } }"),
        body("query A { claims { code } } mutation B { submitClaims(input: {}) { id } }", operationName="A"),
        body("{ claims }").replace(b"{ claims }", b"\\u006dutation { submitClaims(input: 1) }"),
    ],
)
def test_a_mutation_does_not(sent: bytes) -> None:
    assert not asks(sent)
    assert mutates(sent, "submitClaims")
    assert not mutates(sent, "submit")
    assert not mutates(sent, "Claims")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"account=1",
        b"\xff",
        b"[]",
        json.dumps([{"query": "{ claims }"}, {"query": "mutation { submitClaims(input: 1) }"}]).encode(),
        json.dumps({"query": None}).encode(),
        json.dumps({"id": "a stored query"}).encode(),
    ],
)
def test_what_cannot_be_read_is_neither(sent: bytes) -> None:
    assert not asks(sent)
    assert not mutates(sent, "submitClaims")
