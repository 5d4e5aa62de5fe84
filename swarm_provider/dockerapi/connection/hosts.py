"""Which hosts to try: the provider's inputs, DOCKER_HOST, docker contexts, the default socket.

Reads the docker CLI's configuration files (config.json, contexts/meta, contexts/tls) the way the CLI does; opens no
connection.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from swarm_provider.core.url import shown
from swarm_provider.dockerapi.connection.settings import ConnectionSettings, TlsFiles
from swarm_provider.errors import InputError

DEFAULT_SOCKET = "unix:///var/run/docker.sock"
DEFAULT_CONTEXT = "default"
_SCHEMES = ("unix", "tcp", "http", "https", "ssh", "npipe")
# ssh's configuration may hand both to a shell (ProxyCommand, Match exec)
_HOST: Final = re.compile(r"[\w.:%][\w.:%-]*")
_USER: Final = re.compile(r"\w[\w.+-]*\$?")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Endpoint:
    """One daemon to try.

    Attributes:
        url: its address, checked, without a password.
        tls: files for TLS, or None for none.
        origin: where the address comes from, for messages (`DOCKER_HOST`, `docker context 'prod'`).
    """

    url: str
    tls: TlsFiles | None
    origin: str

    @property
    def scheme(self) -> str:
        return self.url.partition("://")[0]

    def __str__(self) -> str:
        return shown(self.url)


def config_folder(settings: ConnectionSettings) -> Path:
    """Return the docker configuration's folder: given, else DOCKER_CONFIG, else `.docker` in the home folder."""
    given = settings.config_dir or settings.environ.get("DOCKER_CONFIG")
    if given:
        return Path(given).expanduser()
    home = settings.environ.get("HOME") or settings.environ.get("USERPROFILE")
    return (Path(home) if home else Path.home()) / ".docker"


def read_config(settings: ConnectionSettings) -> dict[str, Any]:
    """Return the docker configuration (`config.json`), {} when there is none.

    Raises:
        InputError: the file is there and cannot be read.
    """
    return _read_json(config_folder(settings) / "config.json", "docker configuration")


def endpoints(settings: ConnectionSettings) -> tuple[Endpoint, ...]:
    """Return the daemons to try, in order; at least one.

    Raises:
        InputError: an address, a context or its files cannot be used.
    """
    if settings.hosts:
        return tuple(_endpoint(url, settings.tls, "hosts", settings) for url in settings.hosts)
    if settings.host:
        return (_endpoint(settings.host, settings.tls, "host", settings),)
    if settings.context:
        return (_context(settings.context, f"docker context {settings.context!r}", settings),)
    from_environment = settings.environ.get("DOCKER_HOST")
    if from_environment:
        return (_endpoint(from_environment, settings.tls, "DOCKER_HOST", settings),)
    name = settings.environ.get("DOCKER_CONTEXT")
    if name:
        return (_context(name, f"docker context {name!r} of DOCKER_CONTEXT", settings),)
    current = str(read_config(settings).get("currentContext") or "")
    if current:
        return (_context(current, f"current docker context {current!r}", settings),)
    return (_context(DEFAULT_CONTEXT, "default socket", settings),)


def _endpoint(url: str, tls: TlsFiles | None, origin: str, settings: ConnectionSettings) -> Endpoint:
    checked = _check_url(url.strip(), origin)
    if checked.partition("://")[0] not in ("tcp", "http", "https"):
        return Endpoint(checked, None, origin)
    tls = tls or _tls_of_environment(settings)
    if tls is None and checked.startswith("https://"):
        tls = TlsFiles()
    if tls is not None:
        _check_files(tls, origin)
    return Endpoint(checked, tls, origin)


def _check_url(url: str, origin: str) -> str:
    wanted = "expected unix:///path, tcp://host:port or ssh://user@host"
    if "://" not in url:
        url = f"unix://{url}" if url.startswith("/") else f"tcp://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InputError(f"{origin}: not an address of a Docker daemon; {wanted}") from None
    if _CONTROLS.search(url):
        raise InputError(f"{origin}: the address has a line break or another control character; {wanted}")
    if parts.password is not None:
        # the address goes into messages and into ssh's arguments, where others can read it
        raise InputError(f"{origin}: a password is not allowed in an address; use ssh keys or TLS files")
    told = repr(shown(url))
    if parts.scheme not in _SCHEMES:
        raise InputError(f"{origin}: {told} has an unknown scheme {parts.scheme!r}; {wanted}")
    if parts.scheme == "unix":
        return url if parts.path.strip("/") or parts.netloc else DEFAULT_SOCKET
    if parts.scheme in ("tcp", "http", "https"):
        if not parts.hostname or port is None:
            raise InputError(f"{origin}: {told} needs a host and a port, such as tcp://10.0.0.1:2376")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise InputError(f"{origin}: {told} has more than a host and a port; {wanted}")
    if parts.scheme == "ssh":
        if not parts.hostname:
            raise InputError(f"{origin}: {told} has no host; {wanted}")
        if parts.query or parts.fragment:
            raise InputError(f"{origin}: {told} has more than a host, a port and a path; {wanted}")
    if parts.scheme in ("tcp", "http", "https", "ssh"):
        _check_names(parts, origin)
    return url


