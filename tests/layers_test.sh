# The layers of docs/design.md: a file includes only what stands in its own layer or in one below it
# (tests may look at everything), and models are run by models/run alone.
. "$(dirname "$0")/lib.sh"

layers=$(tr '\n' ' ' <"$LIKELY_SOURCE/CMakeLists.txt" |
    sed -E 's/.*set\(likely_layers ([^)]*)\).*/\1/')
[[ -n $layers ]] || fail "CMakeLists.txt names no layers"

# "FILE INCLUDED" for every include of a file of ours, tests and what only they include left out
(cd "$LIKELY_SOURCE/src" && grep -rHoE '^#include "[^"]+"' --include='*.[ch]' .) |
    sed -E 's#^\./##; s/:#include "/ /; s/"$//' |
    grep -vE '^[^ ]*(_test\.c|testing[a-z_]*\.h|check\.h|sweep\.h) ' |
    grep -vE ' (likely\.h|families\.def)$' >"$work/includes"
[[ $(wc -l <"$work/includes") -gt 500 ]] || fail "too few includes seen"

awk -v layers="$layers cli" '
    BEGIN { n = split(layers, name, " "); for (i = 1; i <= n; i++) rank[name[i]] = i
            rank["kernels/isa"] = rank["kernels"] }
    { own = $1; other = $2; sub("/[^/]*$", "", own); sub("/[^/]*$", "", other)
      sub("^cli/.*", "cli", own); sub("^cli/.*", "cli", other)
      if (!(own in rank) || !(other in rank)) print $1 " includes " $2 ": no known layer"
      else if (rank[other] > rank[own]) print $1 " includes " $2 ", which stands above it" }
' "$work/includes" >"$work/wrong"
[[ ! -s $work/wrong ]] || fail "$(cat "$work/wrong")"
checks=$((checks + 1))

grep -E '^(optim|models|families|train|codec|jobs|library|cli)/' "$work/includes" |
    grep -E ' graph/execution(_inside)?\.h$' |
    grep -vE '^models/run[a-z_]*\.[ch] ' >"$work/wrong" ||
    true
[[ ! -s $work/wrong ]] || fail "graph/execution.h is for models/run alone: $(cat "$work/wrong")"
checks=$((checks + 1))
finish
