#!/usr/bin/env bash
# Make the virtual environment $1, or say in one sentence why that cannot be. A healthy one is left as it is.
set -euo pipefail
venv=$1

# What an interrupted run, or a Python without ensurepip, leaves behind looks made but has no pip: it is made again.
if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

# Server systems keep an old python3 and put the new one beside it under its full name.
python=
for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "督办需要 Python 3.11 或更高版本，请先安装。 / Duban needs Python 3.11 or newer; please install it first." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    echo "$python 缺少 venv 模块，请先安装（Debian/Ubuntu：apt-get install python3-venv）。 /" \
        "$python cannot make virtual environments; please install its venv module first (Debian, Ubuntu: apt-get install python3-venv)." >&2
    exit 1
fi
"$python" -m venv --clear "$venv"
