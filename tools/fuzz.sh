#!/usr/bin/env bash
# Runs every libFuzzer target of a build for some seconds each, from its seeds in fuzz/corpus/NAME;
# new inputs stay in the build. Exits non-zero at the first crash, leak, hang or sanitizer report;
# the input that caused it lies beside the target.
#   tools/fuzz.sh BUILD SECONDS
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/.." && pwd)
folder=$(cd "$1" && pwd)/fuzz
seconds=$2

found=0
for target in "$folder"/*_fuzz; do
    [[ -x $target ]] || continue
    found=1
    name=$(basename "$target")
    seeds=$source_folder/fuzz/corpus/${name%_fuzz}
    mkdir -p "$folder/corpus/$name"
    echo "fuzz: $name for $seconds s"
    "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -verbosity=0 -artifact_prefix="$folder/$name-" "$folder/corpus/$name" \
        $([[ -d $seeds ]] && echo "$seeds") 2>&1 |
        grep -vE '^(INFO|stat::(slowest|new_units|peak))' || exit 1
done
if [[ $found -eq 0 ]]; then
    echo "fuzz: no targets in $folder" >&2
    exit 1
fi
