# Sourced by the scripts beside it: finds Python and fills .venv from a lock, once for each lock.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '==> %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer is needed and was not found."
}

# install LOCK: everything LOCK pins, by hash, and this project in place. Quick when it is there.
install() {
  local lock=$1 python stamp wanted
  if ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(find_python)
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv ||
      fail "This Python cannot make virtual environments (Debian: apt-get install python3-venv)."
  fi
  stamp=.venv/installed-$lock
  wanted=$(cat "$lock" pyproject.toml | cksum)
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  say "Installing $(grep -c '==' "$lock") packages from $lock (a minute or two the first time)"
  export PIP_DISABLE_PIP_VERSION_CHECK=1
  .venv/bin/python -m pip install --require-hashes --no-input --progress-bar off -r "$lock" |
    awk '/^ *(Collecting|Requirement already)/ { if (++n % 20 == 0) { print "    " n; fflush() } }'
  .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --no-input -e .
  printf '%s\n' "$wanted" >"$stamp"
}
