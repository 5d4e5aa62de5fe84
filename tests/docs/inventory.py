"""How the commands of the pages are executed: those that stand in a sentence or a table, and the few that cannot be.

A command of a page is in one of four places, and `test_every_command.py` fails for one that is in none: a block of a
page that `test_commands.py` runs from top to bottom; `RUNS`, here, each typed on a live stack; `ELSEWHERE`, which
another test runs; `NOT_HERE`, each with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass

# a manager of the reader; the tests put their own engine there
MANAGER = "ssh://ops@manager-1"
KILLED = """
pulumi up --yes --skip-preview &
until compgen -G "${PULUMI_BACKEND_URL#file://}/.pulumi/locks/*/*/*/*.json"; do sleep 0.05; done
kill -9 $!
"""
"""A run that is killed while it holds the lock."""


@dataclass(frozen=True)
class Run:
    """One command, and what makes it meaningful.

    Attributes:
        shown: as the page has it.
        typed: what is typed: the same with values for NAME and `…`; "" for exactly the same.
        given: what is done before.
        then: what shows that it worked.
        codes: exit codes that are right.
        says: a text that its output, or that of `then`, has.
    """

    shown: str
    typed: str = ""
    given: str = ""
    then: str = ""
    codes: tuple[int, ...] = (0,)
    says: str = ""

    @property
    def command(self) -> str:
        return self.typed or self.shown


RUNS = (
    # settings: each is one that a preview understands
    Run("pulumi config set swarm:keepPrevious 2", then="pulumi preview"),
    Run("""pulumi config set swarm:keepPrevious '{"config": 3, "secret": 0}'""", then="pulumi preview"),
    Run("pulumi config set swarm:host tcp://manager-1:2376", then="pulumi preview && pulumi config rm swarm:host"),
    Run(
        """pulumi config set swarm:hosts '["ssh://ops@manager-1"]'""",
        then="pulumi preview && pulumi config rm swarm:hosts",
    ),
    Run(
        """pulumi config set swarm:hosts '["ssh://ops@manager-1", "ssh://ops@manager-2"]'""",
        then="pulumi preview && pulumi config rm swarm:hosts",
    ),
    Run(
        "pulumi config set swarm:context production",
        given=f"docker context create production --docker host={MANAGER}",
        then="pulumi preview && pulumi config rm swarm:context",
    ),
    # looking
    Run("docker info", says="Swarm: active"),
    Run("docker service ps --no-trunc NAME", "docker service ps --no-trunc todo_todo-web", says="Running"),
    Run("docker service logs NAME", "docker service logs todo_todo-web"),
    Run("swarm-provider status STACK", "swarm-provider status todo", says="all healthy"),
    Run("swarm-provider doctor", codes=(0, 1), says="managers reachable"),
    Run("swarm-provider install-plugin", says="starts the plugin"),
    # by hand, beside the stack
    Run(
        "docker stack deploy -c FILE NAME",
        "docker stack deploy -c other.yml other",
        given="echo 'services: {web: {image: \"bb:1\", command: sleep 1000}}' >other.yml",
    ),
    Run(
        "docker stack deploy -c base.yml -c prod.yml shop",
        given="cp other.yml base.yml && sed s/1000/2000/ base.yml >prod.yml",
        then="docker stack rm shop",
    ),
    Run("docker stack rm NAME", "docker stack rm other"),
    Run("docker config create NAME FILE", "docker config create c stacks/todo/configs/config.json"),
    Run("docker secret create NAME FILE", "docker secret create s stacks/todo/configs/config.json"),
    Run("docker network create -d overlay NAME", "docker network create -d overlay n"),
    Run("docker volume create NAME", "docker volume create vol", then="docker volume rm vol"),
    Run("docker node update --label-add K=V NODE", "docker node update --label-add k=v node1"),
    # by hand, against the program: the preview says it
    Run(
        "docker service scale NAME=5",
        "docker service scale todo_todo-web=5",
        then="pulumi preview --diff",
        says="replicas: 5 => 2",
    ),
    Run(
        "docker service update --label-rm KEY NAME",
        "docker service update --label-rm swarm-provider.other todo_todo-web",
        given="docker service update --label-add swarm-provider.other=x todo_todo-web",
        says="converged",
    ),
    Run("docker service rollback NAME", "docker service rollback todo_todo-web", then="pulumi up --yes"),
    Run("docker service update --force NAME", "docker service update --force todo_todo-web", says="converged"),
    # Pulumi
    Run("pulumi do swarm:Service list", "pulumi do swarm:Service list --namespace todo", says="todo_todo-web"),
    Run(
        "pulumi import --generate-code=false",
        "pulumi import --generate-code=false swarm:index:Network net net",
        given="docker network create --driver overlay net",
        says="1 imported",
    ),
    Run("pulumi state unprotect --all"),
    Run(
        "pulumi state delete URN",
        "pulumi state delete $(pulumi stack --show-urns | grep -o 'urn:.*Network::net$')",
        then="docker network inspect net && pulumi preview --diff",
    ),
    Run(
        "pulumi preview --json | swarm-provider report --html report.html",
        then="head -1 report.html",
        says="<!doctype html>",
    ),
    Run("pulumi cancel", given=KILLED, then="pulumi up --yes"),
    Run("pulumi refresh --clear-pending-creates"),
    Run("pulumi refresh --run-program"),
    Run(
        "pulumi import --file todo.import.json",
        given="docker stack rm todo >/dev/null; until [[ -z $(docker ps -q) ]]; do sleep 0.2; done; "
        "docker stack deploy -c stacks/todo/v1.yml todo && swarm-provider adopt todo --python",
        says="imported",
    ),
    Run("pulumi destroy --run-program", given="pulumi state unprotect --all"),
)  # fmt: skip
"""In this order, on one live stack `todo`; what a command leaves, the next finds."""

ALONE = (
    Run("docker swarm init", given="docker swarm leave --force", then="docker node ls", says="Leader"),
    Run("docker swarm init --force-new-cluster", then="docker node ls", says="Leader"),
)
"""On an engine that no other test needs."""

IN_A_CLONE = (
    Run("pip install -r requirements.txt"),
    Run("pip install -e '.[dev]'"),
    Run('pytest -m "not live and not e2e and not multinode"', says=" passed"),
    Run("python -m tools.generate.architecture", then="git diff --exit-code"),
    Run("python -m tools.generate.codegen", then="git diff --exit-code"),
    Run("python -m tools.generate.reference >docs/reference.md", then="git diff --exit-code"),
    Run("git grep swarm-provider/pulumi-swarm", says="swarm_provider/version.py"),
    # the commands before it have made one
    Run("uv venv", given="pip install --quiet uv && rm -rf .venv"),
    Run("uv pip install pip", then=".venv/bin/python -m pip --version"),
)
"""In a clone of this repository, with the virtualenv of the README's reader."""

