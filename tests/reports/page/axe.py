"""The accessibility checker axe, asked about a page that is open in the browser."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from .browser import Browser

# axe takes minutes over hundreds of rows that differ in their words alone. Of siblings that are drawn alike (the same
# elements with the same attributes, which have text or have none) one is as good as all.
ONE_OF_EACH_SHAPE = r"""(() => {
  const drawn = ["class", "style", "role", "scope", "type", "fill", "open", "hidden", "aria-hidden"];
  const shape = (one) => one.tagName + "[" + [...one.attributes].map((attribute) => attribute.name
    + (drawn.includes(attribute.name) ? "=" + attribute.value : "")).sort() + "]" + /\S/.test(one.textContent)
    + "(" + [...new Set([...one.children].map(shape))] + ")";
  const thin = (parent) => {
    const seen = new Set();
    for (const child of [...parent.children]) {
      const its = shape(child);
      if (seen.has(its)) child.remove(); else { seen.add(its); if (child.tagName !== "TR") thin(child); }
    }
  };
  document.querySelectorAll("tbody, svg, ul, ol, dl").forEach(thin);
})()"""
TWICE = """(() => {
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
})()"""
MOST_ELEMENTS = 1500


def axe_s_violations(browser: Browser) -> list[Any]:
    axe = find_spec("axe_core_python")
    if axe is None or axe.origin is None:
        pytest.skip("axe-core is not installed (pip install axe-core-python)")
    assert browser.evaluate(TWICE) == []  # what axe would not see in rows that are left out
    browser.evaluate(ONE_OF_EACH_SHAPE)
    assert browser.evaluate("document.querySelectorAll('*').length") < MOST_ELEMENTS
    browser.evaluate((Path(axe.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    found: list[Any] = browser.evaluate(
        "axe.run().then((found) => found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))"
    )
    return found
