"""Where joules come from: meters behind one small protocol, and what turns their readings into energy records.

`meter` is the protocol; `registry` lists the meters of a machine, or why they are missing and what
would mend it; `sampler` reads them beside a measurement; `counting`, `watts` and `integrate` turn
readings into joules with bounds; `record` writes down what came out; `accounts` does all that for a
run. Every other module is one kind of meter, or one thing derived.
"""
