"""How a disc moves, sounds and feels, and what waits for it."""

from itertools import pairwise

from playwright.async_api import Page, expect

from tests.browser.conftest import Visitors
from tests.browser.match import DRAWN, Match
from tests.browser.play import RED_WINS_ON_A_SLANT, drop, join, my_turn, open_game, play, see_moves, two_players
from tests.processes import ServerProcess

RECORD_SOUND = """
window.tones = [];
window.AudioContext = class {
  state = "running";
  currentTime = 0;
  destination = {};
};
window.OscillatorNode = class {
  frequency = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
  constructor(_, { frequency }) { window.tones.push(Math.round(frequency)); }
  connect(other) { return other; }
  start() {}
  stop() {}
};
window.GainNode = class {
  gain = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
  connect(other) { return other; }
};"""

RECORD_TAPS = "window.taps = []; navigator.vibrate = (pattern) => window.taps.push(pattern);"

# What animates the element, by its delay and its end in milliseconds.
TIMES = """(element) => element.getAnimations({ subtree: true }).map((each) => {
  const { delay, endTime } = each.effect.getComputedTiming();
  return [Math.round(delay), Math.round(endTime)];
})"""


async def test_words_ring_and_log_wait_until_the_disc_has_landed(visitors: Visitors, server: ServerProcess) -> None:
    """A result that is told while the winning disc still falls spoils the moment it is there for."""
    ann, bob = await two_players(visitors, server.url)
    await _stop_the_clock(ann)

    await ann.get_by_role("button", name="Drop in column D").click()
    await see_moves(bob, 1)
    await expect(ann.get_by_test_id("moves").locator("li")).to_have_count(1)  # the event is here as well

    await expect(ann.get_by_role("heading", name="Your turn")).to_be_visible()
    ring = ann.locator(".mark.last")
    (delay, _), *_ = await ring.evaluate(TIMES)
    assert 300 < delay < 500

    await ann.clock.run_for(500)
    await expect(ann.get_by_role("heading", name="Bob to move")).to_be_visible()


async def test_the_next_move_waits_for_nothing(visitors: Visitors, server: ServerProcess) -> None:
    """An animation that blocks a hand is an obstacle: the answer may fall while the question still does."""
    ann, bob = await two_players(visitors, server.url)
    await _stop_the_clock(bob)

    await drop(ann, "D")
    await expect(bob.locator(".column[aria-disabled=false]")).to_have_count(7)
    await expect(bob.get_by_role("heading", name="Ann to move")).to_be_visible()
    await bob.get_by_role("button", name="Drop in column E").click()

    await see_moves(ann, 2)


async def test_the_disc_in_the_hand_follows_the_pointer_on_my_turn(
    visitors: Visitors, server: ServerProcess
) -> None:
    """One holds a disc before one lets it go."""
    ann, bob = await two_players(visitors, server.url)
    hand = ann.locator(".hand")

    for column in "BF":
        await ann.locator(f"[data-column={column}]").hover()
        await expect(hand).to_have_attribute("data-held", "")
        await _until_still(ann)
        held, slot = await hand.bounding_box(), await ann.locator(f"[data-column={column}]").bounding_box()
        assert held
        assert slot
        assert abs(held["x"] + held["width"] / 2 - slot["x"] - slot["width"] / 2) < slot["width"] / 4
        assert held["y"] < slot["y"]

    await ann.get_by_role("button", name="Drop in column F").click()
    await my_turn(bob)
    await expect(hand).not_to_have_attribute("data-held", "")


async def test_each_disc_knocks_when_it_lands_and_the_higher_the_stack_the_higher_the_knock(
    visitors: Visitors, server: ServerProcess
) -> None:
    """One hears where it fell; my own disc sounds like the opponent's."""
    ann, bob = await two_players(visitors, server.url, scripts=(RECORD_SOUND,))
    await ann.evaluate("window.tones = []")

    await play(ann, bob, "DDD")
    await expect(ann.get_by_role("heading", name="Bob to move")).to_be_visible()

    first, second, third = (await ann.evaluate("window.tones"))[::2]
    assert first < second < third


