"""Make the Python code of the wire from ``symbolon/v1/*.proto``, or check that the committed code is fresh.

python proto/generate.py            write the generated files beside the protos
python proto/generate.py --check    exit 1 and name the files that differ from what would be generated
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent
PROTOS = sorted((ROOT / "symbolon" / "v1").glob("*.proto"))
GENERATED = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*_pb2_grpc.pyi")


def generate(target: Path) -> None:
    """Write the generated files under ``target``; raise `RuntimeError` when the compiler refuses a proto."""
    include = Path(protoc.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{ROOT}", f"-I{include}"]
    arguments += [f"--{kind}_out={target}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    arguments += [str(proto.relative_to(ROOT)) for proto in PROTOS]
    # The mypy plugins stand beside this interpreter, which need not be the first on the caller's path.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if protoc.main(arguments) != 0:
        raise RuntimeError("the protocol compiler refused a file; its message stands above")


def stale_files() -> list[str]:
    """List the generated files that are missing, left over or different from what the protos give now."""
    with tempfile.TemporaryDirectory() as fresh:
        generate(Path(fresh))
        expected = _contents(Path(fresh))
    committed = _contents(ROOT)
    return sorted(name for name in expected.keys() | committed.keys() if expected.get(name) != committed.get(name))


def _contents(root: Path) -> dict[str, bytes]:
    folder = root / "symbolon" / "v1"
    files = (path for pattern in GENERATED for path in folder.glob(pattern))
    return {path.name: path.read_bytes() for path in files}


def main() -> int:
    """Run as a command; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    if not parser.parse_args().check:
        generate(ROOT)
        return 0
    stale = stale_files()
    for name in stale:
        sys.stderr.write(f"stale: {name}; run python proto/generate.py\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
