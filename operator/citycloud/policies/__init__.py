"""The catalogue of policies: one folder a policy in `policies/admission`, everything else follows from it.

From a folder come the admission policies of the chart, their refusals in two languages, the table in the documentation and the tests. Pure
but for reading the folders; nothing here talks to a server.
"""
