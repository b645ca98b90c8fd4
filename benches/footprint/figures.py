"""Reads the figures of the programs that `report` has built, runs them on QEMU for their stacks, and checks limits."""

import bisect
import datetime
import fnmatch
import itertools
import pathlib
import re
import subprocess
import sys

# The arguments of the bench for each program; `None` for a program that does not run on QEMU.
PROGRAMS = {
    "baseline": None,
    "async_client": ["--payload=1000"],
    "streaming": ["--payload=10240"],
    "tls_bring_up": ["--payload=1000", "--tls"],
    "blocking": ["--payload=1000"],
    "shared": ["--payload=1000"],
    "outbox": ["--payload=1000"],
}
LEVELS = ["s", "z"]

# The programs that are `async_client` and something more, and the figures of which the difference is one too.
ON_TOP = {
    "shared": ["text_and_rodata", "publish_future"],
    "outbox": ["text_and_rodata"],
}

# The upper limits of figures by name. Of several patterns, the first one counts.
LIMITS = {
    "shared.s.text_and_rodata": 27_008,
    "shared.*.publish_future_on_top": 64,
    "shared.*.waiting_task": 24,
    # With the slots of parked calls.
    "shared.*.session": 480,
    "outbox.s.text_and_rodata_on_top": 2048,
    "async_client.s.text_and_rodata": 17_264,
    "*.session": 320,
    "async_client.*.largest_future": 256,
    "streaming.*.static_and_stack": 1536,
    "*.panic_symbols": 0,
    "*.fmt_symbols": 0,
}

# The user's fields in a `Modem`.
LENT_FIELDS = {"receiver", "transmitter", "timer", "handler", "idle"}
# What its loop works on is a type of its own.
MODEM_TYPES = r"^print-type-size type: `simcom_mqtt::(?:\w+::)*(Modem|Port)<.*\n((?:.* field .*\n)+)"
# The future of `Client::publish` or `SharedModem::publish`.
PUBLISH_FUTURE = r"type: `\{async fn body of simcom_mqtt::(?:Client|SharedModem)<.*>::publish\(\)\}`: (\d+) bytes"
# A place in the queue for a shared module.
WAITING_TASK = r"type: `simcom_mqtt::shared::queue::Waiter`: (\d+) bytes"
PAINT = b"\xa5"
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Fault(Exception):
    """A failed run or an exceeded limit."""


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def short(name):
    """A name without generic arguments."""
    while (shorter := re.sub(r"(?<=\w)(::)?<(?!impl )[^<>]*>", "", name)) != name:
        name = shorter
    return name


def sections(image):
    """The sizes of `.text + .rodata` and of `.data + .bss`."""
    sizes = dict(re.findall(r"^(\.\w+) +(\d+)", output("size", "-A", image), re.M))
    return [sum(int(sizes[name]) for name in pair) for pair in ((".text", ".rodata"), (".data", ".bss"))]


def session(types):
    """The size of a `Modem` without the user's fields; `None` for a program without one."""
    found = dict(re.findall(MODEM_TYPES, types, re.M))
    fields = re.findall(r"field `\.(\w+)`: (\d+) bytes", "".join(found.values()))
    return sum(int(size) for name, size in fields if name not in LENT_FIELDS | {"port"}) or None


def largest_future(types):
    """Size and name of the library's largest future, if there is one."""
    bodies = re.findall(r"type: `\{async (?:fn body of |block@)<?(simcom_mqtt::.*)\}`: (\d+) bytes", types)
    # A future written by hand appears where it is awaited.
    awaited = re.findall(r"\.__awaitee`: (\d+) bytes,.* type: [^ ]*?(simcom_mqtt::.*)", types)
    futures = [(int(size), name) for name, size in bodies] + [(int(size), name) for size, name in awaited]
    return sorted(futures)[-1:]


def size_of(pattern, types):
    """The size of the type that the pattern describes; `None` for a program without one."""
    found = re.search(pattern, types)
    return int(found[1]) if found else None


def symbols(image):
    """Addresses and demangled names, in order."""
    lines = re.findall(r"^(\w+) [tT] (?!\$)(.*)$", output("nm", "--demangle", "--numeric-sort", image), re.M)
    return [(int(address, 16) & ~1, name) for address, name in lines]


def callers(image, name):
    """The functions which refer to the function of this name."""
    functions = symbols(image)
    addresses = [address for address, _ in functions]
    relocations = re.findall(r"^(\w+) +\w+ R_ARM_\w+ +\w+ +(.*)$", output("readelf", "-rW", "--demangle", image), re.M)
    places = [int(place, 16) for place, target in relocations if target == name]
    return {functions[bisect.bisect(addresses, place) - 1][1] for place in places}


def panics(image):
    """The functions that panic, except the compiler's own for a future that is polled after its end; and the callers of
    that one."""
    found = {name for _, name in symbols(image) if "core::panicking::" in name}
    resumed = {name for name in found if "async_fn_resumed" in name}
    # Every panic ends here, this one too.
    end = {name for name in found if name.endswith("::panic_fmt") and callers(image, name) <= resumed}
    counted = sorted(found - resumed - end)
    panicking = [f"{name}, called by {', '.join(sorted(callers(image, name)))}" for name in counted]
    return panicking, sorted(set().union(*(callers(image, name) for name in resumed)))


