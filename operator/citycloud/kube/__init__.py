"""The wire to the API server: one session, apply, list, watch, lease; plain JSON in and out, errors as one tree.

Requests are built by hand: every generated client costs four to eight times the processor time of a call, and the operator shares
its cores with the rest of the platform.
"""
