"""Situations that a reviewer meets: what is deployed, what somebody does meanwhile, and what the next program says.

Each is recorded once from the real CLI on a real engine (`tests/record_previews.py`); the long form plays each again
and compares what the report promised with what `up` then does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.support.engine import Docker

_HEAD = "import pulumi, swarm_provider as swarm\nhidden = pulumi.Output.secret\n"
_SLEEP = 'command=["sleep", "100000"], resolve_image="never", stop_grace_period="0s"'
CANARY = "c4nary-Zq8xW2kP"
"""Stands in every secret of every scenario; the reports must not have it."""


@dataclass(frozen=True)
class Scenario:
    """One preview.

    Attributes:
        before: the program that is deployed first; "" for none.
        after: the program that is previewed.
        meanwhile: what somebody does to the swarm in between.
        breaks: deploying `before` fails, as it is meant to.
        fails: the preview fails, as it is meant to.
        command: what is run; `preview` unless it says `destroy --preview-only`.
        stream: recorded as a stream of engine events too.
        printed: recorded as `pulumi preview --diff` prints it, too.
        goes: the following `up` can be run and watched.
        files: files of the project, by their path.
        edited: those that somebody edited before the preview.
    """

    before: str
    after: str
    meanwhile: Callable[[Docker], object] = lambda docker: None
    breaks: bool = False
    fails: bool = False
    command: tuple[str, ...] = ("preview",)
    stream: bool = False
    printed: bool = False
    goes: bool = True
    files: Mapping[str, str] = field(default_factory=dict)
    edited: Mapping[str, str] = field(default_factory=dict)


def _service(name: str, *, image: str = "bb:1", replicas: int | None = 2, more: str = "", deploy: str = "") -> str:
    count = "" if replicas is None else f'"replicas": {replicas}, '
    return (
        f'swarm.Service("{name}", image="{image}", {_SLEEP}, deploy={{{count}{deploy}}}{", " + more if more else ""})\n'
    )


def _shop(content: str, password: str, *, image: str = "bb:1", replicas: int = 2, mode: str = "test") -> str:
    return _HEAD + (
        'front = swarm.Network("front")\n'
        'back = swarm.Network("back", internal=True)\n'
        'label = swarm.NodeLabel("raid", node="*", key="storage", value="raid")\n'
        f"app = swarm.Config('app', data={content!r})\n"
        f"password = swarm.Secret('db-password', data=hidden({password!r}))\n"
        'files = swarm.Volume("db-data")\n'
        + _service(
            "web",
            image=image,
            replicas=replicas,
            more='ports=["18080:80"], networks=[front, back], configs=[{"source": app, "target": "/etc/app.json"}], '
            f'environment={{"MODE": "{mode}", "TOKEN": hidden("{CANARY}-token")}}',
            deploy='"update_config": {"order": "start-first"}',
        )
        + _service(
            "api",
            replicas=2,
            more='networks=[back], configs=[{"source": app}], secrets=[{"source": password}]',
        )
        + _service(
            "db",
            replicas=1,
            more='networks=[back], secrets=[{"source": password}], volumes=["db-data:/var/lib/db"], '
            "opts=pulumi.ResourceOptions(depends_on=[files])",
            deploy='"placement": {"constraints": ["node.labels.storage == raid"]}',
        )
    )


_JSON_1 = '{\n  "log": "warning",\n  "database": "db",\n  "workers": 4\n}\n'
_JSON_2 = '{\n  "log": "error",\n  "database": "db",\n  "workers": 8,\n  "cache": true\n}\n'
SHOP = _shop(_JSON_1, CANARY)


def _by_hand(docker: Docker) -> None:
    # each is over before the preview looks
    docker("service", "scale", "--detach=false", "web=5")
    docker("service", "update", "--detach=false", "--env-add", "DEBUG=1", "api")
    docker("service", "rm", "db")


# what README shows; nothing of it changes but a config and a number of replicas
_COMPOSE = """\
services:
  web:
    image: bb:1
    command: sleep 100000
    ports: ["18080:80"]
    configs: [{source: settings, target: /etc/shop.json}]
    deploy: {replicas: 2, update_config: {order: start-first}}
  api:
    image: bb:1
    command: sleep 100000
    secrets: [db-password]
  db:
    image: bb:1
    command: sleep 100000
    secrets: [db-password]
    volumes: ["data:/var/lib/db"]
