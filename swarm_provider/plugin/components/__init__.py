"""Components for programs of any language (Construct): the classes of Python programs, run here for others.

Not here: what a component is made of, which those classes decide.

    arguments  What a program of another language gave -> what the class of the component takes
    construct  One component: made in a thread of its own, with the whole of Pulumi's SDK
    running    The class of a component, run as a program of its own: options, resources, outputs, and how it ends
"""
