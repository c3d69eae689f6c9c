"""`citycloud`: what people ask the city cloud from their own terminal, with their own kubeconfig and no more rights than they have.

One module a command, added in `app.py`; `options.py` holds what every command takes, `output.py` how it answers. Only this package knows
the `kubernetes` package: people's kubeconfigs have exec plug-ins, proxies and contexts, which the operator's own client leaves to it.
"""
