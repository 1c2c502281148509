# SPDX-License-Identifier: GPL-2.0-or-later
# A real Prometheus outside scrapes the machine: the target is up, the series
# are there, and counters grow.
# layer: 4
# runs: host
# kernels: 6.1
. selftests/tap.sh
name=e2e-prom-$KERNEL
dir=build/run/$name
share=$dir/share
E=selftests/e2e

command -v prometheus >/dev/null || skip_all "no prometheus here: apt install prometheus"
ports=$(python3 -c '
import socket
s = [socket.socket() for _ in range(2)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
target=${ports% *} api=http://127.0.0.1:${ports#* }/api/v1

"$RUN" -k "$KERNEL" -n "$name" --timeout "$TIMEOUT" --hostfwd "$target:9108" \
	-f "build/$KERNEL/aegishv.ko" -f build/shim/aegishv -f build/vmm/aegishv-vmm \
	-f $E/lib.sh -f $E/prom_guest.sh -- 'sh prom_guest.sh' >/dev/null 2>&1 &
machine=$!

until_true() { # COMMAND...: at most two minutes
	i=0
	until "$@" >/dev/null 2>&1; do
		i=$((i + 1))
		[ $i -lt 240 ] || return 1
		sleep 0.5
	done
}
ok "the machine is up" until_true test -e $share/started

conf=$(mktemp -d)
cat >"$conf/prometheus.yml" <<EOF
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: aegishv
    static_configs: [ { targets: [ "127.0.0.1:$target" ] } ]
EOF
prometheus --config.file="$conf/prometheus.yml" --storage.tsdb.path="$conf/data" \
	--web.listen-address="127.0.0.1:${ports#* }" >"$dir/prometheus.log" 2>&1 &
prometheus=$!

query() { curl -sfG "$api/query" --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // empty'; }
has() { [ -n "$(query "$1")" ]; }
is_one() { [ "$(query "$1")" = 1 ]; }
ok "Prometheus scrapes the machine" until_true is_one 'up{job="aegishv"}'
for m in 'aegishv_vm_exits_total{reason="io"}' 'aegishv_ept_violations_total{type="exec"}' \
	'aegishv_vm_exits_by_vm_total{vm="web-01"}' 'aegishv_events_lost_total{class="alert"}' \
	'aegishv_build_info{mode="live"}' 'aegishv_hook_up{hook="kvm_exit"}'; do
	ok "it has $m" until_true has "$m"
done
ok "it says ready" until_true is_one 'aegishv_ready'
first=$(query 'aegishv_vm_exits_by_vm_total{vm="web-01"}')
grew() { [ "$(query 'aegishv_vm_exits_by_vm_total{vm="web-01"}')" -gt "$first" ]; }
ok "the VM's exits grow" until_true grew
ok "and have a rate" until_true has 'rate(aegishv_vm_exits_total{reason="io"}[10s]) > 0'

touch $share/stop
wait $machine
is $? 0 "the machine ends well"
kill $prometheus
wait $prometheus
rm -rf "$conf"
done_testing