async def test_a_mute_page_is_silent(visitors: Visitors, server: ServerProcess) -> None:
    """Silence asked for is silence, for the knock of a disc and for everything else."""
    ann, bob = await two_players(visitors, server.url, scripts=(RECORD_SOUND,))
    await ann.get_by_role("button", name="Sound").click()
    await ann.evaluate("window.tones = []")

    await play(ann, bob, "DD")
    await my_turn(ann)

    assert await ann.evaluate("window.tones") == []


async def test_the_opener_hears_that_somebody_has_joined(visitors: Visitors, server: ServerProcess) -> None:
    """Whoever waits looks elsewhere, and should be called."""
    ann = await visitors.open(server.url, scripts=(RECORD_SOUND,))
    bob = await visitors.open(await open_game(ann))

    await join(bob)
    await my_turn(ann)

    assert await ann.evaluate("window.tones") == [440, 660]


async def test_a_phone_taps_when_a_disc_lands(visitors: Visitors, server: ServerProcess) -> None:
    """A hand that holds the phone feels the disc; one that asked for less motion is left alone."""
    ann, bob = await two_players(visitors, server.url, scripts=(RECORD_TAPS,))
    still = await visitors.open(ann.url, scripts=(RECORD_TAPS,), reduced_motion="reduce")
    await still.get_by_role("tab", name="Moves").click()

    await play(ann, bob, "DD")
    await my_turn(ann)
    await see_moves(still, 2)

    assert await ann.evaluate("window.taps") == [12, 12]
    assert await still.evaluate("window.taps") == []


async def test_the_winning_four_light_up_one_after_another(visitors: Visitors, server: ServerProcess) -> None:
    """The eye follows the line, and sees the fourth one last, after the disc has landed."""
    match = await Match.begin(server.url, RED_WINS_ON_A_SLANT[:-1])
    eve = await visitors.open(match.url, scripts=(RECORD_SOUND,))
    await see_moves(eve, len(RED_WINS_ON_A_SLANT) - 1)
    await eve.get_by_role("tab", name="Moves").click()
    await _until_still(eve)
    await eve.evaluate(
        """() => {
          window.delays = [];
          new MutationObserver((changes) => {
            for (const { addedNodes } of changes) for (const mark of addedNodes) {
              if (mark.matches(".winning")) window.delays.push(parseFloat(mark.style.getPropertyValue("--after")));
            }
          }).observe(document.querySelector(".marks"), { childList: true });
        }"""
    )

    await match.play(RED_WINS_ON_A_SLANT[-1])
    await expect(eve.get_by_role("heading", name="Ann won")).to_be_visible()

    delays = await eve.evaluate("window.delays")
    assert len(delays) == 4
    assert delays[0] > 100
    assert [round(later - earlier) for earlier, later in pairwise(delays)] == [140, 140, 140]
    assert (await eve.evaluate("window.tones"))[-4:] == [523, 659, 784, 1047]


async def test_a_draw_opens_the_tray_and_the_discs_fall_out(visitors: Visitors, server: ServerProcess) -> None:
    """As with the real thing. The board is back a moment later, and all of it can be stepped through."""
    match = await Match.begin(server.url, DRAWN[:-1])
    eve, still = await visitors.open(match.url), await visitors.open(match.url, reduced_motion="reduce")
    for page in (eve, still):
        await see_moves(page, 41)
    await eve.evaluate(
        """() => new MutationObserver(() => (window.tray = true))
          .observe(document.querySelector("#board"), { attributeFilter: ["data-tray-open"] })"""
    )

    await match.play(DRAWN[-1])

    await expect(eve.locator("[data-tray-open]")).to_have_count(1)
    for page in (eve, still):
        await expect(page.get_by_role("heading", name="A draw")).to_be_visible()
    assert await still.evaluate("document.getAnimations().length") == 0
    await expect(eve.locator("[data-tray-open]")).to_have_count(0)
    await expect(eve.locator(".discs .disc")).to_have_count(42)


async def _stop_the_clock(page: Page) -> None:
    """Let no timer of the page fire until the test says so."""
    await page.clock.install()
    await page.clock.pause_at(await page.evaluate("Date.now() + 1"))


async def _until_still(page: Page) -> None:
    """Wait for everything that moves to come to rest; what pulses for ever is left alone."""
    await page.evaluate(
        """() => {
          const ends = (each) => each.effect.getComputedTiming().endTime !== Infinity;
          return Promise.allSettled(document.getAnimations().filter(ends).map((each) => each.finished));
        }"""
    )
