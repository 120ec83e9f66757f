# SPDX-License-Identifier: MIT
#
# completion.bash - completion of ipsecctl(8) for bash.  It offers the words of
# the grammar, and the names of interfaces and peers that exist.

# Names of interfaces: those that the kernel shows, which needs privileges.
_ipsecctl_devs() {
	ipsecctl -j dev show 2> /dev/null |
		sed -n 's/^ *"ifname": *"\([^"]*\)",*$/\1/p'
}

_ipsecctl_peers() {
	ipsecctl -j peer show "$1" 2> /dev/null |
		sed -n 's/^ *"name": *"\([^"]*\)",*$/\1/p'
}

_ipsecctl_spis() {
	ipsecctl sa show "$1" "$2" 2> /dev/null |
		sed -n "s/^.* $3 *\(0x[0-9a-f]*\) .*/\1/p"
}

_ipsecctl_links() {
	local path
	for path in /sys/class/net/*; do
		[[ -L $path ]] && echo "${path##*/}"
	done
}

# Interfaces that have a configuration file.
_ipsecctl_confs() {
	local path
	for path in /etc/ipsec/*.conf; do
		[[ -e $path ]] && basename "$path" .conf
	done
}

# The options of a command that are not on the line; "selector" may repeat.
_ipsecctl_options() {
	local option word used
	for option; do
		used=
		for word in "${words[@]}"; do
			[[ $word == "$option" && $option != selector ]] && used=1
		done
		[[ $used ]] || echo "$option"
	done
}

# What may follow the words of a command, of which there are $#.
_ipsecctl_next() {
	local words=("$@") n=$#
	local command="$1 ${2-}" last=${*: -1}

	case $last in
	encr)
		echo 3des-cbc null aes-cbc aes-ctr aes-ccm-{8,12,16} aes-gcm-{8,12,16} null-aes-gmac camellia-cbc chacha20-poly1305
		return
		;;
	auth)
		echo hmac-md5-96 hmac-sha1-96 aes-xcbc-96 aes-cmac-96 aes-{128,192,256}-gmac \
			hmac-sha2-{256-128,384-192,512-256,256-96}
		return
		;;
	esn | decap-dscp | spread) echo on off; return ;;
	proto) echo esp ah; return ;;
	mode) echo tunnel transport; return ;;
	protect) echo esp ah esp+ah; return ;;
	df) echo copy set clear; return ;;
	dscp) echo copy; return ;;
	ttl | flowlabel) echo auto; return ;;
	encap) ((n > 1)) && echo off; return ;;
	keepalive) echo off; return ;;
	link) _ipsecctl_links; [[ ${2-} == set ]] && echo none; return ;;
	local) [[ $command == "peer set" ]] && echo any; return ;;
	key | auth-key) return ;;
	spi) # the number of an SA; "spi" is a command, too
		if [[ $1 == sa ]]; then
			[[ ${2-} == add || ${2-} == replace ]] || _ipsecctl_spis "${3-}" "${4-}" "${5-}"
			return
		fi ;;
	mtu) [[ ${2-} == set ]] && echo auto; return ;;
	fwmark | remote | selector | seq | replay-window | tfc | count | length | min | max | netnsid) return ;;
	soft-* | hard-*) return ;;
	esac
	# the remote port
	((n > 1)) && [[ ${words[n - 2]} == encap && $last != off ]] && return

	case $command in
	" ") echo dev peer sa spi show monitor encap dummy flush algs up down check ike export help --json --help --version ;;
	"help "*)
		case $n:${2-} in
		1:*) echo dev peer sa spi show monitor encap dummy flush algs up down check ike export ;;
		2:ike) echo status up down rekey log ;;
		2:export) echo wireshark ;;
		2:dev) echo add set del show ;;
		2:peer) echo add set del show ;;
		2:sa) echo add replace set del show ;;
		2:spi) echo add ;;
		esac ;;
	"monitor ") echo drops all ;;
	"dev ") echo add set del show ;;
	"peer ") echo add set del show ;;
	"sa ") echo add replace set del show ;;
	"spi ") echo add ;;
	"flush ") echo sa peer ;;
	"up " | "down " | "check ") _ipsecctl_confs ;;
	"ike ") echo status up down rekey log ;;
	"ike up" | "ike down" | "ike rekey")
		case $n in
		2) _ipsecctl_devs ;;
		3) _ipsecctl_peers "$3" ;;
		4) [[ $2 == rekey ]] && echo ike ;;
		esac ;;
	"export ") echo wireshark ;;
	"flush "* | "dev del" | "dev show")
		if ((n == 2)); then _ipsecctl_devs; else _ipsecctl_options netnsid; fi ;;
	"dev add") ((n > 2)) && _ipsecctl_options link fwmark mtu df dscp decap-dscp ttl flowlabel spread ;;
	"dev set")
		if ((n == 2)); then _ipsecctl_devs; else _ipsecctl_options link fwmark mtu df dscp decap-dscp ttl flowlabel spread; fi ;;
	"dummy "*)
		case $n in
		1) _ipsecctl_devs ;;
		2) _ipsecctl_peers "$2" ;;
		*) _ipsecctl_options count length netnsid ;;
		esac ;;
	"peer "* | "sa "* | "spi "*) _ipsecctl_next_object "$@" ;;
	esac
}

# The same for what is about a peer.
_ipsecctl_next_object() {
	local words=("$@") n=$#
	local life=(soft-bytes hard-bytes soft-packets hard-packets soft-seconds hard-seconds)
	local suite=(proto mode encr key auth auth-key esn insecure ah-align8)

	if ((n == 2)); then
		_ipsecctl_devs
		return
	elif ((n == 3)); then
		[[ "$1 $2" == "peer add" ]] || _ipsecctl_peers "$3"
		return
	elif [[ $1 == sa && $2 != show ]] && ((n == 4)); then
		if [[ $2 == replace ]]; then echo out; else echo in out; fi
		return
	fi
	case "$1 $2" in
	"peer add" | "peer set") _ipsecctl_options remote local selector protect encap keepalive netnsid ;;
	"sa add") _ipsecctl_options spi "${suite[@]}" replay-window seq tfc "${life[@]}" netnsid ;;
	"sa replace") _ipsecctl_options spi "${suite[@]}" seq tfc "${life[@]}" netnsid ;;
	"sa set") _ipsecctl_options spi proto seq netnsid ;;
	"sa del") _ipsecctl_options spi proto netnsid ;;
	"spi add") _ipsecctl_options proto min max netnsid ;;
	*) _ipsecctl_options netnsid ;;
	esac
}

_ipsecctl() {
	local current=${COMP_WORDS[COMP_CWORD]} words=() i

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -[jhV] || ${COMP_WORDS[i]} == --* ]] ||
			words+=("${COMP_WORDS[i]}")
	done
	COMPREPLY=()
	if ((${#words[@]})) && [[ ${words[-1]} == key || ${words[-1]} == auth-key ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		compopt -o filenames 2> /dev/null
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$(_ipsecctl_next "${words[@]}")" -- "$current")
}

complete -F _ipsecctl ipsecctl