configs: {settings: {file: settings.json}}
secrets: {db-password: {external: true}}
volumes: {data: {}}
"""
_STACK = _HEAD + (
    'swarm.Stack("shop", compose_file="shop.yml", resolve_image="never", advice=[],\n'
    f'    secrets={{"db-password": hidden("{CANARY}")}})\n'
)


def _hundred(round_: int) -> str:
    return _HEAD + (
        f"app = swarm.Config('app', data='round = {round_}\\n')\n"
        "for i in range(100):\n"
        f'    swarm.Service(f"worker-{{i:02}}", image="bb:1", {_SLEEP},\n'
        '        configs=[{"source": app}] if i % 2 == 0 else None,\n'
        f'        environment={{"ROUND": "{round_}" if i % 4 == 0 else "0", "TEXT": "x" * 40 * {round_}}},\n'
        '        deploy={"replicas": 1 if i < 8 else 0, "update_config": {"parallelism": 0}})\n'
    )


def _odd(value: str, image: str = "bb:1") -> str:
    return _HEAD + (
        f"""swarm.Service('a|b `c` "d" _e_ *f*', name='odd-name_1x', image='{image}', {_SLEEP},
    labels={{'pipe|key': 'a|{value}', 'back`tick': '`{value}`', 'dotted.key.é': '{value}', 'new': 'a\\nb|{value}'}},
    environment={{'EMPTY': '', 'SPACES': '  {value}  ', 'LONG': '{value}' * 200, '한국어': '설정 {value}'}})
swarm.Config('설정/ünïcode', name='odd-config', data='ключ = {value}\\n\\ttab\\r\\nno newline at end')
"""
    )


_NASTY_1 = (
    "<script>alert(1)</script>\\n</details></div>\\n```\\nfence\\n~~~~\\n<!-- comment\\n--> end\\n"
    "<img src=x onerror=alert(1)>\\n"
)
_NASTY_2 = (
    "<script>alert(2)</script>\\n</details></pre>\\n````\\n@everyone [x](javascript:alert(2))\\n--> end\\n"
    "\\u202eevil\\u202c \\x07bell\\n<svg onload=alert(2)>\\n"
)


def _nasty(content: str, number: int) -> str:
    return _HEAD + (
        f"""app = swarm.Config('<b>bold</b> & "quoted"', name='nasty', data='{content}')
swarm.Service('<img src=x onerror=alert({number})>', name='victim', image='bb:1', {_SLEEP},
    configs=[{{"source": app, "target": "/x"}}],
    labels={{'</td><script>alert({number})</script>': 'v{number}', '@org/team': '<!-- {number} -->'}},
    environment={{'HTML': '</code></summary><h1>{number}</h1>', 'MD': '](http://x) **b** `t` | {number}'}})
