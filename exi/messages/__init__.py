"""The messages as frozen values that are their own tables; see `exi.particles` for the words.

Element names, order, facets and the places in enumerations are those of the schemas named in
each module. Where a schema sets no limit, the limit is our own judgement and says so.
"""
