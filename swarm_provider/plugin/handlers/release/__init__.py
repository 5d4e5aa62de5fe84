"""Release: a whole stack as one resource. It composes the handlers of its children; none of them is written again.

Not here: what compose files mean (the room `compose`), and what one kind of resource does (the handlers beside).

    bindings    What a user bound to keys of the files: content, or the name of something that exists
    children    What a Release is made of: each child with its request, its handler and its state
    deployment  One run of a Release: children in the order of their references, then what left the files
    handler     Release: what Check, Diff, Create, Read, Update and Delete mean for a whole stack
    importing   A stack that runs, whoever made it -> the inputs by which a Release would ask for it
    progress    What people see of a Release as a whole: the sum of a preview, and the status of a deployment
    reading     The inputs of a Release -> the plan of its children
    strays      Children that a run made and was killed before anything of them was saved, and that nothing asks for
    rollback    Back to what was there before the run
"""
