# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib_ike.sh - IKE daemons on hosts of lib.sh, sourced behind it: ours, and strongSwan's
# charon on the stock kernel's xfrm, each with its own files in $WORK/HOST.
#
# A host that runs ipsec-iked has its own /run/ipsec; one that runs charon has its own
# configuration and vici socket.

LOG_WAIT=60				# seconds
CHARON_WAIT=400				# its libraries take minutes to load on a busy emulator
SECRET="a secret that both know well"

# ---- daemons ---------------------------------------------------------------

# ours_in HOST COMMAND...: with the host's own /run/ipsec
ours_in() {
	local host=$1
	shift
	# shellcheck disable=SC2016 # expanded inside
	${IN_PLACE:-} ip netns exec "$host" unshare -m bash -c '
		mount --bind "$1/run" /run/ipsec || exit 99
		shift
		exec "$@"' - "$WORK/$host" "$@"
}

# ours HOST [OPTION...]: starts ipsec-iked there; its log is $WORK/HOST/log
ours() {
	local host=$1
	shift
	mkdir -p "$WORK/$host/run" /run/ipsec
	IN_PLACE="exec" ours_in "$host" ipsec-iked -u nobody -v "$@" 2>> "$WORK/$host/log" &
	echo $! > "$WORK/$host/pid"
	wait_for 20 test -S "$WORK/$host/run/iked.sock" && return
	ike_logs "$host"
	must false # ipsec-iked did not start
}

# up HOST NAME: the interface of that file
up() { ctl_on "$1" up "$WORK/$1/$2.conf"; }

ctl_on() { local host=$1; shift; ours_in "$host" ipsecctl "$@"; }

# conf HOST NAME: a configuration file, from standard input
conf() {
	mkdir -p "$WORK/$1"
	cat > "$WORK/$1/$2.conf"
	chmod 600 "$WORK/$1/$2.conf"
}

stop_ours() {
	kill "$(cat "$WORK/$1/pid")"
	wait "$(cat "$WORK/$1/pid")" 2> /dev/null
}

