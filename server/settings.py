"""Settings from environment variables, or from the TOML file that `EVTRUST_CONFIG` names.

A variable `EVTRUST_LISTEN` is the key `listen` in the file; the environment wins.
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from foundation.errors import Kind, ServiceError
from foundation.public_address import Network

_PREFIX = "EVTRUST_"
_DEFAULT_HOME = "var"
_DEFAULT_LISTEN = "127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port to listen on."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator may choose.

    `home` is the state folder; `public_url` is what certificates carry as the OCSP address and
    tokens as their issuer, without trailing slash. `egress_networks` are addresses that outbound
    calls may reach although they are not public; to loopback among them without TLS.
    `revocation_hosts` are the foreign OCSP responders and CRL servers that may be asked, as
    `host:port`; `revocation_policy` says how, instead of the shipped policy.
    `autocharge_parsers_file` holds parser rules of one's own and binds rules to stations;
    `autocharge_compatibility_file` adds facts about vehicle models.
    `risk_rules` is a rule file of Autocharge instead of the shipped one; `risk_rules_candidate`
    one that is judged beside it and recorded, but decides nothing.
    `decision_policy` says how long decisions are kept instead of the shipped policy.
    `experimental_ed448` allows contracts for vehicles with Ed448 keys, whose key transport
    ISO 15118-20 leaves open.
    """

    home: Path
    database_url: str
    listen: Address
    management_listen: Address
    public_url: str
    workers: int
    threads: int
    key_passphrase_file: Path
    log_level: str
    experimental_ed448: bool
    trusted_proxies: tuple[Network, ...]
    egress_networks: tuple[Network, ...]
    revocation_hosts: frozenset[str]
    autocharge_parsers_file: Path | None = None
    autocharge_compatibility_file: Path | None = None
    risk_rules: Path | None = None
    risk_rules_candidate: Path | None = None
    decision_policy: Path | None = None
    revocation_policy: Path | None = None


def _fault(name: str, value: str, wanted: str) -> ServiceError:
    return ServiceError(
        Kind.INVALID, "bad_setting", f"{_PREFIX}{name.upper()}={value!r}: {wanted}", {name: wanted}
    )


def _address(name: str, text: str) -> Address:
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})", text)
    if match is None or not 0 < int(match[3]) < 65536:
        raise _fault(name, text, "write host:port, such as 127.0.0.1:8080 or [::1]:8080")
    return Address(match[1] or match[2], int(match[3]))


def _number(name: str, text: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
        raise _fault(name, text, f"write a whole number from {low} to {high}")
    return int(text)


def _switch(name: str, text: str) -> bool:
    if text.lower() not in {"yes", "no", "true", "false"}:
        raise _fault(name, text, "write yes or no")
    return text.lower() in {"yes", "true"}


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise _fault(
            "public_url", text, "write an http or https address, such as https://id.example"
        )
    return text.rstrip("/")


def _networks(name: str, text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as failure:
        raise _fault(
            name, text, "write networks such as 10.0.0.0/8, ::1/128, comma-separated"
        ) from failure


def _hosts(name: str, text: str) -> frozenset[str]:
    """Hosts in lower case, each with its port: 80 where none is named."""
    hosts = [part.strip().lower() for part in text.split(",") if part.strip()]
    with_port = [host if re.search(r":[0-9]+$", host) else f"{host}:80" for host in hosts]
    if any(re.fullmatch(r"[a-z0-9.-]+:[0-9]{1,5}", host) is None for host in with_port):
        raise _fault(name, text, "write hosts such as ocsp.example:8080, comma-separated")
    return frozenset(with_port)


def _file(text: str | None) -> Path | None:
    return Path(text).absolute() if text else None


def _from_file(path: Path) -> dict[str, str]:
    try:
        content = tomllib.loads(path.read_text())
    except OSError as failure:
        raise ServiceError(
            Kind.INVALID, "config_unreadable", f"cannot read {path}, named by EVTRUST_CONFIG"
        ) from failure
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise ServiceError(
            Kind.INVALID, "config_malformed", f"{path} is no TOML: {failure}"
        ) from failure
    return {key: str(value) for key, value in content.items()}


_NAMES = frozenset(
    {
        "home",
        "database_url",
        "listen",
        "management_listen",
        "public_url",
        "workers",
        "threads",
        "key_passphrase_file",
        "log_level",
        "experimental_ed448",
        "trusted_proxies",
        "egress_networks",
        "revocation_hosts",
        "revocation_policy",
        "autocharge_parsers_file",
        "autocharge_compatibility_file",
        "risk_rules",
        "risk_rules_candidate",
        "decision_policy",
    }
)


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Parse the settings once; a value that cannot be meant is refused with what to write.

    Raises ServiceError INVALID: `bad_setting`, `unknown_setting`, `config_unreadable`,
    `config_malformed`.
    """
    variables = os.environ if environment is None else environment
    config = variables.get("EVTRUST_CONFIG")
    values = _from_file(Path(config)) if config else {}
    unknown = set(values) - _NAMES
    if unknown:
        raise ServiceError(
            Kind.INVALID,
            "unknown_setting",
            f"no such setting in {config}: {', '.join(sorted(unknown))}; "
            f"known are {', '.join(sorted(_NAMES))}",
        )
    for name in _NAMES:
        text = variables.get(_PREFIX + name.upper())
        if text:
            values[name] = text

    home = Path(values.get("home", _DEFAULT_HOME)).absolute()
    listen = _address("listen", values.get("listen", _DEFAULT_LISTEN))
    management = (
        _address("management_listen", values["management_listen"])
        if "management_listen" in values
        else (listen if listen.is_loopback else Address("127.0.0.1", 9080))
    )
    if management == listen and not listen.is_loopback:
        raise _fault(
            "management_listen", str(management), "metrics and docs need an address of their own"
        )
    log_level = values.get("log_level", "info").lower()
    if log_level not in {"debug", "info", "warning", "error"}:
        raise _fault("log_level", log_level, "write debug, info, warning or error")
    return Settings(
        home=home,
        database_url=values.get("database_url", f"sqlite:///{home / 'evtrust.sqlite'}"),
        listen=listen,
        management_listen=management,
        public_url=_public_url(values.get("public_url", f"http://{listen}")),
        workers=_number("workers", values.get("workers", "2"), 1, 256),
        threads=_number("threads", values.get("threads", "16"), 1, 64),
        key_passphrase_file=Path(
            values.get("key_passphrase_file", str(home / "key-passphrase"))
        ).absolute(),
        log_level=log_level,
        experimental_ed448=_switch("experimental_ed448", values.get("experimental_ed448", "no")),
        trusted_proxies=_networks("trusted_proxies", values.get("trusted_proxies", "")),
        egress_networks=_networks("egress_networks", values.get("egress_networks", "")),
        revocation_hosts=_hosts("revocation_hosts", values.get("revocation_hosts", "")),
        autocharge_parsers_file=_file(values.get("autocharge_parsers_file")),
        autocharge_compatibility_file=_file(values.get("autocharge_compatibility_file")),
        risk_rules=_file(values.get("risk_rules")),
        risk_rules_candidate=_file(values.get("risk_rules_candidate")),
        decision_policy=_file(values.get("decision_policy")),
        revocation_policy=_file(values.get("revocation_policy")),
    )
