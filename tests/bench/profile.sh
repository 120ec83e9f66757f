#!/bin/bash
# SPDX-License-Identifier: MIT
#
# profile.sh MODULE PATH SIZE: what tests/bench/profile looks at, in the machine: packets
# of one path, first until they arrive at the wire of b, then decrypted.  Each is sent
# twice; the windows of the plugin that count are the second and the fourth.
#
# Prints the kernel's symbols as "symbol ADDRESS NAME", and "packets N".

here=$(cd "$(dirname "$0")" && pwd)
module=$1 path=$2 size=$3
. "$here/paths.sh"
insert_bench "$module"
COUNT=2048

two_hosts "$path"
for sink in dev=vb port=9999; do
	bench b sink $sink > /dev/null
	bench a send dst=10.9.0.2 "size=$size" count=$COUNT > /dev/null
	bench a send dst=10.9.0.2 "size=$size" count=$COUNT > /dev/null
done
echo close > /proc/ipsec_bench
echo "packets $COUNT"
awk '$2 ~ /[tTwW]/ { print "symbol", $1, $3 $4 }' /proc/kallsyms
no_hosts
rmmod ipsec_bench
