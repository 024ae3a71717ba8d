"""The topology of docker-compose.yml, natively: two replicas, one PostgreSQL, and the same proxy configuration."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.process.compose import proxy_configuration, read_compose
from tests.process.play import Seat, call, move, open_game, seat, version_of
from tests.processes import ServerProcess, is_healthy, wait_until, wait_until_gone

TIME_S = 10.0


class Topology:
    """Two replicas and the address of the proxy before them."""

    def __init__(self, replicas: tuple[ServerProcess, ServerProcess], url: str) -> None:
        self.replicas = replicas
        self.url = url

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/ws"

    def are_both_up(self, proxy: "subprocess.Popen[bytes]") -> bool:
        """Whether the proxy sends requests to both; it asks each once a second."""
        assert proxy.poll() is None, proxy.stderr and proxy.stderr.read()
        return is_healthy(self.url) and all(self.sockets_after_connecting())

    def sockets_after_connecting(self) -> list[float]:
        """How many websockets each replica has while two more are open through the proxy."""
        with connect(self.ws_url), connect(self.ws_url):
            return [sockets_of(replica) for replica in self.replicas]


@pytest.fixture
def topology(database_url: str, tmp_path: Path) -> Iterator[Topology]:
    haproxy = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    if haproxy is None:
        if os.environ.get("CI"):
            pytest.fail("HAProxy is missing")
        pytest.skip("HAProxy is missing (Debian: apt install haproxy)")
    with ServerProcess(database_url=database_url) as one, ServerProcess(database_url=database_url) as two:
        port = free_port()
        configuration = tmp_path / "haproxy.cfg"
        configuration.write_text(adapted(proxy_configuration(read_compose()), port, one.port, two.port))
        subprocess.run([haproxy, "-c", "-f", configuration], check=True, capture_output=True)
        proxy = subprocess.Popen(
            [haproxy, "-db", "-f", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            found = Topology((one, two), f"http://127.0.0.1:{port}")
            wait_until(lambda: found.are_both_up(proxy), TIME_S, "the proxy does not serve both replicas")
            yield found
        finally:
            proxy.terminate()
            proxy.communicate(timeout=TIME_S)


def test_players_on_different_replicas_and_a_spectator_see_one_game(topology: Topology) -> None:
    ann, bob = seat(topology.url, "Ann"), seat(topology.url, "Bob")
    game, version = open_game(ann, bob)
    with socket_of(topology, ann) as anns, socket_of(topology, bob) as bobs, connect(topology.ws_url) as spectator:
        assert [sockets_of(replica) for replica in topology.replicas] in ([2, 1], [1, 2])
        for watching in (anns, bobs, spectator):
            watching.send(json.dumps({"type": "watch", "game": game, "after": 0}))
        for number, column in enumerate("ABABABA"):
            by = (anns, bobs)[number % 2]
            version += 1
            command = {"type": "make_move", "id": str(uuid.uuid4()), "game": game, "column": column}
            by.send(json.dumps({**command, "expected_version": version - 1}))
            for watching in (anns, bobs):  # who moves next has to have seen it, wherever they are
                assert version in versions_until(watching, version)
        assert versions_until(spectator, 10) == list(range(1, 11))
    assert {version_of(replica.url, game) for replica in topology.replicas} == {10}


def test_the_page_and_the_documents_come_through(topology: Topology) -> None:
    assert call("GET", f"{topology.url}/readyz")["status"] == "ready"
    assert call("GET", f"{topology.url}/openapi.json")["openapi"].startswith("3")


def test_a_link_made_behind_the_proxy_leads_to_the_proxy(topology: Topology) -> None:
    ann = seat(topology.url, "Ann")
    assert call("POST", f"{topology.url}/api/games", {}, ann.token)["url"].startswith(topology.url + "/")


def test_who_loses_their_replica_goes_on_with_the_other(topology: Topology) -> None:
    """A replica is killed in mid-game: the proxy notices, and its player's next connection is to the other one."""
    ann, bob = seat(topology.url, "Ann"), seat(topology.url, "Bob")
    game, version = open_game(ann, bob)
    version = move(ann, game, version, "A")
    below = topology.replicas[0].descendants()
    topology.replicas[0].kill()
    wait_until_gone(below)
    wait_until(lambda: is_always_healthy(topology.url), TIME_S, "the proxy still asks the dead one")
    version = move(bob, game, version, "B")
    with socket_of(topology, ann) as anns:
        anns.send(json.dumps({"type": "watch", "game": game, "after": 0}))
        assert versions_until(anns, version) == list(range(1, version + 1))


def test_a_replica_that_is_told_to_stop_is_not_asked_any_more(topology: Topology) -> None:
    """A rolling restart: no request fails that comes after the replica's end."""
    topology.replicas[1].signal(signal.SIGTERM)
    assert topology.replicas[1].wait() == 0
    wait_until(
        lambda: all(is_healthy(topology.url) for _ in range(4)), TIME_S, "the proxy still asks the stopped one"
    )
    assert call("POST", f"{topology.url}/api/players", {"name": "Ann"})["name"] == "Ann"


def is_always_healthy(url: str) -> bool:
    return all(is_healthy(url) for _ in range(4))


def socket_of(topology: Topology, player: Seat) -> ClientConnection:
    return connect(topology.ws_url, additional_headers={"Authorization": f"Bearer {player.token}"})


def versions_until(watching: ClientConnection, last: int) -> list[int]:
    """Read until the event of version `last` came, and return the versions of all events read."""
    seen: list[int] = []
    while last not in seen:
        message: dict[str, Any] = json.loads(watching.recv(timeout=TIME_S))
        assert message["type"] not in {"error", "rejected"}, message
        seen += [event["version"] for event in message.get("events", [])]
    return seen


def sockets_of(replica: ServerProcess) -> float:
    with urllib.request.urlopen(replica.url + "/metrics", timeout=TIME_S) as answer:
        found = re.search(r"^fourfold_sockets (\S+)$", answer.read().decode(), re.MULTILINE)
    assert found
    return float(found[1])


def adapted(configuration: str, port: int, one: int, two: int) -> str:
    """The same configuration with the addresses that are given here, and nothing else changed."""
    for there, here in (
        ("bind :8080", f"bind 127.0.0.1:{port}"),
        ("app1:8000", f"127.0.0.1:{one}"),
        ("app2:8000", f"127.0.0.1:{two}"),
    ):
        assert configuration.count(there) == 1
        configuration = configuration.replace(there, here)
    return configuration


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
