# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2086
# Where this system's apt gets Debian from, in whatever format it was told. Sourced by
# tests/matrix/matrix and its parts, with bash.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# "URI SUITE" a line, those first whose origin apt has seen to be Debian, none whose
# origin it has seen to be another. (apt-get indextargets would say as much, after it
# has read all packages.)
_mirrors() {
	local lists uri suite file origin
	lists=$(apt-config shell D Dir::State::lists/d | sed "s/^D='\(.*\)'$/\1/")
	apt-get update --print-uris 2>/dev/null |
		sed -n "s|^'\(.*/\)dists/\([^ ]*\)/InRelease' \([^ ]*\) .*|\1 \2 \3|p" |
		while read -r uri suite file; do
			origin=$(cat "$lists/$file"* "$lists/${file%InRelease}Release" 2>/dev/null |
				sed -n 's/^Origin: //p' | head -n 1)
			case $origin in
			Debian) echo "1 $uri $suite" ;;
			"") echo "2 $uri $suite" ;;
			esac
		done | sort -s -k 1,1 | cut -d ' ' -f 2-
}

# mirror_of main|security: its URI, or nothing.
mirror_of() {
	_mirrors | awk -v which="$1" -v known="$(. /etc/os-release; echo "${VERSION_CODENAME:-}")" '
	{ kind = $2 ~ /-security$|\/updates$/ ? "security" : \
		$2 == known || $2 ~ /^(oldstable|stable|testing|unstable|sid)$/ ? "main" : "" }
	kind == which { print $1; exit }'
}

# What else of apt's configuration says how to get there: proxies, limits, clocks.
transport() {
	apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|ForceIPv4|ForceIPv6|Check-Valid-Until|Check-Date|Max-FutureTime)(::|[ -])' |
		grep -viE 'Proxy-?Auto-?Detect'
}

# debootstrap asks the environment for the proxy.
export_proxy() {
	local proxy scheme
	for scheme in http https; do
		proxy=$(apt-config shell P "Acquire::$scheme::Proxy" | sed "s/^P='\(.*\)'$/\1/")
		case $proxy in
		"" | DIRECT) ;;
		*) export "${scheme}_proxy=$proxy" ;;
		esac
	done
}
