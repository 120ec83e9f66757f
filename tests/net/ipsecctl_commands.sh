#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ipsecctl_commands.sh - every command of ipsecctl against the kernel: what it makes
# is what is shown, as JSON too; what the kernel refuses is said in its words.
#
#   gw: ipsec0, wan 192.0.2.1 ===== 192.0.2.2 far

. "$(dirname "$0")/lib.sh"

host gw far
wire gw wan "192.0.2.1/24 2001:db8::1/64" far wan "192.0.2.2/24 2001:db8::2/64"
ctl() { on gw ipsecctl "$@"; }
# json NAME FILTER WANT COMMAND...: of the JSON that it prints
json() {
	local name=$1 filter=$2 want=$3 out
	shift 3
	out=$(ctl -j "$@" | jq -c "$filter" 2>&1)
	is "$name" "$out" "$want"
}
K20=$(key_file x 20) K36=$(key_file y 36)

# ---- dev -------------------------------------------------------------------

json "no interface: dev show" . '[]' dev show
json "no interface: show" . '{"interfaces":[]}' show
check "dev add" ctl dev add ipsec0
json "dev show: all fields" '.[0] | [keys[], .ifname, .link, .fwmark, .mtu, .mtu_auto, .operstate, .peer_count, .sa_count]' \
	'["decap_dscp","df","dscp","flowlabel","fwmark","ifindex","ifname","link","mtu","mtu_auto","operstate","peer_count","sa_count","spread","stats","ttl","ipsec0",null,0,1400,true,"down",0,0]' \
	dev show ipsec0
json "dev show: ifindex" '.[0].ifindex' "$(on gw cat /sys/class/net/ipsec0/ifindex)" dev show
check "dev set" ctl dev set ipsec0 link wan fwmark 0x10 mtu 1350
json "dev show: what was set" '.[0] | [.link, .fwmark, .mtu, .mtu_auto]' '["wan",16,1350,false]' dev show ipsec0
check "dev set mtu auto" ctl dev set ipsec0 mtu auto
json "dev show: the MTU is automatic again" '.[0].mtu_auto' true dev show ipsec0
must ctl dev set ipsec0 mtu 1350
check "dev add with everything" ctl dev add ipsec1 link wan fwmark 7 mtu 1290
json "dev show: several" '[.[] | [.ifname, .link, .fwmark, .mtu]]' '[["ipsec0","wan",16,1350],["ipsec1","wan",7,1290]]' dev show
check "dev del" ctl dev del ipsec1
json "dev show: one is left" '[.[].ifname]' '["ipsec0"]' dev show
check "dev set: the link none" ctl dev set ipsec0 link none fwmark 0
outer='.[0] | [.df, .dscp, .decap_dscp, .ttl, .flowlabel]'
json "dev show: outer headers" "$outer" '["copy","copy",false,"auto",0]' dev show ipsec0
check "dev set: outer headers" ctl dev set ipsec0 df clear dscp 46 decap-dscp on ttl 64 flowlabel auto
json "dev show: outer headers that were set" "$outer" '["clear",46,true,64,"auto"]' dev show ipsec0
check "dev show for people has them" grep -qx "  outer headers: df clear, dscp 46, decap-dscp on, ttl 64, flowlabel auto" \
	<<<"$(ctl dev show ipsec0)"
check "dev set: the defaults" ctl dev set ipsec0 df copy dscp copy decap-dscp off ttl auto flowlabel 0
json "dev show: the defaults again" "$outer" '["copy","copy",false,"auto",0]' dev show ipsec0
json "dev show: CPUs share the work" '.[0].spread' true dev show ipsec0
is "dev show for people has no word of it" "$(ctl dev show ipsec0 | grep -c spread)" 0
check "dev set spread off" ctl dev set ipsec0 spread off
json "dev show: they do not" '.[0].spread' false dev show ipsec0
check "dev show for people says so" grep -q "^ipsec0: down.*, spread off, 0 peers" <<<"$(ctl dev show ipsec0)"
check "dev set of something else" ctl dev set ipsec0 ttl auto
json "dev show: it stays off" '.[0].spread' false dev show ipsec0
check "dev set spread on" ctl dev set ipsec0 spread on
json "dev show: on again" '.[0].spread' true dev show ipsec0
check "dev add spread off" ctl dev add ipsec1 spread off
json "dev show: off from the beginning" '.[0].spread' false dev show ipsec1
check "dev del" ctl dev del ipsec1

