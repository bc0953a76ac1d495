#!/usr/bin/env bash
# Runs every libFuzzer target of a build for some seconds each, from its seeds in fuzz/corpus/NAME;
# new inputs stay in the build. Ends with a table of executions and findings, and non-zero if there
# was a crash, leak, hang or sanitizer report: the input that caused it lies beside the target.
#   tools/fuzz.sh BUILD SECONDS
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/.." && pwd)
folder=$(cd "$1" && pwd)/fuzz
seconds=$2

# run_target NAME: its report into NAME.log
run_target() {
    local seeds=$source_folder/fuzz/corpus/${1%_fuzz}
    mkdir -p "$folder/corpus/$1"
    "$folder/$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -verbosity=0 -artifact_prefix="$folder/$1-" "$folder/corpus/$1" \
        $([[ -d $seeds ]] && echo "$seeds") >"$folder/$1.log" 2>&1
}
figure() { sed -nE "s/^stat::$2: *([0-9]+)/\\1/p" "$folder/$1.log"; } # NAME KEY

table=() findings=0
for target in "$folder"/*_fuzz; do
    [[ -x $target ]] || continue
    name=$(basename "$target") found=none
    echo "fuzz: $name for $seconds s"
    if ! run_target "$name"; then
        findings=$((findings + 1))
        found=$(grep -oE "$folder/$name-[a-z]+-[0-9a-f]+" "$folder/$name.log" | tail -1 || true)
        found=${found:-see $folder/$name.log}
        grep -E '^(==|SUMMARY)' "$folder/$name.log" | head -5 || true
    fi
    table+=("$(printf '%-18s %14s %10s  %s' "$name" "$(figure "$name" number_of_executed_units)" \
        "$(figure "$name" average_exec_per_sec)" "$found")")
done
if [[ ${#table[@]} -eq 0 ]]; then
    echo "fuzz: no targets in $folder" >&2
    exit 1
fi
printf '%-18s %14s %10s  %s\n' target executions "a second" finding
printf '%s\n' "${table[@]}"
echo "fuzz: ${#table[@]} targets, $seconds s each, findings: $findings"
[[ $findings -eq 0 ]]