ELSEWHERE = {
    # command: the test that runs it, and how it stands there
    "pulumi install": ("tests/docs/test_commands.py", "pulumi install --no-dependencies"),
    "pulumi new": ("tests/e2e/test_new.py", 'app.run("new"'),
    "tools/pulumi-cli.sh --languages": ("tests/e2e/test_languages.py", '"pulumi-cli.sh"), "--languages"'),
    "python -m swarm_provider.cli.plain": ("examples/ci/ci/up.sh", ".venv/bin/python -m swarm_provider.cli.plain"),
    "make dist": ("tests/tools/test_clean_machine.py", 'clone.make("dist"'),
    "python3 -m tools.release --help": ("tests/tools/test_release.py", '"-m", "tools.release", *given'),
    # its requirements name it; the index is the folder with the wheel
    "pip install swarm-provider": (
        "tests/tools/test_clean_machine.py",
        ".venv/bin/pip install --quiet -r requirements.txt",
    ),
    "make up": ("tests/tools/test_make.py", 'make("up")'),
    "make down": ("tests/tools/test_make.py", 'make("down")'),
    "make setup": ("tests/tools/test_make.py", 'make("setup")'),
    "make up SWARM=current": ("tests/tools/test_make.py", '"SWARM=current"'),
    ". .swarm/local/env": ("tests/tools/test_make.py", ".swarm/local/env"),
    "ci/setup.sh": ("tests/examples/test_pipelines.py", 'run("deploy.yml", main)'),
    "ci/preview.sh": ("tests/examples/test_pipelines.py", 'run("preview.yml", branch)'),
    "ci/comment.py": ("tests/examples/test_pipelines.py", 'run("preview.yml", branch)'),
    "ci/drift.sh": ("tests/examples/test_pipelines.py", 'run("drift.yml", main)'),
    "ci/up.sh": ("tests/examples/test_pipelines.py", '["ci/up.sh"]'),
    "PLAN=1 ci/up.sh": ("tests/examples/test_pipelines.py", '"PLAN": "1"'),
    "testbed/swarm.sh up --nodes 3": ("tests/support/engine.py", '"--nodes", str(nodes)'),
    "testbed/engine.sh": ("tests/support/engine.py", "engine.sh"),
    "pulumi config set form release": ("tests/docs/test_program.py", 'config_set("form", "release")'),
    "pulumi import swarm:index:Release shop shop": ("tests/e2e/test_release.py", 'import_("swarm:index:Release"'),
    "swarm-provider rollback STACK": ("tests/cli/test_rollback_live.py", 'main(["rollback", unique'),
    "swarm-provider refresh-auth STACK": ("tests/docs/test_commands.py", "swarm-provider refresh-auth shop"),
    "pulumi stack rename prod": ("tests/e2e/test_moves.py", '"stack", "rename", "prod"'),
    "pulumi stack rename organization/shop/prod": ("tests/e2e/test_moves.py", '"stack", "rename", "organization/'),
    "pulumi state move": ("tests/e2e/test_moves.py", '"state", "move"'),
    "pulumi stack migrate URL STACK": ("tests/e2e/test_moves.py", '"stack", "migrate"'),
    "pulumi stack rm --force": ("tests/e2e/test_moves.py", '"stack", "rm", "--force"'),
    "pulumi up --replace URN": ("tests/e2e/test_replacement.py", '"--replace", urn'),
    "pulumi state taint URN": ("tests/e2e/test_replacement.py", '"state", "taint"'),
    "docker login": ("tests/docs/test_commands.py", "docker login"),
    "pulumi up --logflow -v=9 --logtostderr": ("tests/e2e/test_canary.py", '"--logtostderr", "-v=9", "--logflow"'),
    "python3 -m venv policy/venv": ("tools/setup.sh", 'python3 -m venv --clear "$own"'),
    "policy/venv/bin/pip install -r policy/requirements.txt /path/to/swarm-provider": (
        "tools/setup.sh",
        '-r "$repo/policy/requirements.txt" -e "$repo"',
    ),
    # by its program: the language host that can be built from modules is too old to start a folder
    "pulumi preview --policy-pack policy": ("tests/e2e/test_policies.py", '"--policy-pack", str(pack)'),
    "pulumi preview --policy-pack policy --policy-pack-config policy.json": (
        "tests/e2e/test_policies.py",
        '"--policy-pack-config", str(settings)',
    ),
    "ssh ops@manager-1": ("tests/dockerapi/test_remote_live.py", "ssh_engine"),
}

NOT_HERE = {
    # command: why it cannot be executed here; its words are checked against the program's own help instead
    "make test": "it is this suite",
    "make accept": "it is this suite, in its long form",
    "make parity": "it is a part of this suite",
    "make chaos": "it is a part of this suite",
    "make sdk-matrix": "installs every library twice and runs a part of this suite with each set",
    "make check": "runs before every commit; its parts read the whole repository and take a minute",
    "make bench": "measures for half an hour",
    "make simulate": "plays histories for a quarter of an hour; tests/simulation plays three hundred",
    "python -m bench --parts …": "measures for minutes, on a machine where nothing else runs",
    "python -m bench.functions": "the same",
    "docker compose": "the plugin is not installed here; the page compares with it and tells nobody to run it",
    "docker compose config": "the same",
    "docker compose --env-file": "the same",
    "git tag --sign v1.2.0 && git push origin v1.2.0": "makes a release",
    "ssh-keyscan manager-1": "asks a machine of the reader's",
}
