#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Does the runner notice what it must?  Runs on the host and boots machines whose
# command passes, fails, hangs, or makes the kernel complain; prints cases for
# tests/run-suite --host.
#
#   selftest.sh [qemu|uml|debug]
#
# shellcheck disable=SC2016 # the commands expand in the machine

set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
case ${1:-qemu} in
qemu) options=(--machine qemu) ;;
uml) options=(--machine uml) ;;
debug) options=(--debug) ;;
*) echo "usage: selftest.sh [qemu|uml|debug]" >&2; exit 2 ;;
esac
machine=${1:-qemu}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# try STATUS NAME [OPTION…] -- COMMAND…: the run must end with STATUS.
try() {
	local want=$1 name=$2 status=0
	shift 2
	"$here/run" --no-module "${options[@]}" "$@" > "$work/out" 2> "$work/err" < /dev/null || status=$?
	check "$name" [ $status = "$want" ]
}

# check NAME COMMAND…: one case; shows the last run where it fails.
check() {
	local name=$1
	shift
	if "$@"; then
		echo "ok - $machine: $name"
	else
		echo "not ok - $machine: $name"
		sed 's/^/# /' "$work/out" "$work/err" | tail -n 30
	fi
}

try 0 "a command that passes" -- true
try 7 "the exit status is the command's" -- sh -c 'exit 7'
try 137 "a command killed by a signal" -- sh -c 'kill -KILL $$'
try 127 "a command that does not exist" -- /nonexistent

TEST_WORD='two  words' try 0 "output, environment and directory" -- \
	sh -c 'pwd; echo "$TEST_WORD"; echo error >&2; id -u; printf "no newline"'
check "the output is exact" [ "$(cat "$work/out"; echo .)" = "$PWD
two  words
error
0
no newline." ]
check "nothing else is printed" [ ! -s "$work/err" ]

try 0 "a megabyte of output" -- sh -c 'head -c 1000000 /dev/zero | tr "\0" x'
check "all of it arrives" [ "$(wc -c < "$work/out")" = 1000000 ]

echo 'echo from a script; touch /usr/written && rm "$0"' > "$work/script"
try 0 "a script of the host's, in a machine that may write" -- sh "$work/script"
check "the host's files are as they were" [ -e "$work/script" -a ! -e /usr/written ]

try 0 "a process left behind does not keep the machine" -- sh -c 'sleep 1000 & setsid sleep 1000 & exit 0'
try 0 "nor does one without a name" -- bash -c 'setsid bash -c "exec -a \"\" sleep 1000" & sleep 1; exit 0'

try 99 "a warning in the log" -- sh -c 'echo "WARNING: CPU: 0 PID: 1 at nowhere" > /dev/kmsg'
check "it is shown" grep -q 'at nowhere' "$work/err"
try 99 "a lockdep report" -- sh -c 'echo "WARNING: possible circular locking dependency detected" > /dev/kmsg'
try 99 "a KASAN report" -- sh -c 'echo "BUG: KASAN: use-after-free in ipsec_test" > /dev/kmsg; exit 5'
check "with the command's own status" grep -q 'own status: 5' "$work/err"
try 99 "a reference that stays" -- sh -c 'echo "unregister_netdevice: waiting for ipsec0 to become free" > /dev/kmsg'

if [ "$machine" = qemu ]; then
	try 99 "a kernel that panics" -- sh -c 'echo c > /proc/sysrq-trigger; sleep 100'
fi
try 97 "a machine that is switched off" -- sh -c '/run/vm/busybox poweroff -f; sleep 100'

try 98 "a hang" --timeout 25 -- sh -c 'echo before; sleep 1000'
check "what came before it is shown" grep -q before "$work/out"
check "so is what was running" grep -q 'sleep 1000' "$work/err"
