# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2086
# Where this system's apt gets Debian from, in whatever format it was told. Sourced by
# tests/matrix/matrix and its parts, with bash.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# "URI SUITE" a line. apt knows the origin of what it has lists of; without lists, the
# names of the suites must do.
_mirrors() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null |
		awk '$3 == "Debian" && $4 == "main" { print $1, $2 }'
	apt-get update --print-uris 2>/dev/null |
		sed -n "s|^'\(.*/\)dists/\([^ ]*\)/InRelease'.*|\1 \2|p"
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
