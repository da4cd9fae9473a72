#!/usr/bin/env bash
# Plant small changes in the rules and let the fast tests of the rules judge them. What was not noticed is listed; fewer than
# promised noticed is a failure. docs/mutants.md says why each known survivor is none.
#   scripts/mutants/run.sh [--seed N] [--share PERCENT] [PART...]     parts: states plan memory cases
# With --share 10, a tenth of each sample is drawn: `make test-slow` does so. Of so few, chance alone lets some survive:
# ten points fewer than promised suffice.
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

# These take seconds each and notice nothing that a quicker one does not: many workers at once, many cells.
long=(
    tests/cases/test_changes.py::test_many_cases_are_counted_again_and_migrated_each_once_though_the_run_is_stopped
    tests/cases/test_ledger.py::test_two_imports_of_one_ledger_at_once_open_each_row_once
    tests/cases/test_ledger.py::test_whatever_stands_in_the_cells_is_a_row_or_a_reason
    tests/cases/test_ledger_files.py::test_columns_that_nobody_understands_are_listed_and_stop_nothing
    tests/cases/test_ledger_files.py::test_headings_of_the_trade_are_recognised_however_they_are_dressed
    tests/cases/test_time.py::test_two_sweeps_at_the_same_instant_fire_each_timer_once
)

# judge PART COUNT AT-LEAST "FILES" TESTS...: which of the tests reach a change, and in which order, `judge.py` finds out.
judge() {
    local part=$1 count=$(($2 * share / 100)) at_least=$(($3 - (share < 100 ? 10 : 0))) files=$4
    shift 4
    echo "== $part"
    # shellcheck disable=SC2086  # files are a list of patterns
    .venv-mutants/bin/python scripts/mutants/plant.py --seed "$seed" --count "$count" $files >"artifacts/mutants/$part.jsonl"
    .venv/bin/python -m scripts.mutants.judge "artifacts/mutants/$part.jsonl" --at-least "$at_least" --at-once "$(nproc)" \
        --survivors "artifacts/mutants/$part.survivors.jsonl" -- "$@" || failed=yes
}

for part in "$@"; do
    case $part in
    states)
        judge states 300 95 "states/*.py states/guards/*.py states/effects/*.py" "${rules[@]}" tests/states tests/programme/test_ranking_formula.py
        ;;
    plan)
        judge plan 150 90 notifications/plan.py "${rules[@]}" tests/notifications/test_edges_of_telling.py
        ;;
    memory)
        judge memory 150 90 "store/visibility.py store/case_lists.py store/case_filters.py store/case_counts.py store/events.py store/sealed_rows.py store/office_events.py" \
            tests/store/test_edges_of_{visibility,sight,lists,history,the_log}.py tests/store/test_rows.py
        ;;
    cases)
        judge cases 150 90 "cases/*.py" "${long[@]/#/--deselect=}" tests/audit/test_edges_of_erasure.py \
            tests/cases/test_edges_of_{the_desk,rooms,sweeps,listing,reading,handover,changes,cells,ledgers,imports,printed_ledgers}.py \
            tests/cases/test_{time,storylines,storyline_s6,held,changes,entered_late,evidence,clues,watch}.py \
            tests/cases/test_{ledger,ledger_files,ledger_layouts,bearers,new_units,sealed_parts,confidentiality}.py \
            tests/programme/test_ranking.py::test_only_an_approved_ranking_opens_an_interview_and_exactly_for_the_last \
            tests/programme/test_ranking.py::test_of_units_that_tie_for_the_last_place_only_as_many_are_called_as_the_formula_says
        ;;
    *)
        echo "unknown part: $part" >&2
        exit 2
        ;;
    esac
done
[ -z "$failed" ]
