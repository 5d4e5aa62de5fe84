"""What `adopt` writes of stacks that docker would not have made so."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from swarm_provider.cli.export.stack_export import Found, save
from swarm_provider.compose.write import Running
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import concise, from_spec, to_spec
from swarm_provider.errors import InputError


def found(*names: str) -> Found:
    """A stack `shop` with services of these names."""
    specs = {name: to_spec({"name": name, "namespace": "shop", "image": "nginx:1.27"}) for name in names}
    return Found(Running("shop", [concise(from_spec(effective(spec))) for spec in specs.values()]), specs, {})


def test_service_without_the_prefix_of_its_stack_is_left_out_of_the_file_and_told(tmp_path: Path) -> None:
    told = save(found("shop_web", "web"), tmp_path, python=False)
    assert list(yaml.safe_load((tmp_path / "shop.yml").read_text())["services"]) == ["web"]
    [note] = [line for line in told if line.startswith("note: a compose file cannot contain")]
    assert "the service 'web'" in note
    assert "--python adopts it" in note


def test_stack_without_a_service_of_its_prefix_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="use --python"):
        save(found("web", "db"), tmp_path, python=False)
    assert list(tmp_path.iterdir()) == []


def test_program_has_services_with_and_without_the_prefix(tmp_path: Path) -> None:
    save(found("shop_web", "web"), tmp_path, python=True)
    text = (tmp_path / "shop.py").read_text()
    compile(text, "shop.py", "exec")
    assert "name='shop_web'" in text and "name='web'" in text
    assert text.count("swarm.Service('shop-web'") == 1
