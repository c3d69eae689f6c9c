"""The city's network in namespaces, from the same rendered texts as production."""