def worst_stack(image, arguments):
    """Bytes of stack used; it begins at the end of the RAM and may grow down to static memory."""
    addresses = {name: int(address, 16) for address, name in re.findall(r"^(\w+) \w (\w+)$", output("nm", image), re.M)}
    bottom, top = addresses["__euninit"], addresses["_stack_start"]
    dump = image.with_name(image.name + ".stack")
    bench = [ROOT / "tests/firmware/run"]
    bench += ["--machine=mps2-an386", "--family=a76xx", "--scenario=receive", f"--image={image}"]
    bench += [f"--paint-ram={bottom:#x}:{top - bottom}", f"--dump-ram={dump}"]
    ran = subprocess.run([*bench, *arguments], capture_output=True, text=True)
    if ran.returncode != 0:
        raise Fault(f"{image.name} has failed.\n{ran.stderr}")
    used = len(dump.read_bytes().lstrip(PAINT))
    if used == top - bottom:
        raise Fault(f"{image.name} has used the whole stack.")
    return used


def measure(folder, program, level):
    """The figures of a program, each as name, value, unit and remarks. The stack is last, because its run may fail."""
    image, examined = folder / f"{program}.{level}", folder / f"{program}.{level}.examined"
    text, static = sections(image)
    yield "text_and_rodata", text, "B", []
    yield "data_and_bss", static, "B", []
    types = (folder / f"{examined.name}.messages").read_text()
    if size := session(types):
        yield "session", size, "B", []
    for size, name in largest_future(types):
        yield "largest_future", size, "B", [name]
    for name, pattern in (("publish_future", PUBLISH_FUTURE), ("waiting_task", WAITING_TASK)):
        if size := size_of(pattern, types):
            yield name, size, "B", []
    panicking, resumed = panics(examined)
    yield "panic_symbols", len(panicking), "symbols", panicking
    yield "async_fn_resumed", len(resumed), "callers", resumed
    fmt = [name for _, name in symbols(examined) if "core::fmt::" in name]
    yield "fmt_symbols", len(fmt), "symbols", fmt
    if PROGRAMS[program]:
        stack = worst_stack(image, PROGRAMS[program])
        yield "worst_stack", stack, "B", []
        yield "static_and_stack", static + stack, "B", []


def on_top(values, program, level):
    """What a program takes on top of `async_client`, as `measure` returns figures."""
    for name in ON_TOP.get(program, []):
        more, less = values.get(f"{program}.{level}.{name}"), values.get(f"async_client.{level}.{name}")
        if more and less:
            yield f"{name}_on_top", more - less, "B", []


def markdown(values, toolchain):
    """The figures as a table."""
    columns = {
        "text_and_rodata": "`.text` + `.rodata`",
        "data_and_bss": "`.data` + `.bss`",
        "worst_stack": "worst stack",
        "session": "session",
        "largest_future": "largest future",
        "panic_symbols": "panics",
        "fmt_symbols": "`core::fmt`",
    }
    yield f"{datetime.date.today()}, {toolchain}, thumbv7em-none-eabihf; bytes, and numbers of symbols."
    yield ""
    yield f"| program | `opt-level` | {' | '.join(columns.values())} |"
    yield "|---|---|" + "---:|" * len(columns)
    for program, level in itertools.product(PROGRAMS, LEVELS):
        row = [values.get(f"{program}.{level}.{name}") for name in columns]
        cells = ["–" if value is None else f"{value:,}" for value in row]
        yield f"| `{program}` | `{level}` | {' | '.join(cells)} |"


def passed_limits(values):
    limited = set()
    for pattern, limit in LIMITS.items():
        names = fnmatch.filter(values, pattern)
        if not names:
            yield f"There is no figure for the limit {pattern}."
        for name in names:
            if name not in limited and values[name] > limit:
                yield f"{name} is {values[name]}, its limit {limit}."
        limited.update(names)


def main(folder, form="lines"):
    values, faults = {}, []

    def record(program, level, figures):
        for name, value, unit, remarks in figures:
            values[f"{program}.{level}.{name}"] = value
            if form == "lines":
                print(f"{program}.{level}.{name} {value} {unit}", *map(short, remarks), sep="\n#   ", flush=True)

    for program, level in itertools.product(PROGRAMS, LEVELS):
        try:
            record(program, level, measure(folder, program, level))
        except Fault as fault:
            faults.append(str(fault))
        record(program, level, on_top(values, program, level))
    if form == "--markdown":
        comment = output("readelf", "-p", ".comment", folder / "baseline.s")
        print(*markdown(values, re.search(r"rustc version .*", comment)[0].replace(" version", "")), sep="\n")
    faults += passed_limits(values)
    if faults:
        sys.exit("\n".join(faults))


main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
