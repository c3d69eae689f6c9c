"""From one inventory of the city to its wide area network and compute: model, rules, renderers, components, targets, command line."""