# ---- peer ------------------------------------------------------------------

check "peer add" ctl peer add ipsec0 p remote 192.0.2.2
json "peer show: all fields" '.[0] | [keys[], .name, .remote, .selectors, .rx_sas]' \
	'["encap","held","ifindex","ifname","keepalive","mtu","name","protect","remote","rx_sas","selectors","p","192.0.2.2",["0.0.0.0/0","::/0"],0]' peer show ipsec0 p
check "peer add with everything" ctl peer add ipsec0 q remote 2001:db8::2 local 2001:db8::1 \
	selector 10.1.0.0/16 selector fd01::/32 selector 10.2.3.4/32
json "peer show: everything" '.[0] | [.remote, .local, .selectors]' \
	'["2001:db8::2","2001:db8::1",["10.1.0.0/16","fd01::/32","10.2.3.4/32"]]' peer show ipsec0 q
check "peer set remote" ctl peer set ipsec0 p remote 192.0.2.3
check "peer set local" ctl peer set ipsec0 p local 192.0.2.1
json "peer show: what was set" '.[0] | [.remote, .local, .selectors]' \
	'["192.0.2.3","192.0.2.1",["0.0.0.0/0","::/0"]]' peer show ipsec0 p
check "peer set local any, and selectors" ctl peer set ipsec0 p local any selector 10.9.0.0/16
json "peer show: set again" '.[0] | [.remote, .local, .selectors]' '["192.0.2.3",null,["10.9.0.0/16"]]' peer show ipsec0 p
check "peer set protect" ctl peer set ipsec0 p protect esp+ah
json "peer show: what protects" '.[0].protect' '"esp+ah"' peer show ipsec0 p
check "peer show for people: what is missing" grep -qF "no SA to send on, no ah SA to send on, receives on 0 SAs" \
	<<<"$(ctl peer show ipsec0 p)"
check "peer set protect esp" ctl peer set ipsec0 p protect esp
nat='.[0] | [.encap, .keepalive, .held]'
json "peer show: not in UDP" "$nat" '[null,0,0]' peer show ipsec0 p
check "peer set encap" ctl peer set ipsec0 p encap 4500 61234 keepalive 20
json "peer show: in UDP" "$nat" '[{"local":4500,"remote":61234},20,0]' peer show ipsec0 p
check "peer show for people: in UDP" grep -qF "in UDP, ports 4500 to 61234, keepalive 20 s" <<<"$(ctl peer show ipsec0 p)"
check "peer set encap off" ctl peer set ipsec0 p encap off keepalive off
json "peer show: not in UDP any more" "$nat" '[null,0,0]' peer show ipsec0 p
json "peer show: all of an interface" '[.[].name]' '["p","q"]' peer show ipsec0
json "peer show: all" 'length' 2 peer show
check "peer del" ctl peer del ipsec0 q
json "peer show: one is left" '[.[].name]' '["p"]' peer show

# ---- sa --------------------------------------------------------------------

check "sa add in" ctl sa add ipsec0 p in spi 0x1001 encr aes-gcm-16 key "$K20"
json "sa show: all fields" '.[0] | del(.stats, .driver, .ifindex, .age)' \
	'{"ifname":"ipsec0","peer":"p","dir":"in","spi":"0x00001001","proto":"esp","mode":"tunnel","encr":"aes-gcm-16","key_bits":128,"auth":null,"esn":true,"insecure":false,"ah_align8":false,"replay_window":1024,"seq":0,"life":{"soft_bytes":0,"hard_bytes":0,"soft_packets":0,"hard_packets":0,"soft_seconds":0,"hard_seconds":0},"limits_met":[]}' \
	sa show ipsec0 p
