# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# iked.sh - for the unit tests of the IKE daemon, sourced by their run scripts, which
# set $here: builds the tools with the sanitizers once, and programs against them.
#
# shellcheck disable=SC2154,SC2034 # set, and read, by who sources this

top=$(readlink -f "$here/../../..")
OUT=$(readlink -m "${OUT:-$top/build/sanitize}")
export OUT
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
status=0

unit_cflags=(-std=gnu11 -O1 -g -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Werror
	-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
	-I"$top/uapi")
read -ra more <<< "${CFLAGS:-}" # which make takes as well
unit_cflags+=("${more[@]}")

fail() {
	printf 'not ok - %s\n' "$*"
	status=1
}

unit_tools() {
	mkdir -p "$OUT/unit"
	make -s -C "$top/tools" OUT="$OUT" SANITIZE=1 WERROR=1 all "$OUT/iked.a" > /dev/null && return
	fail "the tools do not compile"
	exit 1
}

# unit_test NAME [FILE.c or argument of the compiler...]: $here/NAME.c, built and run
unit_test() {
	local name=$1 code
	shift
	# shellcheck disable=SC2046 # lists of words
	gcc "${unit_cflags[@]}" $(pkg-config --cflags libnl-3.0 libnl-genl-3.0 json-c) -o "$OUT/unit/$name" \
		"$here/$name.c" "$@" "$OUT/iked.a" "$OUT/tools.a" \
		$(pkg-config --libs libcrypto inih libnl-3.0 libnl-genl-3.0 json-c) -lev || {
		fail "$name: does not compile"
		return
	}
	"$OUT/unit/$name" 2> "$OUT/unit/$name.stderr"
	code=$?
	[ $code = 0 ] && [ ! -s "$OUT/unit/$name.stderr" ] && return
	status=1
	[ $code = 1 ] && [ ! -s "$OUT/unit/$name.stderr" ] && return
	sed 's/^/# /' "$OUT/unit/$name.stderr" | head -n 60
	fail "$name: exit status $code"
}
