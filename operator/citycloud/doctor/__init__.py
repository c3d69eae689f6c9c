"""Is citycloud whole on this cluster: what was seen of it in, one finding a line out. Pure; the command line looks, with its user's rights.

One module a subject, each a function from facts to findings; `judge.py` puts them in the order in which a person reads them.
"""
