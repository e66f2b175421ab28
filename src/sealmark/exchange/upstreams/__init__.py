"""The generators behind the gateway; one module for each kind of interface they speak."""
