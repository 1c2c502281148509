# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What tests share that make allocations of the module fail, and of nobody else:
# those with one of its functions on the stack above them. After tap.sh.

slab=/sys/kernel/debug/failslab
page=/sys/kernel/debug/fail_page_alloc
[ -e $slab/probability ] || skip_all "this kernel cannot make allocations fail"

# Quietly: the judge of the kernel's log takes each stack trace for a complaint.
for d in $slab $page; do
	echo 0 >$d/probability
	echo 0 >$d/verbose
	echo 1 >$d/interval
	echo 0 >$d/space
	echo N >$d/task-filter
	echo 32 >$d/stacktrace-depth
	echo N >$d/ignore-gfp-wait
done
echo N >$page/ignore-gfp-highmem
echo 0 >$page/min-order

# Only allocations below a function in FROM..TO fail.
below() { # FROM TO
	for d in $slab $page; do
		echo "$1" >$d/require-start
		echo "$2" >$d/require-end
	done
}
# While it loads its address is not known: any module's. insmod itself is in none.
any_module() { below 0xffffffffc0000000 0xffffffffff000000; }
# What runs at load may be listed still; it is in a place of its own.
our_module() {
	below $(awk '$4 == "[aegishv]" && $2 ~ /[tT]/ && $3 !~ /(aegishv_init|init_module)$/ { print "0x" $1 }' \
		/proc/kallsyms | sort | sed -n '1p;$p')
}
# ... or one function of it, with the parts that the compiler made of it.
our_function() { # NAME
	below $(awk '$4 == "[aegishv]" && $2 ~ /[tT]/ { print "0x" $1, $3 }' /proc/kallsyms | sort |
		awk -v f="$1" '$2 == f || index($2, f ".") == 1 { if (!on) print $1; on = 1; next }
			on { print $1; exit }')
}

# The next TIMES allocations of a KIND fail, -1 for all, until off.
fail_next() { # TIMES KIND...
	times=$1
	shift
	for d; do
		echo "$times" >"$d/times"
		echo 100 >"$d/probability"
	done
}
off() {
	echo 0 >$slab/probability
	echo 0 >$page/probability
}
