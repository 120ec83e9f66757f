# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib_ike.sh - IKE daemons on hosts of lib.sh, sourced behind it: ours, and strongSwan's
# charon on the stock kernel's xfrm, each with its own files in $WORK/HOST.
#
# A host that runs ipsec-iked has its own /run/ipsec, and its files in $WORK/HOST; one that runs charon has its own
# configuration and vici socket.

LOG_WAIT=60				# seconds; charon takes its time to load

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

# charon HOST: starts charon-systemd there; swanctl.conf comes on standard input
charon() {
	local host=$1 dir=$WORK/$1
	mkdir -p "$dir/swanctl"/{x509{,ca,crl,aa,ac,ocsp},pubkey,private,rsa,ecdsa,pkcs8,pkcs12,bliss,conf.d}
	cat > "$dir/swanctl/swanctl.conf"
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
			${CHARON_OPTIONS:-}
		}
		swanctl { load = pem pkcs1 x509 revocation constraints pubkey openssl random }
	END
	STRONGSWAN_CONF=$dir/strongswan.conf ip netns exec "$host" charon-systemd &> "$dir/out" &
	echo $! > "$dir/pid"
	must wait_for $LOG_WAIT test -S "$dir/vici"
	must swan "$host" --load-all --noprompt
}

# swan HOST OPTION...: swanctl
swan() {
	local host=$1
	shift
	SWANCTL_DIR=$WORK/$host/swanctl STRONGSWAN_CONF=$WORK/$host/strongswan.conf \
		ip netns exec "$host" swanctl "$@" --uri "unix://$WORK/$host/vici"
}

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
no_sa() { [[ $(sa_of "$1" "$2" 'len(s)') == 0 ]]; }
sas_are() { [[ $(ctl_on "$1" -j ike status | python3_json 'len(d["sas"])') == "$2" ]]; }

# logged HOST TEXT: in what was logged since mark HOST; charon or ours
mark() { wc -c < "$WORK/$1/log" > "$WORK/$1/mark"; }
since_mark() { tail -c +$(($(cat "$WORK/$1/mark" 2> /dev/null || echo 0) + 1)) "$WORK/$1/log"; }
logged() { since_mark "$1" | grep -qF -- "$2"; }
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
