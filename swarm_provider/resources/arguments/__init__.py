"""What a program writes as arguments and options -> wire form, and what it reads.

Not here: which inputs there are (model).

    content    The content of a Config or Secret: `data`, `data_base64` or a file that is read here, in the program
    deciding   What decides which resources a component makes: plain values of the kind that the definition says
    options    Pulumi's resource options, with property paths in wire spelling and the version that finds the plugin
    shown      Values that a program reads from a resource: by item and by attribute
    surprises  What a program gives a Service and Docker reads as something else, before short forms become long ones
    wire       What a program writes -> wire form, and back
"""
