"""What the tests ask a page that is open in the browser, in JavaScript."""

from __future__ import annotations

OPEN_ALL = "document.querySelectorAll('details').forEach((one) => (one.open = true))"
TOO_WIDE = """[...document.querySelectorAll("body *")]
  .filter((element) => element.getClientRects().length && !element.closest("svg") && !element.closest("thead")
                       && element.getBoundingClientRect().right > innerWidth + 0.5)
  .map((element) => element.tagName + ": " + element.textContent.slice(0, 40))"""
# The focus on each head in turn that can sort, and whether it is seen there.
UNSEEN_FOCUS = """[...document.querySelectorAll("thead button")].filter((one) => {
  one.focus();
  one.scrollIntoView({ block: "center" });
  const place = one.getBoundingClientRect();
  return document.elementFromPoint(place.left + place.width / 2, place.top + place.height / 2) !== one;
}).map((one) => one.textContent)"""
# The words of an element, from left to right as they are drawn.
AS_DRAWN = """((one) => {
  const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT), range = document.createRange(), words = [];
  while (walker.nextNode()) for (const found of walker.currentNode.data.matchAll(/\\S+/g)) {
    range.setStart(walker.currentNode, found.index);
    range.setEnd(walker.currentNode, found.index + found[0].length);
    words.push([range.getBoundingClientRect().left, found[0]]);
  }
  return words.sort((a, b) => a[0] - b[0]).map((each) => each[1]).join(" ");
})"""
