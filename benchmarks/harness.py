"""What every benchmark needs: the machine, the versions, and one JSON line a result."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

import psutil

_CHECKOUT = Path(__file__).parent.parent
_LIBRARIES = ("genesis-ray", "ray", "openvino", "torch", "ultralytics", "av", "lancedb", "numpy")
_MEMORY_INTERVAL_S = 0.5


def seconds_a_call(call: Callable[[], object], *, repeats: int, warmup: int = 1) -> list[float]:
    """Return how long each of `repeats` calls took, after some that do not count."""
    for _ in range(warmup):
        call()
    samples = []
    for _ in range(repeats):
        begun = time.perf_counter()
        call()
        samples.append(time.perf_counter() - begun)
    return samples


def report_rate(
    name: str, rates: Sequence[float], *, of: str, parameters: Mapping[str, object], **more: object
) -> None:
    """Print a result measured as things (`of`) a second, one sample a repeat."""
    _print(name, f"{of}/s", rates, statistics.median(rates), parameters, more)


def report_latency(
    name: str, seconds: Sequence[float], *, parameters: Mapping[str, object], **more: object
) -> None:
    """Print a result measured in seconds a call, one sample a call."""
    _print(name, "s", seconds, len(seconds) / sum(seconds), parameters, more)


def report_quantiles(
    name: str,
    seconds: Mapping[float, float],
    *,
    count: int,
    parameters: Mapping[str, object],
    **more: object,
) -> None:
    """Print a result of which only quantiles are known: of `count` things, seconds by quantile."""
    told = {f"p{100 * at:.0f}": round(each, 4) for at, each in seconds.items()}
    _write(name, {"unit": "s", **told, "count": count, **more}, parameters)


def peak_memory_mb(call: Callable[[], object]) -> dict[str, object]:
    """Return the most memory that the processes a call starts had at once, as PSS in MB.

    `by_process` says what each had at that moment. Looking costs processor time: do not
    measure speed in the same call.
    """
    most: Counter[str] = Counter()
    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(call)
        while not called.done():
            time.sleep(_MEMORY_INTERVAL_S)
            most = max(most, memory_by_process(), key=Counter.total)
        called.result()
    by_process = {name: round(mb, 1) for name, mb in most.most_common()}
    return {"total": round(most.total(), 1), "by_process": by_process}


def processor_s(processes: Iterable[psutil.Process] | None = None) -> "Counter[str]":
    """Return the processor time that processes have taken, by what they are.

    Those below this one, unless others are given.
    """
    by_process: Counter[str] = Counter()
    for process in psutil.Process().children(recursive=True) if processes is None else processes:
        try:
            taken = process.cpu_times()
            by_process[_name_of(process)] += taken.user + taken.system
        except psutil.Error:  # it ended, or is ending
            continue
    return by_process


def note(text: str) -> None:
    """Tell whoever waits what goes on; stdout is for the results."""
    print(f"{datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def memory_by_process() -> "Counter[str]":
    """Return the memory that the processes below this one have, PSS in MB, by what they are."""
    by_process: Counter[str] = Counter()
    for process in psutil.Process().children(recursive=True):
        try:
            by_process[_name_of(process)] += process.memory_full_info().pss / 1e6
        except psutil.Error:  # it ended, or is ending
            continue
    return by_process


def _name_of(process: psutil.Process) -> str:
    """Return what a process is, not where it lies; Ray names its workers itself."""
    command: list[str] = process.cmdline() or [process.name()]
    if command[0].startswith("ray::"):
        return command[0].partition(".")[0]  # behind the dot: the method at work
    scripts = [argument for argument in command[1:] if argument.endswith(".py") or "/" in argument]
    if Path(command[0]).name.startswith("python") and scripts:
        return Path(scripts[0]).name
    return Path(command[0].split()[0]).name


def _print(
    name: str,
    unit: str,
    samples: Sequence[float],
    throughput: float,
    parameters: Mapping[str, object],
    more: Mapping[str, object],
) -> None:
    figures = {
        "unit": unit,
        "p50": _percentile(samples, 50),
        "p95": _percentile(samples, 95),
        "p99": _percentile(samples, 99),
        "throughput": round(throughput, 4),
        "repeats": len(samples),
        "samples": [round(sample, 4) for sample in samples],
        **more,
    }
    _write(name, figures, parameters)


def _write(name: str, figures: Mapping[str, object], parameters: Mapping[str, object]) -> None:
    result = {
        "name": name,
        **figures,
        "parameters": dict(parameters),
        "commit": _commit(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "versions": _versions(),
    }
    print(json.dumps(result, default=str), flush=True)


def _percentile(samples: Sequence[float], percent: int) -> float:
    """Return the sample that `percent` of all do not exceed."""
    ordered = sorted(samples)
    return round(ordered[-(-len(ordered) * percent // 100) - 1], 4)


@cache
def _commit() -> str:
    """Return the commit measured, with a + if the working tree differs from it."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(_CHECKOUT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@cache
def _machine() -> dict[str, object]:
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


@cache
def _versions() -> dict[str, str | None]:
    return {name: _version_of(name) for name in _LIBRARIES}


def _version_of(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
