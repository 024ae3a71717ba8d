"""A real browser, visitors that complain about every complaint of the page, and servers that can be stopped."""

import asyncio
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserType, ConsoleMessage, Error, Page, Request, async_playwright

from tests.processes import ServerProcess

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LEFT_FOR_ANOTHER_PAGE = "net::ERR_ABORTED"

# A lost connection is told by the browser itself; a page can't prevent that.
LOST_CONNECTION = r"WebSocket connection to|net::ERR_CONNECTION_REFUSED"


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the run; every visitor gets a context of its own."""
    async with async_playwright() as playwright:
        try:
            browser = await _launch(playwright.chromium)
        except Error as error:
            reason = (
                "no browser: install Chromium, name it in FOURFOLD_CHROMIUM, or run `playwright install chromium`"
            )
            if os.environ.get("CI"):
                pytest.fail(f"{reason}\n{error}")
            pytest.skip(reason)
        yield browser
        await browser.close()


async def _launch(chromium: BrowserType) -> Browser:
    path = os.environ.get("FOURFOLD_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    return await chromium.launch(executable_path=path, args=ARGUMENTS)


class Visitors:
    """Opens pages for people who don't know each other, and remembers what went wrong on them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._forgiven: list[str] = []
        self._troubles: list[str] = []

    async def open(self, url: str, *, scripts: tuple[str, ...] = (), **options: Any) -> Page:
        """Open `url` as somebody new; `options` are those of a Playwright context."""
        context = await self._browser.new_context(**options)
        for script in scripts:
            await context.add_init_script(script)
        page = await self.watched(await context.new_page())
        await page.goto(url)
        return page

    async def watched(self, page: Page) -> Page:
        """Listen to the complaints of `page`, too."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._troubles.append(f"uncaught: {error}"))
        page.on("requestfailed", self._failed)
        return page

    def forgive(self, pattern: str) -> None:
        """Expect complaints that match `pattern`: the test causes them."""
        self._forgiven.append(pattern)

    def troubles(self) -> list[str]:
        return [each for each in self._troubles if not any(re.search(known, each) for known in self._forgiven)]

    async def leave(self) -> None:
        await asyncio.gather(*(context.close() for context in self._browser.contexts))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._troubles.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT_FOR_ANOTHER_PAGE:
            self._troubles.append(f"request: {request.url} {request.failure}")


@pytest.fixture
async def visitors(browser: Browser) -> AsyncIterator[Visitors]:
    """Visitors for one test, which fails when the console, the network or the policy had anything to say."""
    visitors = Visitors(browser)
    yield visitors
    await visitors.leave()
    assert visitors.troubles() == []


@pytest.fixture
def mortal_server(database_url: str) -> Iterator[ServerProcess]:
    """A server of one test's own, which comes back at the same address after it was stopped or killed."""
    with ServerProcess(database_url=database_url, port=_free_port()) as process:
        yield process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
