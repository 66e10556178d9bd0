"""Stratum v1 as miners speak it: difficulties, jobs, and the lines that carry them; no sockets and no clock here.

In come the parameters of a job or a share as text, out go header prefixes and hash values. The protocol has no
standard of its own; what is here follows the public description (https://en.bitcoin.it/wiki/Stratum_mining_protocol),
BIP 310 (version rolling) and what miners were seen to send.
"""