check "sa add in with everything" ctl sa add ipsec0 p in spi 4098 encr chacha20-poly1305 key "$K36" \
	esn off replay-window 64 seq 77
json "sa show: everything" '.[] | select(.spi == "0x00001002") | [.encr, .key_bits, .esn, .replay_window, .seq]' \
	'["chacha20-poly1305",256,false,64,77]' sa show
check "sa add out" ctl sa add ipsec0 p out spi 0x2001 encr aes-gcm-16 key "$K36" seq 5
json "sa show: out" '.[] | select(.dir == "out") | [.spi, .key_bits, .seq, .replay_window]' '["0x00002001",256,5,null]' sa show ipsec0
json "peer show: the SAs" '.[0] | [.tx_spi, .rx_sas]' '["0x00002001",2]' peer show
check "sa set" ctl sa set ipsec0 p out spi 0x2001 seq 100
json "sa show: what was set" '.[] | select(.dir == "out").seq' 100 sa show
check "sa replace" ctl sa replace ipsec0 p out spi 0x2002 encr aes-gcm-16 key "$K20" esn off
json "sa show: the new one only" '[.[] | select(.dir == "out") | .spi, .esn]' '["0x00002002",false]' sa show
check "sa del in" ctl sa del ipsec0 p in spi 0x1001
check "sa del out" ctl sa del ipsec0 p out spi 0x2002
json "sa show: one is left" '[.[].spi]' '["0x00001002"]' sa show
check "a key from standard input" ctl sa add ipsec0 p in spi 0x1003 encr aes-gcm-16 key - <"$K20"
check "a key with white space and 0x" ctl sa add ipsec0 p in spi 0x1004 encr aes-gcm-16 key - \
	<<<"  0x$(cut -c1-20 "$K20") $(cut -c21- "$K20")
"

# limits
check "sa add with limits" ctl sa add ipsec0 p in spi 0x1005 encr aes-gcm-16 key "$K20" soft-bytes 1g hard-bytes 2g \
	soft-packets 3 hard-packets 4 soft-seconds 500 hard-seconds 600
json "sa show: the limits" '.[] | select(.spi == "0x00001005") | [.life[], .limits_met, .age < 60]' \
	'[1073741824,2147483648,3,4,500,600,[],true]' sa show
check "sa show for people: the limits" grep -qF "limits: soft-bytes 1073741824, hard-bytes 2147483648, soft-packets 3," <<<"$(ctl sa show)"
must ctl sa del ipsec0 p in spi 0x1005

# TFC padding
tfc='[.[] | select(.dir == "out") | .spi, .tfc]'
check "sa replace with tfc" ctl sa replace ipsec0 p out spi 0x2009 encr aes-gcm-16 key "$K36" tfc 1400
json "A1.6 sa show: TFC padding" "$tfc" '["0x00002009",1400]' sa show
json "A1.6 sa show: inbound SAs have none" 'map(has("tfc"))' '[true,false,false,false]' sa show
check "A1.6 sa show for people: TFC padding" grep -qF "esn on, tfc 1400, seq 0" <<<"$(ctl sa show)"
check "sa replace without" ctl sa replace ipsec0 p out spi 0x200a encr aes-gcm-16 key "$K36"
json "A1.6 sa show: no TFC padding any more" "$tfc" '["0x0000200a",0]' sa show
check "sa show for people: none" eval '! grep -q tfc <<<"$(ctl sa show)"'
must ctl sa del ipsec0 p out spi 0x200a

