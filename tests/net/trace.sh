#!/bin/bash
# SPDX-License-Identifier: MIT
#
# trace.sh - the tracepoints: packets with SPI and number, drops with their reason, the
# life of SAs.
#
#   a  ipsec0 10.0.0.1 -- 192.0.2.1 ===== 192.0.2.2 -- 10.0.0.2 ipsec0  b
# kernel: every

. "$(dirname "$0")/lib.sh"

T=$WORK/tracing
mkdir "$T"
must mount -t tracefs tracefs "$T"
# tracefs is in the way of nobody once it is gone
done_tracing() { echo 0 >"$T/events/ipsec/enable"; umount "$T"; }
check "there are four events" [ "$(find "$T/events/ipsec" -mindepth 1 -maxdepth 1 -type d | wc -l)" = 4 ]
echo 1 >"$T/events/ipsec/enable"

host a b
wire a wan "192.0.2.1/24" b wan "192.0.2.2/24"
tunnel a 192.0.2.1 "10.0.0.1/24" b 192.0.2.2 "10.0.0.2/24"
for h in a b; do on $h sysctl -qw net.ipv6.conf.ipsec0.disable_ipv6=1; done
check "the tunnel is up" wait_for 5 operstate_is a ipsec0 up
# the text of an event, without process, processor and time
events() { sed -n "s/.*: ipsec_$1: //p" "$T/trace"; }
is "SAs: installed" "$(events sa | sort)" "\
dev=ipsec0 spi=0x00001001 proto=50 dir=in peer=b what=install limit=0
dev=ipsec0 spi=0x00001001 proto=50 dir=out peer=a what=install limit=0
dev=ipsec0 spi=0x00001002 proto=50 dir=in peer=a what=install limit=0
dev=ipsec0 spi=0x00001002 proto=50 dir=out peer=b what=install limit=0"

echo >"$T/trace"
must on a ping -q -n -c 2 -i 0.01 -W 3 -s 72 10.0.0.2
is "tx: each packet, with its number" "$(events tx | sort)" "\
dev=ipsec0 spi=0x00001001 proto=50 dir=out seq=1 len=100
dev=ipsec0 spi=0x00001001 proto=50 dir=out seq=2 len=100
dev=ipsec0 spi=0x00001002 proto=50 dir=out seq=1 len=100
dev=ipsec0 spi=0x00001002 proto=50 dir=out seq=2 len=100"
is "rx: each packet, with its number" "$(events rx | sort)" "\
dev=ipsec0 spi=0x00001001 proto=50 dir=in seq=1 len=100
dev=ipsec0 spi=0x00001001 proto=50 dir=in seq=2 len=100
dev=ipsec0 spi=0x00001002 proto=50 dir=in seq=1 len=100
dev=ipsec0 spi=0x00001002 proto=50 dir=in seq=2 len=100"
is "no drop" "$(events drop)" ""

echo >"$T/trace"
must on b ipsecctl sa del ipsec0 a out spi 0x1001
on b ping -q -n -c 1 -W 0.1 10.0.0.1 >/dev/null
is "drop: an SA is not there" "$(events drop)" "dev=ipsec0 spi=0x00000000 proto=0 dir=- reason=tx_no_sa packets=1"
is "SAs: removed" "$(events sa)" "dev=ipsec0 spi=0x00001001 proto=50 dir=out peer=a what=remove limit=0"

echo >"$T/trace"
must on a ipsecctl sa replace ipsec0 b out spi 0x1002 seq 100 encr aes-gcm-16 key "$(key_file other 20)" hard-packets 1
on a ping -q -n -c 1 -W 0.1 10.0.0.2 >/dev/null
is "drop: the reason, and the SA" "$(events drop)" \
	"dev=ipsec0 spi=0x00001002 proto=50 dir=in reason=rx_auth_fail packets=1"
limit_met() { events sa | grep -q 'what=limit limit=6$'; }
check "SAs: a limit is met" wait_for 5 limit_met
done_tracing
finish
