"""The examples in the schema's descriptions: for each resource a program per language.

The programs are files of their language in `programs`, which is no package: no module of ours imports them.

    reading  What is said of a resource, with its example in the form of Pulumi's documentation
"""
