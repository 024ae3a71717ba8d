"""What both documents are made of: the schemas of the types that decode and encode, and how to refer to them."""

import inspect
from typing import Any, Final

import msgspec

from server.eventstore.codec import EVENT_TYPES

_REF: Final = "#/components/schemas/{name}"


def schemas_of(types: tuple[type, ...]) -> dict[str, Any]:
    """Return the schemas of `types` and of what they hold; where encoded events are held, those of the events."""
    recorded = [_recorded_event(name) for name in EVENT_TYPES]
    _, schemas = msgspec.json.schema_components((*types, *recorded), ref_template=_REF)
    for message in ("Events", "Rejected"):
        if message in schemas:
            schemas[message]["properties"]["events"]["items"] = ref("RecordedEvent")
    schemas["RecordedEvent"] = {"oneOf": [ref(event.__name__) for event in recorded]}
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
        for field in schema.get("properties", {}).values():
            if "pattern" in field:
                field["pattern"] = field["pattern"].replace(r"\Z", "$")  # the same in JSON Schema's dialect
    return schemas


def ref(name: str) -> dict[str, Any]:
    """Return a reference to the schema of this name."""
    return {"$ref": _REF.format(name=name)}


def list_of(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def _recorded_event(name: str) -> type:
    """Return the type of an event of this name as it is sent: its place, its data and its time."""
    fields = [("version", int), ("data", EVENT_TYPES[name]), ("at", str)]
    recorded: type = msgspec.defstruct(f"Recorded{name}", fields, tag=name)
    return recorded
