# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by the two parts of the demonstration: how things look.  Colour only
# where the host's side found a terminal.

if [ "${IPSEC_DEMO_COLOUR:-0}" = 1 ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' dim='' green='' red='' plain=''
fi

heading() { printf '\n%s== %s%s\n\n' "$bold" "$1" "$plain"; }
say() { printf '%s\n' "$1"; }
gap() { echo; }

# command_line HOST COMMAND: as it would be typed there
command_line() { printf '    %s%s#%s %s%s%s\n' "$dim" "$1" "$plain" "$bold" "$2" "$plain"; }

# What a command printed
output() { sed 's/^/      /'; }

# shown TEXT: something that was checked and is true
shown() { printf '  %s[shown]%s %s\n' "$green" "$plain" "$1"; }

# fail TEXT: the demonstration ends here
fail() {
	printf '\n%sThe demonstration FAILED: %s%s\n' "$red$bold" "$1" "$plain"
	exit 1
}
