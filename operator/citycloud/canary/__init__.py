"""The canary: asks for an environment as a department would, tries what must pass and what must not, and gives it back.

A process of its own with rights of its own, for two reasons: it sees the whole path as a tenant does, admission and access with it, and it
can say that the operator does not work. A city makes a few environments a day, too few for an alert on their share; the canary's count.
"""
