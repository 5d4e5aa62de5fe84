"""Programs that write files of this repository out of the definition of the resources."""