# what an SA is made of, and an SPI that both protocols use
made='[.[] | select(.spi == "0x00001005") | [.proto, .mode, .encr, .auth, .insecure, .ah_align8]]'
K32=$(key_file z 32)
check "sa add with a cipher and an integrity algorithm" ctl sa add ipsec0 p in spi 0x1005 mode transport \
	encr aes-cbc key "$K32" auth hmac-sha2-256-128 auth-key "$K32"
check "peer set protect" ctl peer set ipsec0 p protect esp+ah
check "sa add proto ah, the same SPI" ctl sa add ipsec0 p in spi 0x1005 proto ah auth hmac-sha2-256-128 \
	auth-key - ah-align8 <"$K32"
json "sa show: both" "$made" \
	'[["esp","transport","aes-cbc","hmac-sha2-256-128",false,false],["ah","tunnel",null,"hmac-sha2-256-128",false,true]]' sa show
check "sa del: esp unless it says ah" ctl sa del ipsec0 p in spi 0x1005
check "sa set proto ah" ctl sa set ipsec0 p in spi 0x1005 proto ah seq 9
json "sa show: ah is left" '[.[] | select(.spi == "0x00001005") | .proto, .seq]' '["ah",9]' sa show
check "sa del proto ah" ctl sa del ipsec0 p in spi 0x1005 proto ah
must ctl peer set ipsec0 p protect esp
check "sa add encr null without a key" ctl sa add ipsec0 p in spi 0x1005 encr null auth hmac-sha2-256-128 auth-key "$K32"
json "sa show: no key" '[.[] | select(.spi == "0x00001005") | .encr, .key_bits]' '["null",0]' sa show
must ctl sa del ipsec0 p in spi 0x1005

# an SPI for an SA to come
is "spi add prints the SPI" "$(ctl spi add ipsec0 p min 0x5001 max 0x5001)" 0x00005001
json "spi add: all fields" 'del(.ifindex)' \
	'{"ifname":"ipsec0","peer":"p","spi":"0x00005001","proto":"ah","seconds":30}' spi add ipsec0 p proto ah min 0x5001 max 20481
check "spi add: any SPI" grep -qxE '0x[0-9a-f]{8}' <<<"$(ctl spi add ipsec0 p)"
json "spi add: it is no SA" '[.[] | select(.spi == "0x00005001")]' '[]' sa show
check "sa add takes it" ctl sa add ipsec0 p in spi 0x5001 encr aes-gcm-16 key "$K20"
check "sa del, and sa del proto ah of what is reserved" eval \
	'ctl sa del ipsec0 p in spi 0x5001 && ctl sa del ipsec0 p in spi 0x5001 proto ah'

# ---- show, flush, algs -----------------------------------------------------

json "show: the tree" '[.interfaces[] | .ifname, (.peers[] | .name, (.sas[] | .spi))]' \
	'["ipsec0","p","0x00001002","0x00001003","0x00001004"]' show
out=$(ctl show)
for word in ipsec0 "peer p" 192.0.2.3 0x00001003 10.9.0.0/16 chacha20-poly1305; do
	check "show for people has $word" grep -qF -- "$word" <<<"$out"
done
for cmd in "dev show" "peer show" "sa show" algs; do
	# shellcheck disable=SC2086 # words
	check "$cmd for people says something" eval '[[ -n $(on gw ipsecctl $cmd) ]]'
done
check "flush sa of an interface" ctl flush sa ipsec0
json "no SA is left" . '[]' sa show
check "flush peer" ctl flush peer
json "no peer is left" . '[]' peer show
known='select(.number == 20 or .number == 28 or .auth == "hmac-sha2-256-128")'
json "algs" "map($known | [.[.type], .number, .key_bits, .salt_bits, .iv_len, .icv_len])" \
	'[["aes-gcm-16",20,[128,192,256],32,8,16],["chacha20-poly1305",28,[256],32,8,16],["hmac-sha2-256-128",12,[256],0,0,16]]' algs
