"""Try the wheel as its reader would: installed in an empty environment, away from the repository, without Node.

    python tools/try_wheel.py [WHEEL]        the newest in dist/ by default

Says what it measured; ends with 1 where `lianfang --help` takes over half a second, or the demo does not come to its
end or brings no front end. It downloads what the wheel stands on, so it is no part of `make test`.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".tools" / "bin" / "uv"
FRONT = "import lianfang.site as s, pathlib; print(*pathlib.Path(s.__file__).parent.glob('static/site/dist/*.js'))"


def main() -> None:
    wheels = [Path(sys.argv[1])] if len(sys.argv) > 1 else sorted((ROOT / "dist").glob("*.whl"), key=os.path.getmtime)
    if not wheels:
        sys.exit("there is no wheel in dist/: run 'make wheel'")
    with tempfile.TemporaryDirectory(prefix="lianfang-wheel-") as name:
        folder = Path(name)
        home = folder / "env"
        subprocess.run([UV, "venv", "-q", "--no-python-downloads", "--python", sys.executable, home], check=True)
        subprocess.run([UV, "pip", "install", "-q", "--python", home, wheels[-1].resolve()], check=True)
        # Nothing of the machine but the programs of the environment itself: no Node, no compiler, no settings.
        bare = {"PATH": str(home / "bin"), "HOME": name, "LANG": "C.UTF-8", "LIANFANG_LANG": "en"}
        lianfang = home / "bin" / "lianfang"

        def run(*words: object) -> tuple[float, str]:
            began = time.monotonic()
            done = subprocess.run([str(w) for w in words], cwd=folder, env=bare, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
            return time.monotonic() - began, done.stdout

        run(lianfang, "--help")  # the first start writes byte code
        helped = min(run(lianfang, "--help")[0] for _ in range(3))
        print(f"lianfang --help: {helped:.2f} s")
        if helped >= 0.5:
            sys.exit("it takes longer than half a second")
        if not run(home / "bin" / "python", "-c", FRONT)[1].strip():
            sys.exit("the wheel brings no front end")
        demo = (lianfang, "demo", "--no-serve", "--people", "600", "--data-dir", folder / "data")
        seconds, told = run(*demo)
        again, told_again = run(*demo)
        print(f"lianfang demo of 600 people: {seconds:.0f} s; a second start: {again:.1f} s")
        if "True infections" not in told or told_again != told:
            sys.exit("the demo tells something else:\n" + told + told_again)


if __name__ == "__main__":
    main()
