"""The peers that the benchmarks run beside ours, each with the cutoff it declares or is commonly used with.

A peer is for measuring only: nothing of the product imports this package.
"""