json "algs: somebody computes them" "[.[] | $known | .driver | length > 0]" '[true,true,true]' algs
json "algs: what is insecure" 'map(select(.insecure) | .[.type])' '["3des-cbc","hmac-md5-96","hmac-sha1-96"]' algs
json "algs: what is for ah only" 'map(select(.ah_only) | .auth)' '["aes-128-gmac","aes-192-gmac","aes-256-gmac"]' algs
json "algs: every name is known" '[.[] | .[.type] | select(test("^[0-9]+$"))]' '[]' algs

# ---- what the kernel refuses is said in its words --------------------------

must ctl peer add ipsec0 p remote 192.0.2.2 selector 10.1.0.0/16
must ctl peer add ipsec0 q remote 192.0.2.3 selector 10.2.0.0/16
must ctl sa add ipsec0 p in spi 0x1001 encr aes-gcm-16 key "$K20"
must ctl sa add ipsec0 p out spi 0x2001 encr aes-gcm-16 key "$K20" seq 10
state() { ctl -j show | jq 'del(.. | .age?)'; }
state=$(state)
usage() { # what it knows itself: status 2
	local text=$1 out rc=0
	shift
	out=$(ctl "$@" 2>&1) || rc=$?
	[[ $rc == 2 && $out == *"$text"* ]] && ok "usage: $*" || not_ok "usage: $*" "$rc $out"
}
# says_of SENTENCE ABOUT COMMAND...: status 1, and one line: what it was about, the sentence
says_of() {
	local sentence=$1 about=$2 out rc=0
	shift 2
	out=$(ctl "$@" 2>&1) || rc=$?
	is "refused: $*" "$rc $out" "1 ipsecctl: $about: $sentence"
}
no_dev="there is no ipsec interface of that name with its underlay in this namespace"
add="sa add ipsec0 p"
says_of "$no_dev" "dev show ipsec7" dev show ipsec7
says_of "$no_dev" "peer add ipsec7 x" peer add ipsec7 x remote 192.0.2.9
says_of "an outer address cannot be unspecified" "peer add ipsec0 x" peer add ipsec0 x remote 0.0.0.0
says_of "an outer address cannot be multicast or broadcast" "peer add ipsec0 x" peer add ipsec0 x remote ff02::1
says_of "the local and the remote address differ in family" "peer add ipsec0 x" peer add ipsec0 x remote 192.0.2.9 local 2001:db8::1
says_of "a selector has bits set beyond its prefix length" "peer add ipsec0 x" peer add ipsec0 x remote 192.0.2.9 selector 10.0.0.1/8
says_of "a selector belongs to another peer of the interface already" "peer set ipsec0 q" peer set ipsec0 q selector 10.1.0.0/16
says_of "the interface has a peer of that name already" "peer add ipsec0 p" peer add ipsec0 p remote 192.0.2.9 selector 10.3.0.0/16
says_of "a peer's name consists of letters, digits and . _ : -" "peer add ipsec0 a/b" peer add ipsec0 a/b remote 192.0.2.9
says_of "the interface has no peer of that name" "peer del ipsec0 x" peer del ipsec0 x
says_of "the interface has no peer of that name" "sa add ipsec0 x" sa add ipsec0 x in spi 0x1009 encr aes-gcm-16 key "$K20"
# shellcheck disable=SC2086 # words
{
	says_of "SPIs 0 to 255 are reserved (RFC 4303); use 256 or more" "$add" $add in spi 255 encr aes-gcm-16 key "$K20"
	says_of "the SPI is already in use by an inbound SA of this namespace" "$add" $add in spi 0x1001 encr aes-gcm-16 key "$K20"
	says_of "the peer has an outbound SA already; replace it" "$add" $add out spi 0x2002 encr aes-gcm-16 key "$K20"
	says_of "chacha20-poly1305 takes 36 bytes: a key of 32 and 4 of salt" "$add" $add in spi 0x1009 encr chacha20-poly1305 key "$K20"
	says_of "a replay window has 32 to 8192 packets, or 0 for none" "$add" $add in spi 0x1009 encr aes-gcm-16 key "$K20" replay-window 31
	says_of "extended sequence numbers need a replay window" "$add" $add in spi 0x1009 encr aes-gcm-16 key "$K20" replay-window 0
	says_of "an outbound SA has no replay window" "sa add ipsec0 q" sa add ipsec0 q out spi 0x1009 encr aes-gcm-16 key "$K20" replay-window 64
}
says_of "SPIs 0 to 255 are reserved (RFC 4303); use 256 or more" "spi add ipsec0 p" spi add ipsec0 p min 255 max 300
says_of "the range of SPIs ends before it begins" "spi add ipsec0 p" spi add ipsec0 p min 300 max 299
says_of "a range of SPIs has two ends; give both or neither" "spi add ipsec0 p" spi add ipsec0 p min 300
says_of "all SPIs of the range are in use" "spi add ipsec0 q" spi add ipsec0 q min 0x1001 max 0x1001
says_of "the interface has no peer of that name" "spi add ipsec0 x" spi add ipsec0 x
must ctl spi add ipsec0 q min 0x1008 max 0x1008
says_of "the SPI is reserved for another peer" "sa add ipsec0 p" sa add ipsec0 p in spi 0x1008 encr aes-gcm-16 key "$K20"
says_of "TFC padding is to at most 65535 bytes, or 0 for none" "sa add ipsec0 q" sa add ipsec0 q out spi 0x1009 encr aes-gcm-16 key "$K20" tfc 65536
says_of "an inbound SA does not pad: TFC padding is the sender's" "sa add ipsec0 q" sa add ipsec0 q in spi 0x1009 encr aes-gcm-16 key "$K20" tfc 100
says_of "the interface is down" "dummy ipsec0 p" dummy ipsec0 p
says_of "the interface has no peer of that name" "dummy ipsec0 x" dummy ipsec0 x count 3 length 100
says_of "$no_dev" "dummy ipsec7 p" dummy ipsec7 p
says_of "a sequence number moves forward only" "sa set ipsec0 p" sa set ipsec0 p out spi 0x2001 seq 9
says_of "the peer has no inbound SA with that SPI" "sa del ipsec0 p" sa del ipsec0 p in spi 0x9999
says_of "$no_dev" "flush ipsec7" flush sa ipsec7
usage "unknown word" peer frobnicate
usage "the peer is missing" dummy ipsec0
usage "out of range (1..1000)" dummy ipsec0 p count 1001
usage "remote is missing" peer add ipsec0 x
usage "is not" sa add ipsec0 p sideways spi 5
usage "out of range" sa add ipsec0 p in spi 4294967296 encr aes-gcm-16 key "$K20"
usage "is given twice" dev set ipsec0 fwmark 1 fwmark 2
usage "is out of range" peer add ipsec0 x remote 192.0.2.9 selector 10.0.0.0/33
usage "longer than 15" dev add abcdefghijklmnop
usage "" sa add ipsec0 p in spi 0x1009 encr aes-gcm-16 key "$(cat "$K20")"
usage "cannot both be the standard input" sa add ipsec0 p in spi 0x1009 encr aes-cbc key - auth hmac-sha2-256-128 auth-key -
usage "ah does not encrypt" sa add ipsec0 p in spi 0x1009 proto ah encr aes-gcm-16 key "$K20"
is "nothing of that has changed anything" "$(state)" "$state"
for what in peer sa; do
	check_fails "$what show of no interface" "$no_dev" ctl $what show ipsec7
