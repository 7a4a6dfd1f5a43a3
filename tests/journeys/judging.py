"""What every page owes everybody: axe finds nothing, nothing sticks out, targets fit a thumb."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}

JUDGED = "async (options) => (await axe.run(options)).violations"
"""Only what is wrong is told: all that is well takes longer to hand over than to find."""

STICKS_OUT = """
() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > wide + 1)
    .map((element) => `${element.tagName} ${element.className}`);
}
"""

TOO_SMALL = """
() => {
  const least = 44 - 0.5;
  const box = (element) => {
    // A tick is as large as its label, which does the same.
    const whole = /checkbox|radio/.test(element.type) && element.labels[0];
    return (whole || element).getBoundingClientRect();
  };
  const isInASentence = (link) => {
    const around = link.closest("p, caption, .banner");
    return around && around.textContent.trim().length > link.textContent.trim().length;
  };
  return [...document.querySelectorAll("a, button, input, select, textarea, summary")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .filter((element) => element.type !== "hidden" && !element.matches(".skip, [aria-hidden=true]"))
    .filter((element) => !(element.matches("a") && isInASentence(element)))
    .filter((element) => box(element).height < least || box(element).width < least)
    .map((element) => `${element.outerHTML.slice(0, 90)} ${JSON.stringify(box(element))}`);
}
"""

CUT = """
() => [...document.querySelectorAll("a, button, summary, h1, h2, label, legend, .tag")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => element.scrollWidth > element.clientWidth + 1)
  .filter((element) => getComputedStyle(element).display !== "inline")
  .filter((element) => !element.closest(".visually-hidden") && !element.matches(".visually-hidden"))
  .map((element) => `${element.outerHTML.slice(0, 90)} is cut`)
"""
LETTERS = "(size) => { document.documentElement.style.fontSize = size; }"

BADLY_BROKEN = r"""
() => {
  const lines = (node, from, to) => {
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, to);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
  };
  const told = [];
  for (const key of document.querySelectorAll(".button, .choice__label, .dial__number, h1, h2")) {
    if (!key.checkVisibility({ visibilityProperty: true })) continue;
    const walker = document.createTreeWalker(key, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const words = [...node.data.matchAll(/[A-Za-z0-9’]+/g)];
      const cut = words.filter(({ 0: word, index }) => lines(node, index, index + word.length) > 1);
      told.push(...cut.map(({ 0: word }) => `${word} is broken in two`));
      const end = node.data.trimEnd().length;
      const isChinese = /[\u4e00-\u9fff]{2}$/.test(node.data.slice(0, end));
      const alone = isChinese && lines(node, end - 2, end) > 1;
      if (alone) told.push(`${node.data.trim()}: the last character stands alone`);
    }
  }
  return told;
}
"""

HIDDEN_FROM_SIGHT = """
(selectors) => {
  const floor = document.querySelector(".dock").getBoundingClientRect().top;
  return selectors.map((selector) => document.querySelector(selector))
    .filter((element) => element.getBoundingClientRect().bottom > floor)
    .map((element) => `${element.textContent.trim()}: below the fold`);
}
"""


def violations(page: Page, options: dict[str, Any] = RULES) -> list[str]:
    """Return what axe says against the page as it is now."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(JUDGED, options)
    return [
        f"{one['id']}: {node['html'][:120]} ({node['failureSummary']})"
        for one in found
        for node in one["nodes"]
    ]


def colour_violations(page: Page) -> list[str]:
    """Return where colours do not stand out from each other in the scheme shown."""
    return violations(page, COLOURS)


def sticking_out(page: Page) -> list[str]:
    """Return the elements for which the page would have to be moved sideways."""
    found: list[str] = page.evaluate(STICKS_OUT)
    return found


def cramped(page: Page, size: str = "200%") -> list[str]:
    """Return what sticks out or is cut when the letters are twice as large."""
    page.evaluate(LETTERS, size)
    found: list[str] = [*sticking_out(page), *page.evaluate(CUT)]
    page.evaluate(LETTERS, "")
    return [f"{size}: {one}" for one in found]


def badly_broken(page: Page) -> list[str]:
    """Return the labels that break within a word, or leave one Chinese character on a line."""
    found: list[str] = page.evaluate(BADLY_BROKEN)
    return found


def too_small(page: Page) -> list[str]:
    """Return what is smaller than 44 by 44 pixels, links within a sentence left out."""
    found: list[str] = page.evaluate(TOO_SMALL)
    return found


def out_of_sight(page: Page, *selectors: str) -> list[str]:
    """Return which of these elements the dock hides before anybody scrolls: the first of each."""
    page.evaluate("scrollTo(0, 0)")
    found: list[str] = page.evaluate(HIDDEN_FROM_SIGHT, list(selectors))
    return found
