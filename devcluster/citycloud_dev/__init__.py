"""A real Kubernetes control plane on one machine, without a container engine, for the tests, the benchmarks and the demo."""
