"""Who may talk to whom, judged from NetworkPolicies alone: pure functions over pods and policies that somebody else has read.

The meaning is that of networking.k8s.io/v1 as its API reference gives it. What it leaves to the network plug-in is settled here once: an
address block holds for pods too, since most plug-ins look at packets, not at who sends them. Out of scope, because no NetworkPolicy
speaks of them: the node's own traffic (kubelet, probes), pods on the host's network, and address translation on the way.
"""