pulumi.log.warn("<script>alert('warned')</script> @everyone **look** [here](javascript:alert(1)) `{number}`")
"""
    )


def _stack_by_docker(docker: Docker) -> None:
    docker("network", "create", "--driver", "overlay", "old-net")
    docker("service", "create", "--detach", "--name", "legacy", "--replicas", "2", "--network", "old-net", "--env",
           "MODE=live", "bb:1", "sleep", "100000")  # fmt: skip
    docker.wait_running("legacy", 2)


SCENARIOS: dict[str, Scenario] = {
    "create": Scenario("", SHOP),
    "unchanged": Scenario(SHOP, SHOP),
    "update": Scenario(SHOP, _shop(_JSON_1, CANARY, image="bb:2", replicas=3, mode="live"), stream=True),
    "rotation": Scenario(SHOP, _shop(_JSON_2, f"{CANARY}-2"), stream=True),
    "removal": Scenario(
        SHOP, _HEAD + 'back = swarm.Network("back", internal=True)\n' + _service("api", more="networks=[back]")
    ),
    "drift": Scenario(SHOP, SHOP, meanwhile=_by_hand, stream=True),
    "compose": Scenario(
        _STACK,
        _STACK,
        meanwhile=lambda docker: docker("service", "scale", "--detach=false", "shop_web=5"),
        files={"shop.yml": _COMPOSE, "settings.json": '{\n  "theme": "light",\n  "page_size": 20\n}\n'},
        edited={"settings.json": '{\n  "theme": "light",\n  "page_size": 50\n}\n'},
        printed=True,
    ),
    "destroy": Scenario(SHOP, SHOP, command=("destroy", "--preview-only")),
    "wrong": Scenario(
        _HEAD + _service("web"),
        _HEAD + _service("web", image="bb:2", more='configs=[{"source": "nobody-made-it"}]'),
        fails=True,
        stream=True,
        goes=False,
    ),
    "unreachable": Scenario(
        _HEAD + _service("web"),
        _HEAD
        + 'swarm.Provider("east", host="tcp://127.0.0.1:9")\n'
        + 'east = swarm.Provider("far", host="tcp://127.0.0.1:9")\n'
        + 'swarm.Config("app", data="x", opts=pulumi.ResourceOptions(provider=east))\n',
        fails=True,
        goes=False,
    ),
    "retry": Scenario(
        _HEAD + _service("web", image="nowhere.invalid/missing:1", replicas=1, more='fail_after="20s"'),
        _HEAD + _service("web", image="bb:1", replicas=1, more='fail_after="20s"'),
        breaks=True,
        goes=False,
    ),
    "binary": Scenario(
        _HEAD
        + 'blob = swarm.Config("blob", data_base64="AAECA/8A//4=")\nmixed = swarm.Config("mixed", data="text\\n")\n'
        + _service("web", more='configs=[{"source": blob}, {"source": mixed}]'),
        _HEAD
        + 'blob = swarm.Config("blob", data_base64="AAECA/8A//79/A==")\n'
        + 'mixed = swarm.Config("mixed", data_base64="/wAB")\n'
        + _service("web", more='configs=[{"source": blob}, {"source": mixed}]'),
    ),
    "hundred": Scenario(_hundred(0), _hundred(1)),
    "odd-names": Scenario(_odd("1"), _odd("2")),
    "injection": Scenario(_nasty(_NASTY_1, 1), _nasty(_NASTY_2, 2)),
    "modes": Scenario(
        _HEAD
        + _service("everywhere", replicas=None, deploy='"mode": "global"')
        + _service("becomes-global")
        + _service("one-at-a-time", replicas=4)
        + _service("two-at-a-time", replicas=4, deploy='"update_config": {"parallelism": 2}')
        + _service("labels-only", deploy='"labels": {"a": "1"}')
        + _service("scaled-down", replicas=3),
        _HEAD
        + _service("everywhere", image="bb:2", replicas=None, deploy='"mode": "global"')
        + _service("becomes-global", replicas=None, deploy='"mode": "global"')
        + _service("one-at-a-time", image="bb:2", replicas=4)
        + _service("two-at-a-time", image="bb:2", replicas=4, deploy='"update_config": {"parallelism": 2}')
        + _service("labels-only", deploy='"labels": {"a": "2"}')
        + _service("scaled-down", replicas=1),
    ),
    "adoption": Scenario(
        "",
        _HEAD
        + 'net = swarm.Network("old-net", adopt=True)\n'
        + _service("legacy", more='networks=[net], adopt=True, environment={"MODE": "live"}'),
        meanwhile=_stack_by_docker,
    ),
    "warnings": Scenario(
        _HEAD + _service("db", replicas=1, more='volumes=["data:/data"]'),
        _HEAD
        + f"app = swarm.Config('app', data='user = me\\npassword = {CANARY}\\n')\n"
        + _service("db", replicas=1, more='volumes=["data-2:/data"], configs=[{"source": app}]')
        + _service(
            "lost", replicas=1, more="wait=False", deploy='"placement": {"constraints": ["node.labels.x == 1"]}'
        ),
    ),
    "job": Scenario(
        _HEAD + 'swarm.Service("migrate", image="bb:1", resolve_image="never", command=["true"], '
        'deploy={"mode": "replicated-job", "replicas": 1})\n',
        _HEAD + 'swarm.Service("migrate", image="bb:2", resolve_image="never", command=["true"], '
        'deploy={"mode": "replicated-job", "replicas": 1})\n',
        goes=False,
    ),
}
