"""Counts the instructions of the programs that `run` has built, and compares them with the stored figures."""

import datetime
import pathlib
import platform
import re
import subprocess
import sys

WRITTEN = pathlib.Path(__file__).with_name("figures.txt")

# For each workload the unit of its figure, and its row in the table.
WORKLOADS = {
    "receive_chunks_of_1": ("instructions/byte", "received byte, in chunks of 1"),
    "receive_chunks_of_64": ("instructions/byte", "received byte, in chunks of 64"),
    "publish_qos_1": ("instructions/publish", "publish with QoS 1"),
}
PLATFORMS = {"host": "host", "cortex_m": "Cortex-M3"}

# Repetitions of a workload on the host: this number, and twice this number.
COUNT = 16

# Allowed increase of a figure: with the same compiler and kind of host, and with others.
TOLERANCE = 0.03
TOLERANCE_OF_OTHERS = 0.15


class Fault(Exception):
    """A failed run, or figures that are too high."""


def output(*command, **options):
    """The output of a command, which is printed if it fails."""
    ran = subprocess.run(command, capture_output=True, text=True, **options)
    if ran.returncode != 0:
        raise Fault(f"{command[0]} has failed.\n{ran.stdout}{ran.stderr}")
    return ran


def on_host(program):
    """For each workload and side, units and instructions of two runs, the second twice as long."""
    runs = {}
    for workload in WORKLOADS:
        for side in ("driver", "harness"):
            for count in (COUNT, 2 * COUNT):
                # Without an environment the stack always begins at the same address.
                command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
                ran = output(*command, program, workload, side, str(count), env={"PATH": "/usr/bin:/bin"})
                collected = re.search(r"Collected : (\d+)", ran.stderr)
                if not collected:
                    raise Fault(f"callgrind has counted nothing.\n{ran.stderr}")
                runs.setdefault((workload, side), []).append((int(ran.stdout), int(collected[1])))
    return runs


def on_cortex_m(image):
    """The same on QEMU."""
    command = ["qemu-system-arm", "-M", "lm3s6965evb", "-display", "none", "-monitor", "none", "-serial", "null"]
    command += ["-icount", "shift=0", "-semihosting-config", "enable=on,target=native", "-kernel", image]
    try:
        printed = output(*command, timeout=300).stdout
    except subprocess.TimeoutExpired as expired:
        raise Fault("The image has not ended in 300 s.") from expired
    runs = {}
    for workload, side, units, instructions in re.findall(r"^(\w+) (\w+) (\d+) (\d+)$", printed, re.M):
        runs.setdefault((workload, side), []).append((int(units), int(instructions)))
    return runs


def per_unit(runs, workload):
    """The instructions of the driver, and those of the harness, for one unit: what the second run has more than the
    first."""
    sides = []
    for side in ("driver", "harness"):
        (units, instructions), (more_units, more_instructions) = runs[workload, side]
        sides.append((more_instructions - instructions) / (more_units - units))
    return sides[0] - sides[1], sides[1]


def toolchain(target, program):
    """The compiler that has built a program, and on the host for which machine."""
    rustc = re.search(r"rustc version (.*)", output("readelf", "-p", ".comment", program).stdout)[1].strip()
    return f"rustc {rustc}, {platform.machine()}" if target == "host" else f"rustc {rustc}"


def written():
    """The toolchains and figures of the file."""
    toolchains, values = {}, {}
    names = [f"{target}.{workload}" for target in PLATFORMS for workload in WORKLOADS]
    for number, line in enumerate(WRITTEN.read_text().splitlines(), 1):
        name, _, value = line.partition(" ")
        if not line or line.startswith("#"):
            continue
        if name in PLATFORMS and value.startswith("rustc "):
            toolchains[name] = value
        elif name in names and re.fullmatch(r"\d+\.\d\d", value) and float(value) > 0:
            values[name] = float(value)
        else:
            raise Fault(f"{WRITTEN}:{number}: neither a toolchain nor a figure: {line}")
    missing = [name for name in [*PLATFORMS, *names] if name not in toolchains | values]
    if missing:
        raise Fault(f"{WRITTEN}: lacks {', '.join(missing)}.")
    return toolchains, values


def write(toolchains, values):
    lines = ["# The reference for `run --check`. Written by `run --write`."]
    for target in PLATFORMS:
        lines.append(f"{target} {toolchains[target]}")
        lines += [f"{name} {value:.2f}" for name, value in values.items() if name.startswith(f"{target}.")]
    WRITTEN.write_text("\n".join(lines) + "\n")


def check(toolchains, values):
    """Fails if a figure is worse than the stored one; prints a remark if figures should be stored again."""
    old_toolchains, old_values = written()
    tolerances = {}
    for target in PLATFORMS:
        is_same = toolchains[target] == old_toolchains[target]
        tolerances[target] = TOLERANCE if is_same else TOLERANCE_OF_OTHERS
        if not is_same:
            allowed = f"{TOLERANCE_OF_OTHERS:.0%} more are allowed"
            print(f"# {target}: {allowed}, since the figures written down are of {old_toolchains[target]}.")
    faults = []
    for name, value in values.items():
        tolerance = tolerances[name.partition(".")[0]]
        change = value / old_values[name] - 1
        if change > tolerance:
            old = f"{old_values[name]:.2f} are written down, {tolerance:.0%} more are allowed"
            faults.append(f"{name} is {value:.2f}, {change:+.1%}: {old}.")
        elif change < -tolerance:
            print(f"# {name} is {value:.2f}, {change:+.1%}: `run --write` writes it down.")
    if faults:
        raise Fault("\n".join(faults))


def markdown(toolchains, values):
    """The figures as a table."""
    built = "; ".join(f"{PLATFORMS[target]}: {toolchain}" for target, toolchain in toolchains.items())
    yield f"{datetime.date.today()}; {built}."
    yield ""
    yield f"| instructions of the driver for a | {' | '.join(PLATFORMS.values())} |"
    yield "|---|" + "---:|" * len(PLATFORMS)
    for workload, (_, row) in WORKLOADS.items():
        cells = [values[f"{target}.{workload}"] for target in PLATFORMS]
        yield f"| {row} | {' | '.join(f'{cell:.2f}' if cell < 100 else f'{cell:,.0f}' for cell in cells)} |"


def main(host, cortex_m, form="lines"):
    toolchains, values = {}, {}
    for target, program, count in (("host", host, on_host), ("cortex_m", cortex_m, on_cortex_m)):
        toolchains[target] = toolchain(target, program)
        runs = count(program)
        for workload, (unit, _) in WORKLOADS.items():
            value, harness = per_unit(runs, workload)
            values[f"{target}.{workload}"] = value
            if form != "--markdown":
                print(f"{target}.{workload} {value:.2f} {unit}", f"#   harness {harness:.2f}", sep="\n", flush=True)
    if form == "--markdown":
        print(*markdown(toolchains, values), sep="\n")
    elif form == "--check":
        check(toolchains, values)
    elif form == "--write":
        write(toolchains, values)


try:
    main(*sys.argv[1:])
except Fault as fault:
    sys.exit(str(fault))
