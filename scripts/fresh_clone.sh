#!/usr/bin/env bash
# Try the set-up as a newcomer meets it: clone the last commit into an empty folder, with no settings of our own, and run
# `make TARGET...` there (default: install check). With --worktree the files as they are now, committed or not, are tried.
#   scripts/fresh_clone.sh [--worktree] [TARGET...]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
worktree=
if [ "${1:-}" = --worktree ]; then
    worktree=yes
    shift
fi
[ $# -gt 0 ] || set -- install check

place=$(mktemp -d -t duban-fresh-XXXXXX)
trap 'rm -rf "$place"' EXIT
git clone --quiet --no-hardlinks "$root" "$place/duban"
if [ -n "$worktree" ]; then
    cd "$root"
    git ls-files -z --deleted | (cd "$place/duban" && xargs -0 --no-run-if-empty rm -f)
    git ls-files -z --cached --others --exclude-standard --deduplicate |
        while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
        tar --null --files-from=- --create --file=- | tar --directory="$place/duban" --extract --file=-
fi
cd "$place/duban"

# The registry settings of pip are the machine's; everything that is Duban's or Prefect's is left outside.
unset VIRTUAL_ENV PYTHONPATH MAKEFLAGS MAKELEVEL "${!DUBAN_@}" "${!PREFECT_@}"
for target in "$@"; do
    started=$SECONDS
    make "$target" </dev/null
    echo "fresh clone: make $target: $((SECONDS - started)) s"
done
