"""A hand-written index of presences: the answers of `core.degrees`, in milliseconds instead of seconds.

`segment` lays the presences of a day out in arrays, `layout` lets compiled code read the arrays of many days, `first`
and `second` answer the two degrees (`near` and `minutes` are parts of the second), `shared` tells the stays of two
people one by one. All of it is held to the same oracle as the expressions. `coding` numbers ids as they are taken in.
"""
