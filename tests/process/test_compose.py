"""docker-compose.yml, as far as it can be judged without a container engine."""

import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from server.settings.options import OPTIONS
from tests.process.compose import COMPOSE, proxy_configuration

Compose = dict[str, Any]

TEXT = COMPOSE.read_text()


def test_it_keeps_to_the_schema_of_compose_files(compose: Compose) -> None:
    schema = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())
    jsonschema.validate(compose, schema)


def test_a_schema_that_lets_everything_pass_would_be_noticed(compose: Compose) -> None:
    schema = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**compose, "services": {"app1": {"imagee": "x"}}}, schema)


def test_it_brings_no_secret_of_its_own() -> None:
    """Each password and secret has to come from outside, or nothing starts."""
    secrets = re.findall(r"\$\{((?:POSTGRES_PASSWORD|FOURFOLD_SECRET)[^}]*)\}", TEXT)
    assert len(secrets) >= 3
    assert all(":?" in secret for secret in secrets)


def test_the_replicas_know_every_variable_they_are_given(compose: Compose) -> None:
    known = {option.variable for option in OPTIONS}
    for name in ("app1", "app2"):
        assert compose["services"][name]["environment"].keys() <= known


def test_everything_is_watched_and_waits_for_what_it_needs(compose: Compose) -> None:
    services = compose["services"]
    assert all("healthcheck" in service for service in services.values())
    assert services["balancer"]["depends_on"].keys() == {"app1", "app2"}
    assert all(
        needed == {"condition": "service_healthy"}
        for service in services.values()
        for needed in service.get("depends_on", {}).values()
    )


def test_the_data_lies_in_a_volume_where_this_postgres_keeps_it(compose: Compose) -> None:
    """Since version 18 the image's data is one level up; a volume at the old place would stay empty."""
    assert compose["services"]["database"]["image"] == "postgres:18"
    assert compose["services"]["database"]["volumes"] == ["database:/var/lib/postgresql"]
    assert "database" in compose["volumes"]


def test_compose_does_not_take_the_proxys_words_for_its_own(compose: Compose) -> None:
    """Compose replaces $NAME inside an inline configuration."""
    assert "$" not in proxy_configuration(compose)
