"""The to-do list as one Docker stack. `step` says how far it goes, `form` whether it is a Stack or a Release."""

import pulumi

import swarm_provider as swarm

FILES = {
    "v1": "v1.yml",
    "v2": "v2.yml",
    "config": "v3-config.yml",
    "secret": "v4-secret.yml",
    "db": "v5-db.yml",
    "external": "external.yml",  # config and secret are somebody else's
}
settings = pulumi.Config()
step = settings.require("step")
if step not in FILES:
    raise pulumi.RunError(f"step is {step!r}, not one of {', '.join(FILES)}: pulumi config set step db")
form = settings.require("form")
if form not in ("stack", "release"):
    raise pulumi.RunError(f"form is {form!r}, not stack or release: pulumi config set form stack")

password = settings.require_secret("dbPassword")  # encrypted in the stack's settings; in no file as plain text
secrets = {}
if step in ("secret", "db"):
    connection = pulumi.Output.concat("Server=todo-db;Database=todo;User Id=postgres;Password=", password)
    secrets["todo-list-secret"] = pulumi.Output.json_dumps({"ConnectionStrings": {"ToDoDb": connection}})
if step == "db":
    secrets["todo-db-password"] = password
    swarm.NodeLabel("raid", node="*", key="storage", value="raid")

file = f"stacks/todo/{FILES[step]}"
env = {"IMAGE_TAG": settings.require("imageTag"), "REPLICAS": settings.require("replicas")}
if form == "release":  # one resource: all of it is deployed, or what ran before runs again
    release = swarm.Release("todo", compose_file=file, env=env, secrets=secrets)
    pulumi.export("images", release.services.apply(lambda found: {key: found[key]["image"] for key in found}))
else:
    stack = swarm.Stack("todo", compose_file=file, env=env, secrets=secrets)
    pulumi.export("images", {key: service.image for key, service in stack.services.items()})