# charon_options HOST [LINES]: strongswan.conf, with these lines in charon's section; one that
# runs reads it again with "swan HOST --reload-settings"
charon_options() {
	local dir=$WORK/$1
	cat > "$dir/strongswan.conf" <<- END
		charon-systemd {
			load_modular = yes
			install_routes = no
			plugins {
				include /etc/strongswan.d/charon/*.conf
				vici { socket = unix://$dir/vici }
			}
			filelog { log { path = $dir/log
				default = 1
				ike = 2
				flush_line = yes } }
			journal { default = -1 }
			syslog { daemon { default = -1 } }
			${2:-}
		}
		swanctl { load = pem pkcs1 x509 revocation constraints pubkey openssl random }
	END
}

# charon HOST: starts charon-systemd there; swanctl.conf comes on standard input
charon() {
	local host=$1 dir=$WORK/$1
	mkdir -p "$dir/swanctl"/{x509{,ca,crl,aa,ac,ocsp},pubkey,private,rsa,ecdsa,pkcs8,pkcs12,bliss,conf.d}
	cat > "$dir/swanctl/swanctl.conf"
	charon_options "$host" "${CHARON_OPTIONS:-}"
	STRONGSWAN_CONF=$dir/strongswan.conf ip netns exec "$host" charon-systemd &> "$dir/out" &
	echo $! > "$dir/pid"
	wait_for $CHARON_WAIT charon_decided "$host"
	must test -S "$dir/vici"
	must swan "$host" --load-all --noprompt
}

# It is there, or has ended
charon_decided() { test -S "$WORK/$1/vici" || ! kill -0 "$(cat "$WORK/$1/pid")"; }

# swan HOST OPTION...: swanctl
swan() {
	local host=$1
	shift
	SWANCTL_DIR=$WORK/$host/swanctl STRONGSWAN_CONF=$WORK/$host/strongswan.conf \
		ip netns exec "$host" swanctl "$@" --uri "unix://$WORK/$host/vici"
}

# die HOST: the daemon there, as when the power is gone; the kernel keeps what it has
die() {
	{ kill -9 "$(cat "$WORK/$1/pid")"; wait "$(cat "$WORK/$1/pid")"; } 2> /dev/null
	rm -f "$WORK/$1/vici" "$WORK/$1/run/iked.sock"
}
xfrm_forgets() { must ip -n "$1" xfrm state flush; must ip -n "$1" xfrm policy flush; }

# ---- charon's configuration --------------------------------------------------

# connection NAME LOCAL REMOTE [LINES [CHILD-LINES]]: a connection of swanctl.conf, with one
# child of the same name; LOCAL and REMOTE say who they are and how they show it
connection() {
	printf '%s { version = 2\n local { %s }\n remote { %s }\n %s\n children { %s { %s } } }\n' \
		"$1" "$2" "$3" "${4:-}" "$1" "${5:-}"
}
# psk ID: for LOCAL or REMOTE
psk() { printf 'auth = psk\n id = %s' "$1"; }

# swanctl_conf CONNECTION...: all of the file; everybody's key is SECRET
swanctl_conf() {
	printf 'connections {\n'
	printf '%s\n' "$@"
	printf '}\nsecrets { ike { secret = "%s" } }\n' "$SECRET"
}

# ---- two gateways --------------------------------------------------------------
#
#   10.1.0.0/24                ours                    charon              10.2.0.0/24
#             a: 10.1.0.1 -- ipsec0 192.0.2.1 ===== 192.0.2.2 xfrm -- 10.2.0.1 :b

two_gateways() {
	host a b
	wire a eth0 192.0.2.1/24 b eth0 192.0.2.2/24
	must ip -n a addr add 10.1.0.1/24 dev lo
	must ip -n b addr add 10.2.0.1/24 dev lo
	must ip -n b route add 10.1.0.0/24 via 192.0.2.1 src 10.2.0.1
}

# gateway_connection NAME LOCAL REMOTE [LINES [CHILD-LINES]]: as connection, from b to a
gateway_connection() {
	connection "$1" "$2" "$3" "local_addrs = 192.0.2.2
		remote_addrs = 192.0.2.1
		${4:-}" "local_ts = 10.2.0.0/24
		remote_ts = 10.1.0.0/24
		${5:-}"
}

# gateway_b LINES CHILD-LINES: b's swanctl.conf, one connection "site" by pre-shared key
gateway_b() {
	swanctl_conf "$(gateway_connection site "$(psk b.example.org)" "$(psk a.example.org)" "$@")"
}

# gateway_a LINE...: a's file, which matches gateway_b; lines of the peer
gateway_a() {
	conf a ipsec0 <<- END
		[interface]
		id = a.example.org

		[peer b]
		remote = 192.0.2.2
		id = b.example.org
		psk = $SECRET
		networks = 10.2.0.0/24
		local-networks = 10.1.0.0/24
		start = now
		$(printf '%s\n' "$@")
	END
}

# ---- many connections between two hosts ----------------------------------------
#
#   10.1.N.1 -- ipsec0 198.18.1.N ===== 198.18.2.N charon -- 10.2.N.1
#   a, ours                                                b

# numbered_hosts N...: addresses for these
numbered_hosts() {
	local h n
	host a b
	wire a eth0 "" b eth0 ""
	for h in "a 1" "b 2"; do
		for n; do
			printf 'addr add %s dev %s\n' "198.18.${h#* }.$n/16" eth0 "10.${h#* }.$n.1/32" lo
		done | must ip -n "${h% *}" -batch -
	done
	must ip -n b route add 10.1.0.0/16 via 198.18.1.1 src 198.18.2.1
}

# numbered_peer NAME N [LINE...]: a section of a's file
numbered_peer() {
	cat <<- END
		[peer $1]
		remote = 198.18.2.$2
		local = 198.18.1.$2
		id = @b$2.example.org
		local-id = @a$2.example.org
		psk = $SECRET
		$(printf '%s\n' "${@:3}")
	END
}

# numbered_connection NAME N IKE-PROPOSALS [LINE...]: of b, the lines are its child's
numbered_connection() {
	connection "$1" "$(psk "b$2.example.org")" "$(psk "a$2.example.org")" "mobike = no
		local_addrs = 198.18.2.$2
		remote_addrs = 198.18.1.$2
		proposals = $3" "$(printf '%s\n' "${@:4}")"
}

# pair_of PEER EXPRESSION: of each pair (c) of a's IKE SA (s) with that peer, when that is up
pair_of() {
	ctl_on a -j ike status | python3_json \
		"*(x for s in d['sas'] if s['peer'] == '$1' and s['state'] == 'up' for c in s['children'] for x in ($2,))"
}
has_pair() { [[ -n $(pair_of "$1" 1) ]]; }

# close PEER: on both sides
close() {
	ctl_on a ike down ipsec0 "$1"
	wait_for 60 closed "$1" || not_ok "B6.7 $1 is closed" "$(sa_of a "$1" s) $(swan b --list-sas --ike "$1")"
}
closed() { no_sa a "$1" && [[ $(swan b --list-sas --ike "$1" --raw) != *"list-sa event"* ]]; }

# ---- what is and what was --------------------------------------------------------

# counter HOST NAME: of ipsec-iked
counter() {
	ctl_on "$1" -j ike status | python3_json \
		"next(c['value'] for c in d['counters'] if c['name'] == '$2')"
}

# sa_of HOST PEER EXPRESSION: of the IKE SAs with that peer (list s, each with its children)
sa_of() {
	ctl_on "$1" -j ike status |
		python3_json "*(lambda s: ($3,))([s for s in d['sas'] if s['peer'] == '$2'])"
}

# One IKE SA with one child SA that sends
sa_up() {
	[[ $(sa_of "$1" "$2" '[(x["state"], [c["sends"] for c in x["children"]]) for x in s]') \
		== "[('up', [True])]" ]]
}
# comes_up NAME HOST PEER: sa_up, or the logs
comes_up() {
	wait_for 30 sa_up "$2" "$3" && ok "$1" && return
	not_ok "$1" "$(sa_of "$2" "$3" s)"
	ike_logs "$2"
	return 1
}
no_sa() { [[ $(sa_of "$1" "$2" 'len(s)') == 0 ]]; }
sas_are() { [[ $(ctl_on "$1" -j ike status | python3_json 'len(d["sas"])') == "$2" ]]; }

# nft_packets HOST COUNTER: of table ip count
nft_packets() {
	on "$1" nft -j list counter ip count "$2" | python3_json \
		'next(x["counter"]["packets"] for x in d["nftables"] if "counter" in x)'
}

# logged HOST TEXT: in what was logged since mark HOST; charon or ours
mark() { wc -c < "$WORK/$1/log" > "$WORK/$1/mark"; }
since_mark() { tail -c +$(($(cat "$WORK/$1/mark" 2> /dev/null || echo 0) + 1)) "$WORK/$1/log"; }
logged() { [[ $(since_mark "$1") == *"$2"* ]]; }
# logs NAME HOST TEXT [SECONDS]: waits for it
logs() {
	if wait_for "${4:-20}" logged "$2" "$3"; then
		ok "$1"
	else
		not_ok "$1" "$2 did not log \"$3\" but: $(since_mark "$2" | tail -n 12)"
	fi
}

# log_has HOST TEXT: our log there has (or will have) these lines, one behind the other
log_has() { wait_for $LOG_WAIT has_text "$WORK/$1/log" "$2"; }

has_text() {
	local text
	text=$(< "$1")
	[[ $text == *"$2"* ]]
}

# no_keys_logged HOST: neither the keys that are in use, nor the secret of the two
no_keys_logged() {
	local dir=$WORK/$1/export
	mkdir -p "$dir"
	must ctl_on "$1" export wireshark "$dir"
	# keys have 16 bytes or more, IKE SPIs 8
	cat "$dir"/* | grep -oiE '[0-9a-f]{32,}' > "$dir/keys"
	echo "a secret" >> "$dir/keys"
	check "$1: keys to look for" test "$(wc -l < "$dir/keys")" -gt 4
	is "$1: no key in the log" "$(grep -ciFf "$dir/keys" "$WORK/$1/log")" 0
	rm -r "$dir"
}

# Why it did not work: the ends of the logs
ike_logs() {
	local host
	for host; do
		note "log of $host:"
		tail -n 40 "$WORK/$host/log" | sed 's/^/# /' | cut -c1-200
	done
}
