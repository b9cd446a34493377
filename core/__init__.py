"""The mathematics of the lab: NumPy and the standard library only.

No threads, files, printing or global state; randomness comes in as a generator.
"""
