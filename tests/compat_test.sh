# Models, containers and checkpoints that version 0.1 wrote mean what they meant, bit for bit: the
# same fingerprints, likelihoods, scores, samples and restored data, and runs that are resumed end
# in the same weights. See compat/README.md; the questions are in compat/observe.sh.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/compat/observe.sh"
mkdir "$work/got"

# Whatever of a model is there: its file, its containers, its answers, its row of a table. One that
# is missing shows as a difference.
names=$({
    ls "$compat/models" | sed 's/\.likely$//'
    ls "$compat/expected" | sed 's/\.txt$//'
    ls "$compat/containers"
    awk 'NF { print $1 }' <<<"$examples$texts"
} | grep -vx runs | sort -u)
for name in $names; do
    observe "$name" >"$work/got/$name.txt"
done
observe_runs >"$work/got/runs.txt"

differ=0
for name in $names runs; do
    [[ -e $compat/expected/$name.txt ]] || fail "$name: there is nothing to compare with"
    if ! diff -a -U 0 "$compat/expected/$name.txt" "$work/got/$name.txt" >"$work/difference"; then
        echo "$name: the answers of 0.1 (-), and these (+):" >&2
        tail -n +4 "$work/difference" | grep -av '^@@' >&2
        differ=$((differ + 1))
    fi
    checks=$((checks + $(wc -l <"$compat/expected/$name.txt")))
done
[[ $differ -eq 0 ]] || fail "$differ of the models of 0.1 mean something else"
finish
