#!/bin/bash
# SPDX-License-Identifier: MIT
#
# streams.sh PATH…: one TCP stream, and ping in a loop, of each path.  Run in the machine.
#
# Prints "result tcp.PATH MBIT/S" and "result ping.56.PATH TICKS" (of a round trip, the
# ping itself included).

. "$(dirname "$0")/paths.sh"
MEGABYTES=${MEGABYTES:-48} PINGS=${PINGS:-4000}

# tcp PATH: the best of three; the first waits for files now and then
tcp() { result "tcp.$1" "$(for _ in 1 2 3; do stream -n "${MEGABYTES}M"; done | sort -n | tail -n 1)"; }

# round_trips PATH SIZE: ping's own time, in which no file is waited for
round_trips() {
	local said
	said=$(on a ping -q -f -c "$PINGS" -s "$2" 10.9.0.2)
	[[ $said =~ \ $PINGS\ received.*time\ ([0-9]+)ms ]]
	result "ping.$2.$1" $((BASH_REMATCH[1] * 1000000 / PINGS))
}

for path; do
	MTU=1400 two_hosts "$path"
	tcp "$path"
	round_trips "$path" 56
	round_trips "$path" 1372
	no_hosts
done
