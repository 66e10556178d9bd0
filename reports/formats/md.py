"""`.md`: the report as GitHub's Markdown, for issues, wikis and READMEs."""

from __future__ import annotations

import re

from ..claims.ledger import paper_title
from ..collect.gather import Collection
from ..document.report import Report
from ..ladder.story import story
from ..layout.fleet_tables import fleet_parts
from ..layout.headline import headline
from ..layout.ladder_tables import frontier_table, own_table, place_table, reference_table, rung_table
from ..layout.reading import statement
from ..layout.suite_table import roofline_tables, suite_table
from ..layout.tables import Table, apart_table, device_table, ranking_title, unmeasured_table, warning_table
from ..layout.together_tables import MEANING, together_tables

_SYNTAX = re.compile(r"([\\`*_{}\[\]|~#!$])")
# At the beginning these open a list within the list.
_OPENS_LIST = re.compile(r"^(\s*\d*)([-+.)])(?=\s|$)")


def render(report: Report) -> bytes:
    """The document."""
    return ("\n".join(document(report)).rstrip() + "\n").encode()


def document(report: Report) -> list[str]:
    """Its lines."""
    collection = report.collection
    about_ladder = report.subject == "ladder" or not collection.results
    text = ["# From CPU to ASIC" if about_ladder else "# How these devices compare", ""]
    text += [f"{escape(story(report.ladder))}", ""] if about_ladder else []
    text += [f"- {escape(sentence)}" for sentence in headline(report.collection)]
    for caption, content in fleet_parts(report):
        text += ["", f"## {caption}", "", f"{escape(content.caption)}.", "", *table(content)]
    if collection.rankings:
        text += ["", "## Devices"]
        suite = suite_table(collection)
        text += ["", f"### {escape(suite.caption)}", "", *table(suite)] if suite else []
        text += roofline_lines(collection)
        for ranking in collection.rankings:
            text += ["", f"### {escape(ranking_title(ranking))}", "", *table(device_table(ranking))]
        warnings = warning_table(report)
        if warnings.rows:
            text += ["", "### Warnings in words", "", *table(warnings)]
    at_once = together_tables(collection)
    text += ["", "## All at once", "", MEANING] if at_once else []
    for content in at_once:
        text += ["", f"{escape(content.caption)}.", "", *table(content)]
    if collection.apart or collection.unreadable:
        text += ["", "## Not verified", "", "Nothing here is ranked, drawn or counted.", ""]
        text += table(apart_table(report)) if collection.apart else []
        text += [f"- {escape(sentence)}" for sentence in collection.unreadable]
    if collection.unmeasured:
        text += ["", "## Not measured", "", *table(unmeasured_table(report))]
    rungs = rung_table(report.ladder)
    text += ["", "## Rung by rung" if about_ladder else "## From CPU to ASIC", ""]
    text += [] if about_ladder else [escape(story(report.ladder)), ""]
    text += [f"{escape(rungs.caption)}.", "", *table(rungs)]
    if report.ladder.own:
        own = own_table(report)
        text += ["", f"{escape(own.caption)}.", "", *table(own)]
    if report.subject == "ladder":
        for content in (frontier_table(report.ladder), reference_table(report.ladder)):
            text += ["", f"### {escape(content.caption)}", "", *table(content)]
    if report.places:
        places = place_table(report)
        text += ["", "### Until when these devices would have found blocks", "", f"{escape(places.caption)}.", ""]
        text += table(places)
    text += ["", "## The white paper’s claims", "", f"{escape(paper_title())}, chapter 2, section 2, in our words."]
    for claim in report.claims:
        text += ["", f"**{escape(claim.text)}**", ""]
        text += [f"{claim.finding.judgement.capitalize()}: {escape(claim.finding.because)}.", ""]
        text += [f"- {escape(sentence)}" for sentence in claim.finding.evidence]
    return [*text, "", f"---\n\n{escape(statement(collection))}"] if collection.results else text


def roofline_lines(collection: Collection) -> list[str]:
    """The rooflines as tables: ceilings in the caption, a row a work."""
    text: list[str] = []
    for content in roofline_tables(collection):
        text += ["", f"### {escape(content.caption)}", "", *table(content)]
    return text


def table(content: Table) -> list[str]:
    """The lines of a table."""
    return [
        "| " + " | ".join(escape(column) for column in content.columns) + " |",
        "|" + " --- |" * len(content.columns),
        *("| " + " | ".join(escape(cell) for cell in row) + " |" for row in content.rows),
    ]


def escape(text: str) -> str:
    """Text that shows as it is: neither markup, HTML, a link nor a mention.

    >>> escape("<b> a|b @me https://x.example")
    '&lt;b&gt; a\\\\|b &#64;me https:&#47;&#47;x.example'
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _OPENS_LIST.sub(r"\1\\\2", _SYNTAX.sub(r"\\\1", plain))
    shown = shown.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")
    shown = re.sub(r"@(?=\w)", "&#64;", shown)
    return shown.replace("\n", "<br>")
