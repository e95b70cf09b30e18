"""Compiled inner loops (numba) over plain arrays; they know nothing of places or people.

They are compiled at their first call and cached beside the sources, or in the user's cache folder
where that is not writable. All release the interpreter lock, so that threads share the work.
"""
