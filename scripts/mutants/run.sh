#!/usr/bin/env bash
# Plant small changes in the rules and let the fast tests of the rules judge them. What was not noticed is listed; fewer than
# promised noticed is a failure. docs/mutants.md says why each known survivor is none.
#   scripts/mutants/run.sh [--seed N] [--share PERCENT] [PART...]     parts: states plan memory cases
# With --share 10, a tenth of each sample is drawn: `make test-slow` does so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seed=20261128 share=100
while [ "${1:-}" = --seed ] || [ "${1:-}" = --share ]; do
    case $1 in --seed) seed=$2 ;; --share) share=$2 ;; esac
    shift 2
done
[ $# -gt 0 ] || set -- states plan memory cases
export DUBAN_TEST_DATABASES=sqlite
mkdir -p artifacts/mutants
rules=(--noconftest -p tests.support.properties)
failed=

# judge PART COUNT AT-LEAST "FILES" TESTS...: the tests that most changes meet first come first.
judge() {
    local part=$1 count=$(($2 * share / 100)) at_least=$3 files=$4
    shift 4
    echo "== $part"
    # shellcheck disable=SC2086  # files are a list of patterns
    .venv-mutants/bin/python scripts/mutants/plant.py --seed "$seed" --count "$count" $files >"artifacts/mutants/$part.jsonl"
    .venv/bin/python scripts/mutants/judge.py "artifacts/mutants/$part.jsonl" --at-least "$at_least" --at-once "$(nproc)" \
        --survivors "artifacts/mutants/$part.survivors.jsonl" -- "$@" || failed=yes
}

for part in "$@"; do
    case $part in
    states)
        judge states 300 95 "states/*.py" "${rules[@]}" tests/states/test_effects.py tests/states/test_edges_of_*.py \
            tests/states/test_lifecycle.py tests/states/test_permissions.py tests/states/test_reckoning.py
        ;;
    plan)
        judge plan 150 90 notifications/plan.py "${rules[@]}" tests/notifications/test_edges_of_telling.py
        ;;
    memory)
        judge memory 150 90 "store/visibility.py store/case_lists.py store/events.py" tests/store/test_edges_of_visibility.py \
            tests/store/test_edges_of_history.py tests/store/test_rows.py
        ;;
    cases)
        judge cases 150 90 "cases/*.py" tests/cases/test_edges_of_the_desk.py tests/cases/test_time.py \
            tests/cases/test_storylines.py tests/cases/test_changes.py tests/cases/test_ledger.py \
            tests/audit/test_edges_of_erasure.py \
            tests/audit/test_erasure.py tests/cases/test_confidentiality.py
        ;;
    *)
        echo "unknown part: $part" >&2
        exit 2
        ;;
    esac
done
[ -z "$failed" ]
