"""The program that runs: what it made so far, and how it ends.

Not here: what the plugin does.

    error_reporting  How a mistake in the program ends it: one clear line per problem, and no traceback
    interrupts       A program that Pulumi stops ends without a page of Python's own words
    registry         What this program made so far, where one resource has to know of another one by its words alone
    sdk              What this package uses of Pulumi's SDK beyond its documented names
    sdk_savings      What Pulumi's SDK does for each resource, in a cheaper way that comes to the same
    shim             A program keeps the shim by which Pulumi finds the plugin up to date
"""
