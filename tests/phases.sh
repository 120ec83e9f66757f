# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by tests/check and tests/check-debug: a run in phases, each announced with
# the time it starts, and its end, "N passed, N failed, N skipped".  The counts come
# from tests/run-suite; a caller's IPSEC_RESULTS (.ci/run) gets them as well.

exec < /dev/null # nothing asks questions
callers_results=${IPSEC_RESULTS:-}
IPSEC_RESULTS=$(mktemp)
export IPSEC_RESULTS
finished=0
background=()
trap 'phases_end' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# phase TEXT
phase() { printf '\n=== %d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

# host LABEL COMMAND…: a test program on this host; its failure is counted, no more
host() {
	local label=$1
	shift
	tests/run-suite --host "$label" -- "$@" || true
}

# quiet_host LABEL COMMAND…: the same, without the lines of what is right
quiet_host() { host "$@" | grep -v '^ok - ' || true; }

# aside LOG COMMAND…: in the background, its output to LOG; sets $aside, for wait.  It
# is a session of its own, so that it can be stopped with all it has started.
aside() {
	local log=$1
	shift
	setsid "$@" > "$log" 2>&1 &
	aside=$!
	background+=("$aside")
}

# prepare TEXT COMMAND…: what everything after it needs
prepare() {
	local text=$1
	shift
	phase "$text"
	"$@" || {
		echo "not ok - $text"
		echo "0 1 0 $text" >> "$IPSEC_RESULTS"
		finished=1
		exit 1
	}
}

# "long" for a scenario that is no part of make check, else "short".
suite_of() {
	if grep -qx '# suite: long' "$1"; then echo long; else echo short; fi
}

# The scenarios whose name holds one of the arguments; without arguments those of
# $SUITE, or all.
scenarios_named() {
	local path name
	for path in tests/net/*.sh; do
		case ${path##*/} in lib*) continue ;; esac
		if [ $# = 0 ] && { [ -z "$SUITE" ] || [ "$(suite_of "$path")" = "$SUITE" ]; }; then
			echo "$path"
		fi
		for name; do
			if [[ ${path##*/} == *"${name##*/}"* ]]; then
				echo "$path"
				break
			fi
		done
	done
}

# All phases are over: the exit status will be that of the counts.
phases_done() { finished=1; }

phases_end() {
	local status=$?
	trap - EXIT
	for aside in "${background[@]}"; do kill -TERM -- "-$aside" 2> /dev/null || true; done
	if [ $finished = 0 ]; then echo "0 1 0 ended too early (exit status $status)" >> "$IPSEC_RESULTS"; fi
	if [ -n "$callers_results" ]; then cat "$IPSEC_RESULTS" >> "$callers_results"; fi
	phase "Results"
	status=0
	tests/run-suite --total || status=1
	rm -f "$IPSEC_RESULTS"
	exit $status
}
