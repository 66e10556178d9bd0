"""From what was asked to what was measured: one run, its devices one after another or together.

In: a checked request (`asked`), devices by their capabilities. Out: a `Result`. `session` measures one device,
`in_turn` its rounds between those of the others, `together` all at once, `alternation` two settings against each
other; `roofs` measures the ceilings that its work is held against.
"""
