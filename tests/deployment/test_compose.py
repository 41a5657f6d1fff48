"""The recipe of the site: who is reachable, who waits for whom, what is secret, what is kept."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from nanococoa import settings as site

from .compose_file import ROOT, NotSet, filled_in, read_compose

NAMED = {"ALLOWED_HOSTS": "ads.example.com", "SITE_URL": "https://ads.example.com"}
COMPOSE = read_compose(**NAMED)
SERVICES = COMPOSE["services"]
ONCE = {"migrate"}
OURS = {"web", "worker-studio", "worker-gpu", "mcp", "migrate"}


def test_only_the_web_and_the_mcp_server_are_published():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"web", "mcp"}
    assert not any("network_mode" in service for service in SERVICES.values())
    assert COMPOSE["networks"]["inner"]["internal"] is True
    assert SERVICES["redis"]["networks"] == SERVICES["postgres"]["networks"] == ["inner"]
    # Without a word to the contrary plain http stays on the machine, where the TLS proxy is.
    assert all(address.startswith("127.0.0.1:") for address in SERVICES["web"]["ports"])
    assert SERVICES["mcp"]["ports"] == ["127.0.0.1:3000:3000"]


def test_every_lasting_service_has_a_health_check_and_is_started_again():
    for name in SERVICES.keys() - ONCE:
        check = SERVICES[name]["healthcheck"]
        assert check["test"][0] in ("CMD", "CMD-SHELL"), name
        assert {"interval", "timeout", "retries", "start_period"} <= check.keys(), name
        assert SERVICES[name]["restart"] == "unless-stopped", name


def test_who_waits_for_whom_waits_for_health():
    for name in OURS:
        for other, how in SERVICES[name]["depends_on"].items():
            done = "service_completed_successfully"
            assert how["condition"] == (done if other in ONCE else "service_healthy"), name
    for name in ("web", "worker-studio", "worker-gpu"):
        assert SERVICES[name]["depends_on"].keys() == {"postgres", "redis", "migrate"}
    assert SERVICES["mcp"]["depends_on"].keys() == {"web"}


def test_secrets_are_files_and_whoever_reads_one_is_given_it():
    for name, service in SERVICES.items():
        told = service.get("environment", {})
        read = {v.removeprefix("/run/secrets/") for k, v in told.items() if k.endswith("_FILE")
                and v.startswith("/run/secrets/")}  # fmt: skip
        given = set(service.get("secrets", []))
        assert read <= given, name
        assert given <= COMPOSE["secrets"].keys(), name
        for key in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "OPENAI_API_KEY", "EMAIL_URL"):
            assert key not in told, name
    assert "secrets" not in SERVICES["mcp"]
    assert all("file" in secret for secret in COMPOSE["secrets"].values())


def test_the_gpu_worker_alone_reserves_a_gpu_and_only_where_it_is_asked_for():
    gpu = SERVICES["worker-gpu"]
    devices = gpu["deploy"]["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "device_ids": ["0"], "capabilities": ["gpu"]}]
    assert gpu["profiles"] == ["gpu"]
    assert gpu["environment"]["PYTORCH_CUDA_ALLOC_CONF"] == "expandable_segments:True"
    assert {"DEVICE", "AUTO_UNLOAD_DEFAULT", "HF_HOME"} <= gpu["environment"].keys()
    assert not any("deploy" in SERVICES[name] for name in SERVICES.keys() - {"worker-gpu"})


def test_what_is_to_last_lies_in_named_volumes():
    mounted = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", [])}
    assert mounted == COMPOSE["volumes"].keys()
    assert {"media", "models", "logs", "postgres", "redis"} <= mounted
    for name in ("web", "worker-studio", "worker-gpu"):
        assert "media:/data/media" in SERVICES[name]["volumes"]
        folder = SERVICES[name]["environment"]["LOG_FILE"].rpartition("/")[0]
        assert f"logs:{folder}" in SERVICES[name]["volumes"]


def test_what_a_worker_compiles_lies_where_it_may_be_executed():
    gpu = SERVICES["worker-gpu"]
    kept = Path(gpu["environment"]["TORCHINDUCTOR_CACHE_DIR"])
    # An engine mounts tmpfs without the right to execute; volumes have it.
    assert gpu["tmpfs"] == ["/tmp"]
    mounted = {Path(volume.split(":")[1]) for volume in gpu["volumes"]}
    assert mounted & {kept, *kept.parents}


def test_what_the_documents_let_one_set_reaches_the_services():
    rows = (ROOT / "docs" / "deployment.md").read_text().partition("## Settings")[2]
    first = re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE)
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", " ".join(first)))
    assert len(named) > 20
    told = (ROOT / "compose.yaml").read_text()
    assert [name for name in named if f"${{{name}" not in told] == ["COMPOSE_PROFILES"]


def test_a_site_without_a_name_does_not_start():
    with pytest.raises(NotSet, match="ALLOWED_HOSTS"):
        read_compose()


def test_variables_are_filled_in_as_an_engine_does():
    told = {"A": "1", "EMPTY": ""}
    assert filled_in("${A} ${B:-two} ${EMPTY:-3} ${B:-${A}} $${A}", told) == "1 two 3 1 ${A}"


def test_all_engines_of_our_services_are_built_by_the_dockerfile():
    stages = re.findall(r"^FROM \S+ AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {SERVICES[name]["build"]["target"] for name in OURS} <= set(stages)


def test_images_run_as_nobody_in_particular_and_base_images_have_versions():
    recipe = (ROOT / "Dockerfile").read_text()
    for stage in ("web", "studio", "gpu"):
        part = recipe.split(f" AS {stage}\n")[1].split("\nFROM ")[0]
        assert re.search(r"^USER 10001:10001$", part, re.MULTILINE), stage
    images = [re.search(r"^ARG PYTHON=(\S+)$", recipe, re.MULTILINE)[1]]
    images += [SERVICES[name]["image"] for name in ("redis", "postgres")]
    assert all(re.search(r":\d+\.\d+", image) for image in images), images


def test_the_image_takes_in_what_the_site_is_made_of_and_nothing_secret():
    taken = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"
    for name in taken:
        assert (ROOT / name).exists(), name
    for app in ("accounts", "campaigns", "generation", "nanococoa", "templates", "static"):
        assert app in taken
    assert not {".env", "data", "secrets", ".git", "tests"} & set(taken)


def test_the_example_environment_names_what_compose_asks_for():
    example = (ROOT / ".env.example").read_text()
    offered = set(re.findall(r"^#? ?([A-Z][A-Z_0-9]+)=", example, re.MULTILINE))
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert asked - offered == set()
    unset = {"COMPOSE_PROFILES"}
    assert offered - asked - unset == set()


def test_secrets_and_data_of_a_deployment_are_not_committed():
    told = ["git", "check-ignore", "secrets/secret_key", ".env", "data/db.sqlite3"]
    done = subprocess.run(told, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == told[2:]


def test_engines_are_named_as_the_settings_know_them():
    raw = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert raw["services"]["worker-gpu"]["command"][-1] in site.ENGINES
    assert raw["services"]["worker-studio"]["command"][-1] in site.ENGINES
