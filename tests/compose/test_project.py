"""What docker refuses and the compose-spec allows; what neither can mean; what surprises."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import Dependency, Project, Ref, load, project_name
from swarm_provider.convert.service.spec import to_spec
from swarm_provider.errors import InputError
from tests.compose import cases
from tests.compose.conftest import Reader


def inputs(project: Project, name: str = "web") -> dict[str, Any]:
    return project.services[name].inputs


def warnings(project: Project) -> list[str]:
    return [str(warning) for warning in project.warnings]


# ------------------------------------------------------- the public form


def test_project_has_services_objects_and_their_places(read: Reader) -> None:
    project = read(
        "services:\n  web:\n    image: bb\n    networks: [net]\n    volumes: [data:/d]\n    configs: [app]\n"
        "networks:\n  net:\n  unused:\nvolumes:\n  data:\nconfigs:\n  app:\n    content: x\n"
    )
    web = project.services["web"]
    assert (web.key, Path(web.file).name, web.line) == ("web", "1.yml", 2)
    assert web.inputs["name"] == "shop_web"
    assert web.inputs["namespace"] == "shop"
    assert web.inputs["networks"] == [{"name": Ref("network", "net"), "aliases": ["web"]}]
    assert web.inputs["configs"] == [{"source": Ref("config", "app"), "target": "app"}]
    assert web.inputs["volumes"][0]["source"] == Ref("volume", "data")
    assert list(project.networks) == ["net"]
    assert (project.networks["net"].name, project.networks["net"].line) == ("shop_net", 8)
    assert project.configs["app"].inputs == {"baseName": "shop_app", "namespace": "shop", "data": "x"}
    assert project.volumes["data"].inputs == {"name": "shop_data", "namespace": "shop"}


def test_external_objects_have_their_name_only(read: Reader) -> None:
    project = read(
        "services: {web: {image: bb, networks: [a], secrets: [b]}}\n"
        "networks: {a: {external: true, name: other}}\nsecrets: {b: {external: true}, unused: {external: true}}\n"
    )
    assert project.networks["a"].external
    assert project.networks["a"].inputs == {"name": "other"}
    assert {key: entry.name for key, entry in project.secrets.items()} == {"b": "b"}


def test_content_is_text_or_base64(read: Reader) -> None:
    text = "services: {web: {image: bb}}\nconfigs: {t: {file: t}, b: {file: b}}"
    project = read(text, side={"t": "hällo\n", "b": b"\x00\xff"})
    assert project.configs["t"].inputs["data"] == "hällo\n"
    assert project.configs["b"].inputs["dataBase64"] == "AP8="


def test_name_of_the_file_is_found_and_substituted(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text('name: "shop-${X}"\nservices: {web: {image: bb}}')
    assert project_name([path], {"X": "1"}) == "shop-1"
    assert load([path], stack="other", env={"X": "1"}).name == "shop-1"
    path.write_text("services: {web: {image: bb}}")
    assert project_name([path], {}) is None


def test_content_of_bound_secret_is_not_read(read: Reader) -> None:
    text = "services: {web: {image: bb, secrets: [key]}}\nsecrets: {key: {file: not-there}}"
    with pytest.raises(InputError, match="does not exist"):
        read(text)
    assert "data" not in read(text, bound={"secret": ["key"]}).secrets["key"].inputs


# ------------------------------------------------- what the compose-spec adds


def test_profiles_choose_services(read: Reader) -> None:
    text = "services: {web: {image: bb}, debug: {image: bb, profiles: [debug, all]}}"
    assert list(read(text).services) == ["web"]
    assert list(read(text, profiles=["all"]).services) == ["debug", "web"]
    assert list(read(text, profiles=["*"]).services) == ["debug", "web"]


def test_long_depends_on_has_conditions(read: Reader) -> None:
    project = read(
        "services: {web: {image: bb, depends_on: {db: {condition: service_healthy, restart: true},"
        " job: {condition: service_completed_successfully, required: false}}}, db: {image: bb}, job: {image: bb}}"
    )
    assert project.services["web"].depends_on == {
        "db": Dependency("service_healthy", required=True),
        "job": Dependency("service_completed_successfully", required=False),
    }


def test_condition_that_cannot_come_true_or_has_no_effect_is_told(read: Reader) -> None:
    text = "services: {web: {image: bb, depends_on: {job: {condition: service_completed_successfully}}}, "
    text += "job: {image: bb%s}}"
    assert "the service 'job' never completes" in warnings(read(text % ""))[0]
    for once in ("{mode: global-job}", "{restart_policy: {condition: none}}"):
        assert not read(text % f", deploy: {once}").warnings
    restart = read(
        "services: {web: {image: bb, depends_on: {db: {condition: service_started, restart: true}}}, db: {image: bb}}"
    )
    assert "services.web.depends_on.db.restart: Swarm does not restart" in warnings(restart)[0]


def test_dependency_on_a_missing_service_is_told(read: Reader) -> None:
    text = "services: {web: {image: bb, depends_on: %s}, data: {image: bb, profiles: [x]}}"
    assert "'dat' does not exist; did you mean 'data'?" in warnings(read(text % "[dat]"))[0]
    with pytest.raises(InputError, match="in no active profile"):
        read(text % "{data: {condition: service_started}}")


def test_dependency_cycle_is_an_error_or_ignored_as_docker_does(read: Reader) -> None:
    short = read("services: {a: {image: bb, depends_on: [b]}, b: {image: bb, depends_on: [a]}}")
    assert not short.services["a"].depends_on
    assert "dependency cycle" in warnings(short)[0]
    with pytest.raises(InputError, match="dependency cycle"):
        read("services: {a: {image: bb, depends_on: {a: {condition: service_started}}}}")


def test_long_env_file_is_read_in_the_format_of_the_compose_spec(read: Reader) -> None:
    side = {"e": "A=\"x\\ny ${B}\"\nB='$$ raw' # note\nC=plain # note\nexport D=1\nE: 2\n", "raw": 'A="q"\n'}
    text = "services: {web: {image: bb, env_file: [%s]}}"
    assert inputs(read(text % "{path: e}", side=side, env={"B": "b"}))["environment"] == {
        "A": "x\ny b",
        "B": "$$ raw",
        "C": "plain",
        "D": "1",
        "E": "2",
    }
    assert inputs(read(text % "{path: raw, format: raw}", side=side))["environment"] == {"A": '"q"'}
    assert "environment" not in inputs(read(text % "{path: gone, required: false}"))
    with pytest.raises(InputError, match=r"gone does not exist"):
        read(text % "{path: gone}")


def test_content_comes_from_text_or_variable(read: Reader) -> None:
    project = read(
        'services: {web: {image: bb}}\nconfigs: {a: {content: "x ${V}"}, b: {environment: V}}\n'
        "secrets: {c: {environment: V}}",
        env={"V": "value"},
    )
    assert [entry.inputs["data"] for entry in (*project.configs.values(), *project.secrets.values())] == [
        "x value",
        "value",
        "value",
    ]


def test_values_may_be_numbers_texts_or_booleans_as_the_compose_spec_allows(read: Reader) -> None:
    project = read(
        """
        version: 3.8
        services:
          web:
            image: bb
            environment: {YES: true, NO: false}
            init: "true"
            ports: [{target: "80", published: "8080", name: http}]
            deploy: {resources: {limits: {cpus: 0.5, memory: 100M}}, x-note: a}
            healthcheck: {test: "true", x-note: b}
            configs: [{source: c, target: /c, mode: "0440"}]
            command: null
            ulimits: {nofile: "5"}
        configs: {c: {content: x}}
        """
    )
    web = inputs(project)
    assert web["environment"] == {"YES": "true", "NO": "false"}
    assert web["init"] is True
    assert web["ports"] == [{"target": 80, "published": 8080, "name": "http"}]
    assert web["deploy"] == {"resources": {"limits": {"cpus": "0.5", "memory": "100M"}}}
    assert project.services["web"].inputs["configs"][0]["mode"] == 0o440
    assert "command" not in web
    assert web["ulimits"] == {"nofile": {"soft": 5, "hard": 5}}


def test_keys_of_the_compose_spec_go_where_swarm_has_them(read: Reader) -> None:
    web = inputs(
        read(
            "services: {web: {image: bb, scale: 3, cpus: 1.5, mem_reservation: 50M, pids_limit: 9, group_add: [adm, 5],"
            " dns_opt: [debug], label_file: l, labels: {b: own}}}",
            side={"l": "a=1\nb=2\n"},
        )
    )
    assert web["deploy"] == {
        "replicas": 3,
        "resources": {"limits": {"cpus": "1.5", "pids": 9}, "reservations": {"memory": "50M"}},
    }
    assert (web["groupAdd"], web["dnsOpt"], web["labels"]) == (["adm", "5"], ["debug"], {"a": "1", "b": "own"})


def test_networks_may_have_more_than_docker_takes(read: Reader) -> None:
    project = read(
        "services: {web: {image: bb, networks: [n]}}\nnetworks: {n: {enable_ipv6: true, ipam: {config:"
        " [{subnet: 10.9.0.0/24, gateway: 10.9.0.1, ip_range: 10.9.0.0/25, aux_addresses: {a: 10.9.0.5}}]}}}"
    )
    assert project.networks["n"].inputs["enableIpv6"] is True
    assert project.networks["n"].inputs["ipam"]["config"] == [
        {
            "subnet": "10.9.0.0/24",
            "ipRange": "10.9.0.0/25",
            "gateway": "10.9.0.1",
            "auxAddresses": {"a": "10.9.0.5"},
        }
    ]


def test_x_pulumi_is_read_in_both_spellings(read: Reader) -> None:
    text = "services: {web: {image: bb, x-pulumi: {%s}}}"
    project = read(
        text % "ignoreChanges: [deploy.replicas], protect: true, wait: false, custom_timeouts: {create: 10m}"
    )
    assert project.services["web"].x_pulumi == {
        "ignore_changes": ["deploy.replicas"],
        "protect": True,
        "wait": False,
        "custom_timeouts": {"create": "10m"},
    }
    with pytest.raises(InputError, match=r"x-pulumi\.protct: unknown key 'protct'; did you mean 'protect'"):
        read(text % "protct: true")


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("{image: bb, imagee: x}", "services.web.imagee: unknown key 'imagee'; did you mean 'image'?"),
        ("{image: bb, mem_limit: 5m}", "set deploy.resources.limits.memory"),
        ("{image: bb, extends: x}", "the service 'x' does not exist in this file"),
        ("{build: .}", "'image' is missing; Swarm does not build images"),
        ("{image: BB}", "must be lowercase"),
        ("{image: bb, networks: [dta]}", "the network 'dta' is not declared"),
        (
            "{image: bb, volumes: ['dta:/x']}",
            "the volume 'dta' is not declared in the top-level 'volumes'; did you mean 'data'?",
        ),
        ("{image: bb, secrets: [gone]}", "the secret 'gone' is not declared"),
        ("{image: bb, configs: [c, {source: c}]}", "two configs have the target 'c'"),
        ("{image: bb, deploy: {mode: global, replicas: 2}}", "a global service cannot have replicas"),
        ("{image: bb, deploy: {mode: globl}}", "did you mean 'global'?"),
        ("{image: bb, deploy: {mode: replicated-job, update_config: {}}}", "a job cannot have an update_config"),
        ("{image: bb, deploy: {endpoint_mode: dnsrr}, ports: [80]}", "need endpoint_mode vip"),
        ("{image: bb, healthcheck: {test: x, disable: true}}", "mutually exclusive"),
        ("{image: bb, restart: sometimes}", "must be 'no', always, unless-stopped or on-failure"),
        ("{image: bb, credential_spec: {file: x, registry: y}}", "only one of config, file and registry"),
        ("{image: bb, volumes: [{type: tmpfs, source: x, target: /t}]}", "a tmpfs has no source"),
        ("{image: bb, volumes: [{type: bind, target: /t}]}", "needs a source"),
        ("{image: bb, volumes: ['data:/x:rslave']}", "is an option of paths"),
        ("{image: bb, volumes: ['/a:/x', '/b:/x']}", "two mounts have the target '/x'"),
        ("{image: bb, ports: ['80:80', '80:81']}", "80/tcp is published twice"),
        ("{image: bb, ports: ['1-2:1-3']}", "different lengths"),
        ("{image: bb, ports: [{target: 80, published: '1-5'}]}", "cannot choose from a range"),
        ("{image: bb, stop_grace_period: 90}", "services.web.stop_grace_period: must be a string, not the number 90"),
        ("{image: bb, stop_grace_period: '90'}", "'90' is not a duration"),
        ('{image: bb, command: "a \'b"}', "a quote is not closed"),
        ("{image: bb, command: [echo, 2024-01-02]}", "is read as a date; put it in quotes"),
        ("{image: bb, user: 1000}", "put it in quotes"),
        ("{image: bb, scale: 2, deploy: {replicas: 3}}", "'scale' and deploy.replicas differ"),
        ("{image: bb, deploy: {placement: {constraints: [node.role]}}}", "has no operator"),
        ("{image: bb, deploy: {resources: {limits: {memory: 1M}}}}", "at least 4 MiB"),
        ("{image: bb, environment: {'A[B': '{{.foo}}'}}", "of 'A[B' as a template, and this one is invalid"),
        ("{image: bb, env_file: gone.env}", "does not exist"),
        ("{image: bb, env_file: export.env}", "without 'export'"),
    ],
)
def test_service_that_cannot_work_is_an_error_with_file_line_and_path(read: Reader, service: str, words: str) -> None:
    text = f"services:\n  web:\n    {service}\nvolumes: {{data: }}\nconfigs: {{c: {{content: x}}}}\n"
    with pytest.raises(InputError) as caught:
        read(text, side={"export.env": "export A=1\n"})
    assert words in str(caught.value)
    assert all(problem.file.endswith("1.yml") and problem.line in (2, 3) for problem in caught.value.problems)
    assert all(problem.path.startswith("services.web") for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("configs: {c: {}}", "the content is missing"),
        ("configs: {c: {content: ''}}", "Docker refuses an empty config"),
        ("configs: {c: {content: x, environment: Y}}", "only one of content, environment"),
        ("configs: {c: {file: .}}", "cannot be read"),
        ("secrets: {c: {environment: GONE}}", "the variable GONE, which holds the content, is not set"),
        ("secrets: {c: {driver: d, file: x}}", "'driver' and 'file' conflict"),
        ("volumes: {c: {external: true, driver: local}}", "'driver' is not allowed for an external volume"),
        ("networks: {c: {external: {name: a}, name: b}}", "conflict; set 'name' only"),
        ("volumes: {c: {drivr: x}}", "did you mean 'driver'?"),
        ("include: [a.yml]", "a.yml does not exist"),
        ("volums: {}", "did you mean 'volumes'?"),
        ("configs: {c: {content: x, name: 'a b'}}", "'a b' cannot be the name of a config"),
    ],
)
def test_section_that_cannot_work_is_an_error_with_line(read: Reader, section: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"services: {{web: {{image: bb}}}}\n{section}\n")
    assert words in str(caught.value)
    assert {problem.line for problem in caught.value.problems} == {2}


def test_config_that_is_too_large_is_an_error(read: Reader) -> None:
    with pytest.raises(InputError, match="1024001 bytes; the maximum for a config is 1023999"):
        read("services: {web: {image: bb}}\nconfigs: {c: {file: c}}", side={"c": "x" * 1_024_001})


def test_all_problems_are_told_at_once(read: Reader) -> None:
    with pytest.raises(InputError) as caught:
        read("services:\n  a: {image: BB}\n  b: {image: bb, networks: [x]}\n  c: {image: bb, restart: y}\n")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]


def test_missing_file_is_an_error() -> None:
    with pytest.raises(InputError, match="the compose file does not exist"):
        load(["not-there.yml"], stack="s", env={})


# ---------------------------------------------------------------- warnings


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("build: .", "services.web.build: Swarm does not build images"),
        ("container_name: x", "services.web.container_name"),
        ("network_mode: host", "declare an external network named 'host'"),
        ("links: [web]", "services.web.links"),
        ("tmpfs: /run", "a long form entry of type tmpfs"),
        ("privileged: true", "cannot run privileged"),
        ("volumes: ['v:/data']", "anonymous volume at the Windows path 'v:/data'"),
        (
            "volumes: [{type: bind, source: /x, target: /x, bind: {create_host_path: true}}]",
            "volumes[0].bind.create_host_path",
        ),
        ("environment: {V: 1.10}", "docker reads 1.10 as '1.1'"),
        ("environment: {V: 0755}", "docker reads 0755 as '493'"),
        ("environment: {V: 2024-01-02}", "as '2024-01-02 00:00:00 +0000 UTC'"),
        ("environment: {V: '$A-rest'}", "write ${A}"),
        ("environment: {V: '${A:?must-be}'}", "remove the '-'"),
        ("environment: {V: '${A:-${B}}'}", "write the default as a plain string"),
        ("environment: {V: '${NONE}'}", "the variable NONE is not set"),
        ("ports: ['127.0.0.1:80:80']", "drops the address 127.0.0.1"),
        ("ports: [{target: 80, host_ip: 127.0.0.1}]", "ports[0].host_ip"),
        ("configs: [{source: c, target: rel}]", "mounted as /rel"),
        ("networks: {default: {ipv4_address: 10.0.0.5}}", "networks.default.ipv4_address"),
        ("deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}", "use generic_resources"),
        ("extra_hosts: [nothing]", "drops an entry without an address"),
        ("volumes: ['data:/c:noexec']", "the mount option 'noexec' has no effect: docker does not support it"),
        ("volumes: ['data:/c:rox']", "docker does not support it; did you mean 'ro'?"),
        ("volumes: ['data:/c:r']", "the mount option 'r' has no effect"),
        ("volumes: ['/a:/c:ro,z']", "the mount option 'z' has no effect: Swarm does not change SELinux labels"),
        ("volumes: ['/a:/c:cached']", "a hint for Docker Desktop"),
        ("volumes: ['data:/c,ro']", "the mount option 'ro' has no effect: it follows a comma"),
        ("volumes: [{type: volume, source: v, target: '/c,rslave'}]", "use a colon before it"),
        ("configs: [{source: c, mode: 444}]", "reads 444 as a decimal number, which is the mode 0674; write 0444"),
        ("configs: [{source: c, mode: 600}]", "which is the mode 01130; write 0600"),
        ("configs: [{source: c, mode: '${MODE:-440}'}]", "docker reads the value of '${MODE:-440}' as a decimal"),
        ("environment: {'${A}': x}", "variables in keys are not substituted"),
        ("labels: {'a.$A.b': x}", "services.web.labels.a.$A.b: variables in keys are not substituted"),
        ("isolation: hypervv", "docker falls back to 'default', as 'hypervv' is not valid"),
        ("labels: {com.docker.stack.namespace: x}", "docker sets the label com.docker.stack.namespace itself"),
    ],
)
def test_what_has_no_effect_or_surprises_is_a_warning_and_with_strict_an_error(
    read: Reader, service: str, words: str
) -> None:
    text = (
        f"services:\n  web:\n    image: bb\n    {service}\nconfigs: {{c: {{content: x}}}}\nvolumes: {{v: , data: }}\n"
    )
    project = read(text, env={"A": "a"})
    assert any(words in warning and ":4: services.web." in warning for warning in warnings(project))
    with pytest.raises(InputError) as caught:
        read(text, env={"A": "a"}, strict=True)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "service",
    [
        "volumes: ['data:/c:ro', '/a:/c2:rw,rslave', 'data:/c3:nocopy', '/a,ro:/c4', '/c5,x']",
        "configs: [{source: c, mode: 0444}, {source: c, target: /a, mode: 0o600}, {source: c, target: /b, mode: 292}]",
        "configs: [{source: c, mode: '444'}, {source: c, target: /a, mode: 256}, {source: c, target: /b, mode: 7}]",
        "x-mine: {'${A}': x}",
        "environment: {A: '$$x'}",
    ],
)
def test_what_is_meant_as_it_is_written_draws_no_warning(read: Reader, service: str) -> None:
    text = (
        f"services:\n  web:\n    image: bb\n    {service}\nconfigs: {{c: {{content: x}}}}\nvolumes: {{v: , data: }}\n"
    )
    assert warnings(read(text)) == []


def test_template_that_swarm_refuses_is_an_error_with_file_and_line(read: Reader) -> None:
    text = (
        "services:\n  db: {image: bb}\n  mon:\n    image: bb\n    environment:\n"
        "      QUERY: \"select * from t where env='{{index .env 0}}'\"\n      NODE: '{{.Node.Hostname}}'\n"
    )
    with pytest.raises(InputError) as caught:
        read(text)
    (problem,) = caught.value.problems
    assert problem.line == 5 and "of 'QUERY'" in problem.message and "index .env" not in problem.message
    assert read(text.replace("{{index .env 0}}", '{{\\"{{index .env 0}}\\"}}')).services["mon"]


def test_options_and_modes_that_draw_a_warning_stay_what_docker_makes_of_them(read: Reader) -> None:
    project = read(
        "services: {web: {image: bb, volumes: ['data:/c:rox', 'data:/d,ro'], configs: [{source: c, mode: 444}]}}\n"
        "configs: {c: {content: x}}\nvolumes: {v: , data: }\n"
    )
    first, second = inputs(project)["volumes"]
    assert (first["target"], "readOnly" in first, second["target"]) == ("/c", False, "/d,ro")
    assert inputs(project)["configs"][0]["mode"] == 444


def test_port_of_two_services_is_an_error_unless_nodes_have_one_each(read: Reader) -> None:
    text = "services: {a: {image: bb, ports: [%s]}, b: {image: bb, ports: [%s]}}"
    with pytest.raises(InputError, match=r"services\.b\.ports: port 80/tcp is published by service 'a' too"):
        read(text % ("'80:80'", "{target: 81, published: 80, mode: host}"))
    host = "{target: 80, published: 80, mode: host}"
    assert read(text % (host, host)).services
    assert read(text % ("'80:80'", "'80:80/udp'")).services


def test_ordinary_file_has_no_warnings(read: Reader) -> None:
    assert not read(
        "services: {web: {image: bb, environment: {A: 1, B: on, C: 1.5}, ports: ['80:80'], volumes: ['data:/d'],"
        " configs: [{source: c, target: /c}], depends_on: [db]}, db: {image: bb}}\n"
        "volumes: {data: }\nconfigs: {c: {content: x}}"
    ).warnings


# ------------------------------------------------------------------- speed


def test_500_services_are_read_and_converted_in_less_than_3_seconds(read: Reader) -> None:
    service = """
  s{n}:
    image: "app:${{TAG:-1}}"
    environment: {{A: "1", B: two, C: 3, D: "${{TAG}}"}}
    ports: ["{port}:80"]
    labels: {{a: b, c: d}}
    networks: [front, back]
    volumes: ["data:/data", "/etc/hosts:/etc/hosts:ro"]
    configs: [{{source: app, target: /app.json}}]
    secrets: [key]
    command: run --with "some words"
    healthcheck: {{test: [CMD, "true"], interval: 10s}}
    deploy:
      replicas: 2
      update_config: {{parallelism: 1, order: start-first}}
      resources: {{limits: {{cpus: "0.5", memory: 100M}}}}
      placement: {{constraints: [node.role == worker]}}
