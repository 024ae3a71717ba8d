"""The two documents a server publishes about itself: well formed, complete, and strict."""

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.contract.client import Api, make_move, resign
from tests.contract.documents import Documents, Json, references, resolve

OPERATIONS = {
    "/api/players": {"post": 201},
    "/api/me": {"get": 200},
    "/api/games": {"post": 201, "get": 200},
    "/api/games/{id}/join": {"post": 200},
    "/api/games/{id}": {"get": 200},
    "/api/games/{id}/events": {"get": 200},
    "/api/games/{id}/moves": {"post": 201},
    "/healthz": {"get": 200},
    "/readyz": {"get": 200},
}
SENT = {"watch", "unwatch", "make_move", "resign"}
RECEIVED = {"welcome", "events", "accepted", "rejected", "error"}


@pytest.fixture(params=["asyncapi", "openapi"])
def document(request: pytest.FixtureRequest, documents: Documents) -> Json:
    return documents.asyncapi if request.param == "asyncapi" else documents.openapi


@pytest.mark.parametrize("path", ["/openapi.json", "/asyncapi.json"])
async def test_the_documents_are_json(api: Api, path: str) -> None:
    answer = await api.http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


def test_the_documents_say_their_kind_title_and_version(documents: Documents) -> None:
    assert documents.asyncapi["asyncapi"].startswith("3.")
    assert documents.openapi["openapi"].startswith("3.")
    for document in (documents.asyncapi, documents.openapi):
        assert document["info"]["title"]
        assert document["info"]["version"]


def test_every_reference_points_at_something(document: Json) -> None:
    found = list(references(document))
    assert found
    for reference in found:
        resolve(document, reference)


def test_every_schema_is_a_schema(document: Json) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_openapi_names_every_resource_of_the_contract(documents: Documents) -> None:
    paths = documents.openapi["paths"]
    for path, methods in OPERATIONS.items():
        for method, status in methods.items():
            assert str(status) in paths[path][method]["responses"]


def test_openapi_documents_every_parameter_in_a_path(documents: Documents) -> None:
    for path, item in documents.openapi["paths"].items():
        named = {p["name"] for p in item.get("parameters", []) if p["in"] == "path" and p["required"]}
        assert named == ({"id"} if "{id}" in path else set())


def test_asyncapi_has_one_channel_with_both_directions(documents: Documents) -> None:
    [channel] = documents.asyncapi["channels"].values()
    assert channel["address"] == "/ws"
    assert sorted(o["action"] for o in documents.asyncapi["operations"].values()) == ["receive", "send"]


def test_asyncapi_names_every_message_of_the_contract(documents: Documents) -> None:
    assert _types(documents.asyncapi, "receive") >= SENT
    assert _types(documents.asyncapi, "send") >= RECEIVED


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "shout"},
        {"type": "watch", "game": "abc", "after": -1},
        {"type": "watch", "game": "abc", "after": "0"},
        {"type": "watch", "game": "", "after": 0},
        {"type": "watch", "game": "a/b", "after": 0},
        {"type": "watch", "game": "abc", "after": 0, "extra": 1},
        make_move("abc", 1, "H"),
        make_move("abc", 1, "D", key="no-uuid"),
        resign("abc", -1),
        {"type": "make_move", "game": "abc", "expected_version": 1, "column": "D"},
    ],
    ids=str,
)
def test_the_document_refuses_what_the_server_refuses(documents: Documents, wrong: Json) -> None:
    """A schema that accepts anything would make every other validation worthless."""
    with pytest.raises(ValidationError):
        documents.check_sent(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "welcome", "protocol": 2, "player": None},
        {"type": "welcome", "protocol": 1},
        {"type": "events", "game": "abc", "events": [{"version": 1}], "players": {}},
        {"type": "accepted", "id": "no-uuid", "game": "abc", "version": 1, "duplicate": False},
        {"type": "rejected", "game": "abc", "code": "x", "message": "x", "version": "1", "events": []},
        {"type": "error", "code": "other", "message": "x"},
    ],
    ids=str,
)
def test_the_document_knows_what_the_server_never_sends(documents: Documents, wrong: Json) -> None:
    with pytest.raises(ValidationError):
        documents.check_received(wrong)


def _types(document: Json, action: str) -> set[str]:
    [operation] = [found for found in document["operations"].values() if found["action"] == action]
    found = set()
    for message in operation["messages"]:
        payload = resolve(document, message["$ref"])["payload"]
        schema = resolve(document, payload["$ref"]) if "$ref" in payload else payload
        kind = schema["properties"]["type"]
        found |= set(kind.get("enum", [kind.get("const")]))
    return found