done
check_fails "an SA of no peer is shown: an error" "the interface has no peer of that name" ctl sa show ipsec0 x

# ---- encap -----------------------------------------------------------------

ip netns exec gw ipsecctl encap 4500 >"$WORK/encap" &
encap=$!
check "encap says that it listens" wait_for 10 grep -q "listening$" "$WORK/encap"
is "encap holds the port, IPv4 and IPv6" "$(on gw ss -Hlun 'sport = 4500' | wc -l)" 2
says_of "the UDP port 4500 is in use (IPv4): an IKE daemon that holds it receives ESP too" encap encap 4500
on gw bash -c 'for i in {1..20}; do echo noise >/dev/udp/127.0.0.1/4500; done'
drained() { [[ $(on gw ss -Hlun4 'sport = 4500' | awk '{ print $2 }') == 0 ]]; }
check "encap throws away what is not ESP" wait_for 5 drained
check "encap runs until it is stopped" kill $encap
wait $encap 2>/dev/null
usage "out of range" encap 65536

# ---- keys ------------------------------------------------------------------

hex=$(cat "$K20")
all=$(ctl show; ctl -j show; ctl sa show; ctl -j sa show; ctl -j peer show; ctl algs
	ctl sa add ipsec0 p in spi 0x1009 encr chacha20-poly1305 key "$K20" 2>&1
	ctl sa add ipsec0 p in spi 0x1009 encr aes-gcm-16 key "$hex" 2>&1)