def _check_names(parts: SplitResult, origin: str) -> None:
    """Refuse a host or a user that no machine and no account is called."""
    if not _HOST.fullmatch(parts.hostname or ""):
        raise InputError(
            f"{origin}: invalid host name in the address: letters, digits, '.', '-' and '_' only, and no '-' at "
            "the beginning; for another one give it an alias in ~/.ssh/config"
        )
    if parts.username is not None and not _USER.fullmatch(unquote(parts.username)):
        raise InputError(
            f"{origin}: invalid user name in the address: letters, digits, '.', '-', '+' and '_' only, and no "
            "'-' at the beginning; for another one set User in ~/.ssh/config"
        )


def _tls_of_environment(settings: ConnectionSettings) -> TlsFiles | None:
    """Read DOCKER_TLS_VERIFY or DOCKER_TLS, with the files in DOCKER_CERT_PATH (or the configuration's folder)."""
    verify = bool(settings.environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not settings.environ.get("DOCKER_TLS"):
        return None
    folder = Path(settings.environ.get("DOCKER_CERT_PATH") or config_folder(settings)).expanduser()
    return _files_in(folder, verify)


def _files_in(folder: Path, verify: bool) -> TlsFiles:
    ca, cert, key = (
        str(folder / name) if (folder / name).is_file() else "" for name in ("ca.pem", "cert.pem", "key.pem")
    )
    return TlsFiles(ca, cert, key, verify)


def _check_files(tls: TlsFiles, origin: str) -> None:
    for what, file in (("ca", tls.ca_file), ("cert", tls.cert_file), ("key", tls.key_file)):
        if file and not Path(file).is_file():
            raise InputError(f"{origin}: the TLS {what} file {file!r} does not exist")
    if bool(tls.cert_file) != bool(tls.key_file):
        missing = "key" if tls.cert_file else "cert"
        raise InputError(f"{origin}: TLS needs a certificate and its key; the {missing} file is missing")
    if tls.key_file and b"ENCRYPTED" in Path(tls.key_file).read_bytes():
        # the TLS library would ask for the passphrase on a terminal, where nobody sees the question
        raise InputError(f"{origin}: the TLS key file {tls.key_file!r} has a passphrase; store it without one")


def _context(name: str, origin: str, settings: ConnectionSettings) -> Endpoint:
    if name == DEFAULT_CONTEXT:
        # the docker CLI's default context is DOCKER_HOST when that is set
        return _endpoint(settings.environ.get("DOCKER_HOST") or DEFAULT_SOCKET, settings.tls, origin, settings)
    store = config_folder(settings) / "contexts"
    key = hashlib.sha256(name.encode()).hexdigest()
    meta_file = store / "meta" / key / "meta.json"
    if not meta_file.is_file():
        raise InputError(f"{origin}: no such context in {store}; see `docker context ls`")
    docker = _mapping(_read_json(meta_file, origin), "Endpoints", "docker")
    host = docker.get("Host")
    skip_verify = bool(docker.get("SkipTLSVerify"))
    files = _files_in(store / "tls" / key / "docker", not skip_verify)
    url = _check_url(str(host or DEFAULT_SOCKET), origin)
    with_tls = skip_verify or files != TlsFiles() or url.startswith("https:")
    return Endpoint(url, files if with_tls and url.startswith(("tcp:", "http")) else None, origin)


def _mapping(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        inner = data.get(key)
        data = inner if isinstance(inner, dict) else {}
    return data


def _read_json(file: Path, what: str) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise InputError(f"{what}: {file} cannot be read: {why}") from None
    if not isinstance(data, dict):
        raise InputError(f"{what}: {file} cannot be read: it is not a JSON object")
    return data
