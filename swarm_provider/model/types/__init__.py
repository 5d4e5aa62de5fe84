"""The kinds of values that inputs and outputs are made of, and the forms in which people write them.

Not here: which property has which type (model).

    kinds        The kinds of values that inputs and outputs are made of
    measures     Values with a unit: sizes, durations, numbers of cpus
    place        Where a value stands, and the list that collects what is wrong with values
    short_forms  The short forms of compose: `8080:80`, `db-data:/data`, `K=V`, `sh -c "..."`
    spelling     Whole values and property paths, from wire spelling to Python's and back
"""
