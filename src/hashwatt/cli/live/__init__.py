"""What is shown on stderr while something lasts: a bar or a table on a terminal, lines elsewhere."""
