# For the other scripts: `prepare EXTRA` sets $python to a virtual environment's, with the project installed.
# The environment is made once; it is brought up to date when pyproject.toml changes.

prepare() {
    local extra=$1 stamp
    if [ -d .venv/Scripts ]; then python=.venv/Scripts/python; else python=.venv/bin/python; fi
    stamp=".venv/installed-$extra"
    if [ ! -x "$python" ]; then
        local base
        base=$(find_python)
        echo "Making a virtual environment in .venv ..." >&2
        if ! "$base" -m venv .venv; then
            echo "Could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
            exit 1
        fi
        if [ -d .venv/Scripts ]; then python=.venv/Scripts/python; fi
    fi
    if [ ! -f "$stamp" ] || ! cmp -s pyproject.toml "$stamp"; then
        echo "Installing the project (extra '$extra') into .venv ..." >&2
        "$python" -m pip install --quiet --disable-pip-version-check --editable ".[$extra]" >&2
        cp pyproject.toml "$stamp"
    fi
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3.14 python3 python; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed and was not found. Set PYTHON=/path/to/python3.11 and try again." >&2
    exit 1
}
