#!/usr/bin/env bash
# No line of a tracked text file has more than 100 characters (UTF-8, not bytes). Names the file,
# the line and the length of each one that has, and exits with 1. Data and drawn pictures may be
# wider.
#   tools/check_columns.sh [FOLDER]
set -euo pipefail
export LC_ALL=C.UTF-8
most=100
cd "${1:-$(dirname "$0")/..}"

tracked() { git -c safe.directory='*' ls-files -z -- "$@"; }
mapfile -d '' -t files < <(
    tracked . ':!fuzz/corpus' ':!tests/compat' ':!demo/data/*.gz' ':!docs/pictures' \
        ':!examples/*.csv' ':!examples/*.txt' ':!examples/*.gz'
    tracked 'tests/compat/*.md' 'tests/compat/*.sh' 'tests/compat/*.py'
)
if [[ ${#files[@]} -eq 0 ]]; then
    echo "check_columns: no tracked files in $PWD" >&2
    exit 1
fi

# -I leaves out what is binary, -s what was removed and is still tracked.
wide=0
while IFS= read -r hit; do
    place=${hit#*:}
    text=${place#*:}
    echo "${hit%%:*}:${place%%:*}: ${#text} characters, at most $most are allowed"
    wide=$((wide + 1))
done < <(grep -HnsIE "^.{$((most + 1))}" -- "${files[@]}" || true)
if [[ $wide -gt 0 ]]; then
    echo "check_columns: lines that are too long: $wide" >&2
    exit 1
fi
echo "check_columns: ok (${#files[@]} files)"
