"""The documents a server publishes about itself, and the checks that hold its messages to them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

Json = dict[str, Any]


class Documents:
    """The AsyncAPI and the OpenAPI document of a server, ready to check messages."""

    def __init__(self, asyncapi: Json, openapi: Json) -> None:
        self.asyncapi = asyncapi
        self.openapi = openapi
        self._sent = self._of_operation("receive")
        self._received = self._of_operation("send")
        self._answers: dict[str, Draft202012Validator] = {}

    @classmethod
    async def of(cls, url: str) -> "Documents":
        async with httpx.AsyncClient(base_url=url) as http:
            return cls((await http.get("/asyncapi.json")).json(), (await http.get("/openapi.json")).json())

    def check_sent(self, message: Json) -> None:
        """Raises: ValidationError: no message the server receives looks like this."""
        self._sent.validate(message)

    def check_received(self, message: Json) -> None:
        """Raises: ValidationError: no message the server sends looks like this."""
        self._received.validate(message)

    def check_answer(self, answer: httpx.Response) -> None:
        """Raises: ValidationError: the documented path and method do not answer like this."""
        kind = answer.headers.get("content-type", "").partition(";")[0]
        operation = self._operation(answer.request.url.path, answer.request.method)
        if operation is None or not kind.endswith("json") or not answer.content:
            return
        responses = operation["responses"]
        documented = responses.get(str(answer.status_code), responses["default"])
        assert kind in documented["content"], f"{answer.request.url}: {kind} is not documented"
        validator = self._answer_validator(json.dumps(documented["content"][kind]["schema"]))
        for text in answer.text.splitlines() if kind == "application/x-ndjson" else [answer.text]:
            validator.validate(json.loads(text))

    def _answer_validator(self, schema: str) -> Draft202012Validator:
        """The validator of a schema of the OpenAPI document, made once: that takes longer than to use it."""
        if schema not in self._answers:
            self._answers[schema] = self._validator(self.openapi, json.loads(schema))
        return self._answers[schema]

    def _operation(self, path: str, method: str) -> Json | None:
        for template, item in self.openapi["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return dict(item[method.lower()]) if method.lower() in item else None
        return None

    def _of_operation(self, action: str) -> Draft202012Validator:
        [operation] = [found for found in self.asyncapi["operations"].values() if found["action"] == action]
        messages = [resolve(self.asyncapi, message["$ref"]) for message in operation["messages"]]
        return self._validator(self.asyncapi, {"oneOf": [message["payload"] for message in messages]})

    @staticmethod
    def _validator(document: Json, schema: Json) -> Draft202012Validator:
        return Draft202012Validator(schema | {"components": document["components"]}, format_checker=FormatChecker())


def resolve(document: Json, reference: str) -> Any:
    """What a `$ref` inside a document points at.

    Raises:
        KeyError: nothing.
    """
    assert reference.startswith("#/"), reference
    found: Any = document
    for step in reference[2:].split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def references(node: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)