is "no key in any output" "$(grep -ciE "${hex:0:12}|${hex:20:12}" <<<"$all")" 0
# the process waits for its key: what ps shows of it meanwhile
mkfifo "$WORK/fifo"
on gw ipsecctl sa add ipsec0 p in spi 0x1010 encr aes-gcm-16 key - <"$WORK/fifo" &
exec 9>"$WORK/fifo"
check "ipsecctl waits for its key" wait_for 10 pgrep -x ipsecctl
echo "$hex" >&9
is "no key in the command line" "$(tr '\0' ' ' <"/proc/$(pgrep -x ipsecctl)/cmdline" 2>/dev/null | grep -c "${hex:0:12}")" 0
exec 9>&-
wait $!
json "and takes it" '[.[] | select(.spi == "0x00001010")] | length' 1 sa show
chmod 644 "$K20"
out=$(ctl sa add ipsec0 p in spi 0x1011 encr aes-gcm-16 key "$K20" 2>&1)
is "a key file that others can read: a warning" "$? $out" \
	"0 ipsecctl: sa add ipsec0 p: warning: key file $K20 can be read by group or others"
chmod 600 "$K20"
is "no key in the kernel's log" "$(dmesg | grep -ci "${hex:0:12}")" 0

# ---- help ------------------------------------------------------------------

help=$(ctl help)
# the manual's words without its markup, on one line
manual=$(sed 's/\\&//g; s/\\//g' "$IPSEC_TOP/docs/ipsecctl.8" | tr '\n' ' ')
commands=$(sed -n 's/^\t{ "\([a-z ]*\)", .*/\1/p' "$IPSEC_TOP/tools/ipsecctl/main.c")
options=$(sed -n 's/.*{ "\([a-z0-9-]*\)", option_.*/\1/p' "$IPSEC_TOP"/tools/ipsecctl/parse_*.c | sort -u)
check "the tables of commands and options were found" \
	eval '(($(wc -l <<<"$commands") >= 15 && $(wc -l <<<"$options") >= 10))'
missing=
while read -r cmd; do
	[[ $help == *"ipsecctl $cmd"* ]] || missing+=" help:$cmd"
	# shellcheck disable=SC2086 # words
	ctl help $cmd >/dev/null || missing+=" help-of:$cmd"
	[[ $manual == *"Cm $cmd"* ]] || missing+=" manual:$cmd"
done <<<"$commands"
is "help and the manual name every command" "$missing" ""
for word in $options; do
	[[ $manual == *"Cm $word"* ]] || missing+=" $word"
done
is "the manual names every option" "$missing" ""
check "--help" ctl --help
check "--version" ctl --version
usage "help" frobnicate
finish
