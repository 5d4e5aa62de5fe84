"""Makes `dist/`, what a release consists of: `python3 -m tools.release --help`.

Everything is made out of the wheel, and the wheel out of what git has: so all of it has one version, the git tag's. It
needs no virtual environment of the repository; the tools that it uses are pinned in requirements.txt and go into
build/release/.

    __main__   The command: which parts, in which order
    archive    Archives and checksums that are the same bytes for the same content
    plugin     The plugin with a Python of its own, as Pulumi downloads it, and its bill of materials
    sdks       The schema, and the SDKs for Node.js and Go that are generated out of it
    wheel      The Python package: source distribution and wheel
    workshop   Where it is made, with what, and how a step that fails is told
"""
