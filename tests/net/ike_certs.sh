#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ike_certs.sh: certificates between ipsec-iked and strongSwan charon: each type of key in
# both roles, chains, mixed methods, and everything that must be refused.
#
#   10.1.0.1/24 lan-a          ours                    charon          lan-b 10.2.0.1/24
#             a: 10.1.0.1 -- ipsec0 192.0.2.1 ===== 192.0.2.2 xfrm -- 10.2.0.1
#
# suite: long
# machine: uml

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_ike.sh"

two_gateways
PKI=$WORK/pki
must /usr/bin/python3 "$(dirname "$0")/ike_pki.py" "$PKI"

# ---- charon: one connection for each certificate of its own ------------------

# theirs NAME OUR-ID LOCAL REMOTE: a connection, and what its sections say
theirs() { gateway_connection "$1" "$3" "id = $2
	$4"; }

# cert NAME [AUTH]: charon's certificate and identity
cert() {
	echo "auth = ${2:-pubkey}
	certs = b-$1.example.org.pem
	id = b-$1.example.org"
}

KINDS="rsa p256 p384 p521 ed25519 chain long"
BAD="expired early other named revoked"

b_config() {
	local kind
	echo "connections {"
	for kind in $KINDS; do
		theirs "$kind" "a-$kind.example.org" "$(cert "$kind")" "auth = pubkey"
	done
	theirs pss a-rsa.example.org "$(cert pss rsa/pss-sha512)" "auth = ike:rsa/pss-sha256-sha384-sha512"
	for kind in $BAD; do
		theirs "$kind" "a-p256.example.org" "$(cert "$kind")" "auth = pubkey"
		theirs "our-$kind" "a-$kind.example.org" "$(cert p384)" "auth = pubkey"
	done
	theirs mixed1 a-mixed1.example.org "$(cert p256)" "auth = psk"
	theirs mixed2 a-p256.example.org "auth = psk
		id = b-mixed2.example.org" "auth = pubkey"
	echo "}
	secrets { ike-1 { id = a-mixed1.example.org
		secret = \"one side has no certificate\" }
	ike-2 { id = b-mixed2.example.org
		secret = \"the other side has none\" } }"
}

mkdir -p "$WORK/b/swanctl"/{x509,x509ca,x509crl,private}
cp "$PKI"/b-*.pem "$WORK/b/swanctl/x509/"
for f in "$PKI"/b-*.key; do cp "$f" "$WORK/b/swanctl/private/"; done
cp "$PKI/ca.crl" "$WORK/b/swanctl/x509crl/"
cp "$PKI/ca.pem" "$PKI"/*-b.pem "$WORK/b/swanctl/x509ca/"
charon b < <(b_config)

# ---- ours --------------------------------------------------------------------

# ours_is OUR-CERT PEER-ID [LINE...]: ipsec0 with that certificate and one peer; the lines
# of [interface] are those in INTERFACE
INTERFACE=
ours_is() {
	local mine=$1 peer=$2
	shift 2
	conf a ipsec0 <<- E
		[interface]
		id = a-$mine.example.org
		${INTERFACE//,/$'\n'}

		[peer b]
		remote = 192.0.2.2
		id = b-$peer.example.org
		networks = 10.2.0.0/24
		local-networks = 10.1.0.0/24
		$(printf '%s\n' "$@")
	E
}

with_cert() { INTERFACE="ca = $PKI/${2:-ca}.pem,cert = $PKI/a-$1.example.org.pem,key = $PKI/a-$1.example.org.key"; }
apply() { must up a ipsec0; must wait_for 10 sas_are a 0; mark a; mark b; }
both_gone() { no_sa a b && [[ -z $(swan b --list-sas) ]]; }
hang_up() { ctl_on a ike down ipsec0 b; wait_for 10 both_gone; }

# works NAME CONNECTION [TEXT...]: traffic after we call, and after charon does; charon's log
# has these texts each time
works() {
	local name=$1 conn=$2
	shift 2
	apply
	check "$name, we call: ike up" ctl_on a ike up ipsec0 b
	wait_for 20 sa_up a b || { not_ok "$name, we call" "no SA"; ike_logs a b; return; }
	pings "$name, we call: traffic" a 10.2.0.1 -I 10.1.0.1
	charon_said "$name: charon signs and verifies so" "$@"
	must hang_up
	mark b
	check "$name, charon calls: initiate" swan b --initiate --timeout 20 --child "$conn"
	wait_for 5 sa_up a b || { not_ok "$name, charon calls" "no SA"; ike_logs a b; return; }
	pings "$name, charon calls: traffic" a 10.2.0.1 -I 10.1.0.1
	charon_said "$name: charon signs and verifies so when it calls" "$@"
	must hang_up
}
# charon_said NAME [TEXT...]: all of them, since the mark
charon_said() {
	local text
	(($# > 1)) || return
	for text in "${@:2}"; do
		wait_for 20 logged b "$text" && continue
		not_ok "$1" "charon did not log \"$text\" but: $(since_mark b | grep authentication)"
		return
	done
	ok "$1"
}

with_cert none
INTERFACE=
ours_is start start "start = no" "psk = nothing is negotiated with it"
ours a

# IP fragments that come to charon
must on b nft -f - << 'END'
table ip count {
	counter fragments { }
	chain in {
		type filter hook prerouting priority -450;
		ip frag-off & 0x3fff != 0 counter name fragments
	}
}
END

for kind in $KINDS; do
	with_cert "$kind"
	before=$(wc -l < "$WORK/b/log")
	ours_is "$kind" "$kind" "start = no"
	case $kind in
	rsa) text="authentication of 'b-rsa.example.org' (myself) with RSA_EMSA_PKCS1_SHA2_256" ;;
	p256) text="authentication of 'b-p256.example.org' (myself) with ECDSA_WITH_SHA256_DER" ;;
	p384) text="authentication of 'b-p384.example.org' (myself) with ECDSA_WITH_SHA384_DER" ;;
	p521) text="authentication of 'b-p521.example.org' (myself) with ECDSA_WITH_SHA512_DER" ;;
	ed25519) text="authentication of 'b-ed25519.example.org' (myself) with ED25519" ;;
	long) text="a-long.example.org' with RSA_EMSA_PSS" ;;
	*) text= ;;
	esac
	works "B4.4 certificate $kind" "$kind" ${text:+"$text"}
done
# "long" was the last: both sides, as initiator and as responder
in_fragments() { [[ $(tail -n "+$((before + 1))" "$WORK/b/log") == *"$1 [ EF(2/"* ]]; }
check "B7.1 the long chain went in fragments" in_fragments "parsed IKE_AUTH request 1"
check "B7.1 and so did charon's" in_fragments "generating IKE_AUTH response 1"
check "B7.1 the long chain went in fragments when charon calls" in_fragments "parsed IKE_AUTH response 1"
check "B7.1 and so did charon's when it calls" in_fragments "generating IKE_AUTH request 1"
is "B7.2 no fragment was wrong" "$(counter a rx_fragment)" 0
is "B7.3 none was so long that IP had to split it" "$(nft_packets b fragments)" 0

# ---- RSA, with both kinds of padding ---------------------------------------------

# ours is PSS always, charon's by its configuration
with_cert rsa
ours_is rsa rsa "start = no"
for pss in no yes; do
	charon_options b "rsa_pss = $pss"
	must swan b --reload-settings
	case $pss in
	no) text=RSA_EMSA_PKCS1_SHA2_256 ;;
	yes) text=RSA_EMSA_PSS_SHA2_256 ;;
	esac
	works "B4.4 RSA, charon has rsa_pss = $pss" rsa "'b-rsa.example.org' (myself) with $text" \
		"'a-rsa.example.org' with RSA_EMSA_PSS_SHA2_256"
done
charon_options b
must swan b --reload-settings

with_cert rsa
ours_is rsa pss "start = no"
works "B4.4 RSA-PSS from both" pss "b-pss.example.org' (myself) with RSA_EMSA_PSS"

# ---- one side has a certificate, the other a key -------------------------------

INTERFACE="ca = $PKI/ca.pem"
ours_is mixed1 p256 "start = no" "auth = psk" "remote-auth = cert" "psk = one side has no certificate"
works "B4.3 our key, charon's certificate" mixed1

with_cert p256
ours_is p256 mixed2 "start = no" "auth = cert" "remote-auth = psk" "psk = the other side has none"
works "B4.3 our certificate, charon's key" mixed2

# ---- what must be refused ------------------------------------------------------

# we_refuse NAME CONNECTION TEXT: charon's certificate, whoever calls
we_refuse() {
	local name=$1 conn=$2 text=$3 n
	apply
	n=$(counter a fail_auth)
	ctl_on a ike up ipsec0 b > /dev/null
	logs "$name, we call: our log" a "$text"
	logs "$name, we call: charon is told" b "N(AUTH_FAILED)"
	is "$name, we call: fail_auth" "$(counter a fail_auth)" $((n + 1))
	check "$name, we call: nothing stays" wait_for 10 both_gone
	ctl_on a ike down ipsec0 b &> /dev/null
	mark a; mark b
	check_fails "$name, charon calls: is told" "received AUTHENTICATION_FAILED notify error" \
		swan b --initiate --timeout 20 --child "$conn"
	logs "$name, charon calls: our log" a "$text"
	is "$name, charon calls: fail_auth" "$(counter a fail_auth)" $((n + 2))
	check "$name, charon calls: nothing stays" wait_for 10 both_gone
}

with_cert p256
for kind in $BAD; do
	case $kind in
	expired) text="the certificate: certificate has expired" ;;
	early) text="the certificate: certificate is not yet valid" ;;
	other) text="the certificate: unable to get local issuer certificate" ;;
	named) text="the certificate is not that of b-named.example.org" ;;
	revoked) text="the certificate: certificate revoked"; INTERFACE+=",crl = $PKI/ca.crl" ;;
	esac
	ours_is p256 "$kind" "start = no"
	we_refuse "B5.3 E4.19 charon's certificate is $kind" "$kind" "$text"
done

with_cert p256
INTERFACE+=",crl-required = yes"
ours_is p256 p256 "start = no"
we_refuse "E4.19 crl-required and no list" p256 "the certificate: unable to get certificate CRL"
INTERFACE+=",crl = $PKI/ca.crl"
ours_is p256 p256 "start = no"
works "crl-required and a list" p256

# ---- directories: what "check" takes, the daemon is given, and nothing else

with_cert p256
INTERFACE="${INTERFACE/"$PKI/ca.pem"/"$PKI/cas"},crl = $PKI/lists,crl-required = yes"
ours_is p256 p256 "start = no"
check "directories in DER: check" ctl_on a check "$WORK/a/ipsec0.conf"
works "directories in DER, and what an editor left there" p256
ours_is p256 revoked "start = no"
we_refuse "E4.19 revoked in a directory" revoked "the certificate: certificate revoked"
ours_is p256 other "start = no"
we_refuse "B5.3 an authority in a file whose name does not count" other \
	"the certificate: unable to get local issuer certificate"

# charon_refuses NAME: ours
charon_refuses() {
	local name=$1 n
	apply
	n=$(counter a fail_auth)
	ctl_on a ike up ipsec0 b > /dev/null
	logs "$name, we call: our log" a "the peer refuses us: AUTHENTICATION_FAILED (its log says why)"
	is "$name, we call: fail_auth" "$(counter a fail_auth)" $((n + 1))
	check "$name, we call: nothing stays" wait_for 10 both_gone
}

for kind in $BAD; do
	with_cert "$kind"
	ours_is "$kind" p384 "start = no"
	charon_refuses "B5.3 our certificate is $kind"
done

# ---- files -------------------------------------------------------------------------

with_cert p256
ours_is p256 p256 "start = no"
chmod 644 "$PKI/a-p256.example.org.key"
check_fails "a private key that others can read: up" \
	"others may read it; run: chmod 600" up a ipsec0
check_fails "a private key that others can read: check" \
	"others may read it; run: chmod 600" \
	ctl_on a check "$WORK/a/ipsec0.conf"
chmod 600 "$PKI/a-p256.example.org.key"
check "and when they cannot: check" ctl_on a check "$WORK/a/ipsec0.conf"
sed -i "s,a-p256.example.org.key,a-p384.example.org.key," "$WORK/a/ipsec0.conf"
check_fails "the key of another certificate" "is not that of" up a ipsec0
finish
