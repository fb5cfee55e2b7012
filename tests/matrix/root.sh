# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2086
# The root of one series: makes it, keeps it up to date. Sourced by tests/matrix/one,
# with bash; its variables name, suite, security, from; its functions run and say.
#
# $XFW_MATRIX_CACHE/NAME/	the root; .xfrwatch-root in it says what was installed
# $XFW_MATRIX_CACHE/NAME.lock	held shared by who tests in it, alone by who makes it
# $XFW_MATRIX_CACHE/archives/	packages that were fetched

ROOT_FORMAT=1 # to be raised when what is below makes another root
ROOT_OLD_S=43200 # after that apt is asked for newer packages

packages() {
	"$here/../../quickstart" packages |
		grep -vxF "$(sed 's/#.*//' "$here/absent" | awk 'NF { print $1 }')" | xargs
}

# What a root of this series must say of itself.
root_stamp() {
	echo "format $ROOT_FORMAT"
	echo "$name $suite $security $from $(dpkg --print-architecture)"
	echo "mirrors $(mirror_of main) $(mirror_of security)"
	packages
}

root_write_sources() { # root_write_sources ROOT
	local main security_uri
	main=$(mirror_of main)
	security_uri=$(mirror_of security)
	{
		echo "deb $main $suite main"
		[ -z "$security_uri" ] || echo "deb $security_uri $security main"
		[ "$from" = - ] || echo "deb $main $from main"
	} >"$1/etc/apt/sources.list"
	transport >"$1/etc/apt/apt.conf.d/90xfrwatch"
	cat >>"$1/etc/apt/apt.conf.d/90xfrwatch" <<-'END'
	Acquire::Languages "none";
	APT::Install-Recommends "false";
	END
	# As Debian tells users to take one package from backports, and its libraries.
	[ "$from" = - ] || cat >"$1/etc/apt/preferences.d/xfrwatch" <<-END
	Package: src:bind9
	Pin: release n=$from
	Pin-Priority: 900
	END
	cat /etc/resolv.conf >"$1/etc/resolv.conf"
	printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n' >"$1/etc/hosts"
	# No service is started.
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
	# A minimal root needs no manuals.
	printf 'path-exclude=/usr/share/%s/*\n' man doc locale info \
		>"$1/etc/dpkg/dpkg.cfg.d/xfrwatch"
	echo force-unsafe-io >>"$1/etc/dpkg/dpkg.cfg.d/xfrwatch"
}

_bootstrap() { # _bootstrap ROOT
	local more=()
	case $(mirror_of main) in https:*) more=(--include=ca-certificates) ;; esac
	run $BOOTSTRAP_S unshare -m -p -i -u --fork --kill-child -- \
		debootstrap --variant=minbase --keyring="$KEYRING" "${more[@]}" \
		"$suite" "$1" "$(mirror_of main)"
}

_install() { # _install ROOT
	local words status=0
	words=$(packages)
	exec 8>"$XFW_MATRIX_CACHE/archives.lock" # apt will not wait for it
	run $INSTALL_S flock 8 || return 1
	run $INSTALL_S unshare -m -p -i -u --fork --kill-child -- \
		"$here/inside" install "$1" "$XFW_MATRIX_CACHE/archives" - \
		sh -ec 'apt-get -q update && apt-get -q -y dist-upgrade &&
			apt-get -q -y install "$@"' sh $words || status=$?
	exec 8>&-
	return $status
}

# Leaves $root a root that may be used; the lock, file descriptor 9, is held shared then.
root_ready() {
	local marker
	root=$XFW_MATRIX_CACHE/$name
	marker=$root/.xfrwatch-root
	mkdir -p "$XFW_MATRIX_CACHE/archives/partial" || return 1
	exec 9>"$root.lock"
	run $INSTALL_S flock 9 || return 1
	if [ "$(cat "$marker" 2>/dev/null)" != "$(root_stamp)" ]; then
		remove "$root.new" && mkdir -p "$root.new" || return 1
		: >"$root.new/.xfrwatch-root" # ours, should we be stopped
		_bootstrap "$root.new" &&
			root_write_sources "$root.new" &&
			mkdir -p "$root.new/xfrwatch/sources" "$root.new/xfrwatch/build" &&
			_install "$root.new" || return 1
		root_stamp >"$root.new/.xfrwatch-root"
		remove "$root" && mv "$root.new" "$root" || return 1
	elif [ $(($(date +%s) - $(stat -c %Y "$marker"))) -gt $ROOT_OLD_S ]; then
		# What it is stays true without a network; say so, and use it.
		root_write_sources "$root"
		if _install "$root"; then
			touch "$marker"
		else
			echo "its packages could not be brought up to date"
		fi
	fi
	flock -s 9
}
