"""The white paper's claims: each with its evidence and a verdict computed from our data by a rule written down."""
