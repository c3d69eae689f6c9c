"""The seven views, one module each: what stands on the page, in its order."""