"""
    tail = "networks: {front: , back: }\nvolumes: {data: }\n"
    tail += "configs: {app: {content: x}}\nsecrets: {key: {environment: TAG}}\n"
    text = "services:" + "".join(service.format(n=n, port=8000 + n) for n in range(500)) + tail
    seconds = []
    for _ in range(3):
        start = time.process_time()
        project = read(text, env={"TAG": "2"})
        assert len(project.services) == 500
        for entry in project.services.values():
            to_spec(cases.resolved(entry.inputs, project))
        seconds.append(time.process_time() - start)
    # the processor's time, at its best: other processes on the machine are not the loader's fault
    assert min(seconds) < 3


def test_volume_of_the_cluster_is_read_from_dockers_own_key(read: Reader) -> None:
    text = """services:
  web:
    image: bb
    volumes: [{type: cluster, source: data, target: /d}, {type: cluster, source: 'group:fast', target: /g}]
volumes:
  data:
    driver: csi
    x-cluster-spec:
      group: fast
      access_mode: {scope: multi, sharing: all, mount_volume: {fs_type: ext4}}
      capacity_range: {required_bytes: 1g}
"""
    project = read(text)
    assert project.volumes["data"].inputs["clusterSpec"] == {
        "group": "fast",
        "accessMode": {"scope": "multi", "sharing": "all", "mountVolume": {"fsType": "ext4"}},
        "capacityRange": {"requiredBytes": "1g"},
    }
    assert [mount["source"] for mount in project.services["web"].inputs["volumes"]] == [
        Ref("volume", "data"),
        "group:fast",
    ]
    with pytest.raises(
        InputError, match=r"1\.yml:8: volumes\.data\.x-cluster-spec: .*access_mode\.scope: must be one of"
    ):
        read(text.replace("scope: multi", "scope: all"))
