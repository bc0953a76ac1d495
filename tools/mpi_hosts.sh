#!/usr/bin/env bash
# The command on several hosts: network namespaces with names and addresses of their own, joined by
# a bridge, where processes are started by a launch agent and reach each other on those addresses
# only. As root, with iproute2 and Open MPI; all of it is taken away at the end.
#
#   tools/mpi_hosts.sh BUILD [HOSTS]     (2 to 9, default 3)
#
# Shows: the same weights as one process; data that only the first host has; a host that is cut off
# in the midst of a training ends it with a line that names its rank, and the training goes on from
# its checkpoint with the hosts that are left.
set -euo pipefail
likely=$(realpath "$1/likely") hosts=${2:-3}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
work=$(mktemp -d) bridge=lkbr$$
mkdir "$work/own"
end() {
    local h
    for ((h = 1; h <= hosts; h++)); do
        ip netns pids "lk$$-$h" 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
        ip netns del "lk$$-$h" 2>/dev/null || true
    done
    ip link del "$bridge" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT

ip link add "$bridge" type bridge
ip link set "$bridge" up
for ((h = 1; h <= hosts; h++)); do
    ip netns add "lk$$-$h"
    ip link add "lkv$$-$h" type veth peer name eth0 netns "lk$$-$h"
    ip link set "lkv$$-$h" master "$bridge" up
    ip -n "lk$$-$h" addr add "10.231.0.$h/24" dev eth0
    ip -n "lk$$-$h" link set eth0 up
    ip -n "lk$$-$h" link set lo up
    mkdir "$work/tmp$h"
done
# AGENT HOST COMMAND...: what ssh would do. Each host has a name, and a folder, of its own.
cat >"$work/agent" <<EOF
#!/usr/bin/env bash
h=\${1##*.}
shift
exec ip netns exec "lk$$-\$h" unshare --uts --mount bash -c '
    hostname "host\$1"; mount --bind "$work/tmp\$1" "$work/own"; shift; eval "\$*"' - "\$h" "\$@"
EOF
chmod +x "$work/agent"
first() { "$work/agent" 10.231.0.1 "$@"; }
over() { # HOSTS ARGUMENTS...: from the first host, a rank on each
    local count=$1 list=10.231.0.1:1 h
    shift
    for ((h = 2; h <= count; h++)); do list+=",10.231.0.$h:1"; done
    first env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 LIKELY_MPI_SILENCE=5 \
        mpirun.openmpi -n "$count" --host "$list" \
        --mca plm_rsh_agent "$work/agent" --mca orte_keep_fqdn_hostnames 1 \
        --mca btl self,tcp --mca btl_tcp_if_include 10.231.0.0/24 \
        --mca oob_tcp_if_include 10.231.0.0/24 --bind-to none \
        -x LIKELY_MPI_SILENCE "$likely" "$@"
}
fingerprint() { sed -n 's/.*fingerprint \([0-9a-f]*\).*/\1/p' "$1"; }

# In the first host's own folder: the others do not have it.
awk 'BEGIN { srand(1); for (i = 0; i < 1280; i++) { x = 0; line = ""
    for (v = 0; v < 196; v++) { x = rand() < 0.85 ? x : 1 - x; line = line x } print line } }' \
    >"$work/tmp1/images"
words=(train made --set hidden=200 --data $work/own/images --batch-size 64 --slices 8
    --valid-fraction 0 --threads 1 --checkpoint-seconds 0)
first "$likely" "${words[@]}" --quiet --epochs 3 --out $work/own/alone >"$work/alone"
over "$hosts" "${words[@]}" --quiet --epochs 3 --out $work/own/together >"$work/together"
cat "$work/together"
[[ $(fingerprint "$work/alone") == $(fingerprint "$work/together") ]] || {
    echo "other weights on $hosts hosts"
    exit 1
}
echo "$hosts hosts: the weights of one process"

first "$likely" "${words[@]}" --quiet --epochs 12 --out $work/own/whole >"$work/whole"
over "$hosts" "${words[@]}" --quiet --epochs 12000 --patience 0 --out $work/own/cut \
    >"$work/out" 2>"$work/err" &
job=$!
until [[ -e $work/tmp1/cut.checkpoint ]]; do sleep 0.1; done
sleep 1
ip link set "lkv$$-$hosts" down
echo "host $hosts has been cut off"
begun=$SECONDS
until grep '^likely' "$work/err"; do sleep 0.1; done
echo "so rank 0, after $((SECONDS - begun)) s"
sleep 8
if pgrep -af -- "$likely train.*--out $work/own/cut" | grep -vE "mpirun|bash"; then
    echo "ranks are left"
    exit 1
fi
echo "all ranks have ended; mpirun 4.1.4 itself waits for the host that is gone, and is killed"
pkill -KILL -f -- "mpirun.*--out $work/own/cut" || true
wait $job || true
over $((hosts - 1)) "${words[@]}" --quiet --epochs 12000 --patience 0 --minutes 0.05 --resume \
    --out $work/own/cut >"$work/resumed"
echo "with the hosts that are left: $(cat "$work/resumed")"
