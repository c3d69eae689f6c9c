"""The network laboratory: rendered texts in namespaces, with real routing daemons, firewalls and queues."""
