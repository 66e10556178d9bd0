"""What `hashwatt run` shows at its end: the table of its devices, and what each meter said."""
