dnl SPDX-License-Identifier: MPL-2.0
dnl Checks of our own for configure.ac.

dnl XFW_CC_FLAG(FLAG): adds FLAG to XFW_CFLAGS if the compiler takes it.
AC_DEFUN([XFW_CC_FLAG], [
AS_VAR_PUSHDEF([cache], [xfw_cv_flag_$1])dnl
AC_CACHE_CHECK([whether $CC takes $1], [cache], [
	xfw_save="$CFLAGS"
	CFLAGS="$CFLAGS -Werror $1"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
		[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
	CFLAGS="$xfw_save"])
AS_VAR_IF([cache], [yes], [XFW_CFLAGS="$XFW_CFLAGS $1"])
AS_VAR_POPDEF([cache])dnl
])

dnl XFW_BIND_HAS(WHAT, SYMBOL, INCLUDES, BODY): defines SYMBOL if BODY compiles
dnl with BIND's headers: what plugin/named/compat.h asks of them.
AC_DEFUN([XFW_BIND_HAS], [
AS_VAR_PUSHDEF([cache], [xfw_cv_bind_$2])dnl
AC_CACHE_CHECK([whether $1], [cache], [
	xfw_save="$CPPFLAGS"
	CPPFLAGS="$CPPFLAGS $BIND_CPPFLAGS"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
		#include <threads.h>
		$3
	]], [[$4]])], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
	CPPFLAGS="$xfw_save"])
AS_VAR_IF([cache], [yes], [AC_DEFINE([$2], [1], [Define if $1])])
AS_VAR_POPDEF([cache])dnl
])

dnl XFW_BIND_SEAMS: the two places where a series may want a file of its own: how named
dnl calls a plugin (entry.c) and how its log lines are tapped (tap.h).
AC_DEFUN([XFW_BIND_SEAMS], [
XFW_BIND_HAS([plugins are handed a logging context], [HAVE_PLUGIN_LCTX],
	[#include <ns/hooks.h>
	 typedef isc_result_t xfw_register(const char *, const void *, const char *,
		unsigned long, isc_mem_t *, isc_log_t *, void *, ns_hooktable_t *,
		void **);],
	[_Static_assert(__builtin_types_compatible_p(ns_plugin_register_t,
						     xfw_register), "no");])
XFW_BIND_HAS([libdns's logging context can be set], [HAVE_LOG_SETCONTEXT],
	[#include <dns/log.h>],
	[(void)dns_log_setcontext;])
AS_VAR_IF([xfw_cv_bind_HAVE_PLUGIN_LCTX], [yes], [],
	[AC_MSG_ERROR([this BIND calls plugins in a way that xfrwatch has no entry points for yet (9.18 and 9.20 are known); doc/porting.md tells what to write])])
AS_VAR_IF([xfw_cv_bind_HAVE_LOG_SETCONTEXT], [yes], [],
	[AC_MSG_ERROR([this BIND logs in a way that xfrwatch has no tap for yet (9.18 and 9.20 are known); doc/porting.md tells what to write])])
])

dnl XFW_BIND_API: what differs between BIND's series, as the headers tell it.
AC_DEFUN([XFW_BIND_API], [
XFW_BIND_HAS([there is dns_view_apply()], [HAVE_VIEW_APPLY],
	[#include <dns/view.h>],
	[(void)dns_view_apply;])
XFW_BIND_HAS([dns_view_findzone() takes options], [HAVE_VIEW_FINDZONE_OPTIONS],
	[#include <dns/view.h>
	 #include <dns/zt.h>],
	[(void)dns_view_findzone(NULL, NULL, DNS_ZTFIND_EXACT, NULL);])
XFW_BIND_HAS([dns_acl_create() cannot fail], [HAVE_ACL_CREATE_VOID],
	[#include <dns/acl.h>
	 void (*create)(isc_mem_t *, int, dns_acl_t **);],
	[_Static_assert(_Generic(&dns_acl_create, __typeof__(create): 1, default: 0), "no");])
XFW_BIND_HAS([dns_aclenv_create() cannot fail], [HAVE_ACLENV_CREATE_VOID],
	[#include <dns/acl.h>
	 void (*create)(isc_mem_t *, dns_aclenv_t **);],
	[_Static_assert(_Generic(&dns_aclenv_create, __typeof__(create): 1, default: 0), "no");])
])

dnl XFW_BIND: BIND's headers, the defines that they want, its version and its
dnl plugin directory. Sets BIND_CPPFLAGS, plugindir, conditional HAVE_BIND.
AC_DEFUN([XFW_BIND], [
BIND_CPPFLAGS=
xfw_bind_version=none
have_bind=no
AS_VAR_IF([with_bind], [no], [], [
	xfw_save="$CPPFLAGS"
	dnl 9.18's headers say so only if they are told; 9.20's want liburcu's flavour.
	BIND_CPPFLAGS="-DHAVE_STDATOMIC_H=1 -DRCU_MEMBARRIER=1"
	CPPFLAGS="$CPPFLAGS $BIND_CPPFLAGS"
	AC_MSG_CHECKING([for BIND's plugin headers])
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
		#include <threads.h>
		#include <isc/types.h>
		#include <ns/hooks.h>
		#include <isccfg/grammar.h>
	]], [])], [have_bind=yes])
	AC_MSG_RESULT([$have_bind])
	AS_CASE([$have_bind/$with_bind],
		[no/check], [AC_MSG_WARN([no BIND headers (Debian: bind9-dev): the plugin is not built])],
		[no/*], [AC_MSG_ERROR([BIND's headers are needed (Debian: bind9-dev)])])
	CPPFLAGS="$xfw_save"
])
AS_VAR_IF([have_bind], [yes], [
	AC_MSG_CHECKING([which BIND the headers belong to])
	AS_VAR_IF([with_bind_version], [], [
		dnl libisc.so of the development files is a link to the library, whose
		dnl name holds the exact version.
		xfw_bind_version=`$CC $CPPFLAGS $LDFLAGS -print-file-name=libisc.so`
		xfw_bind_version=`readlink -f "$xfw_bind_version" | \
			$SED -n 's,^.*/libisc-\(.*\)\.so$,\1,p'`
	], [xfw_bind_version="$with_bind_version"])
	AS_VAR_IF([xfw_bind_version], [], [
		AC_MSG_RESULT([not found])
		AC_MSG_ERROR([cannot tell BIND's version: give --with-bind-version=])])
	AC_MSG_RESULT([$xfw_bind_version])
	AC_DEFINE_UNQUOTED([XFW_BIND_BUILD], ["$xfw_bind_version"],
		[The BIND that the plugin is built for, as in its libraries' names])
	xfw_short=`AS_ECHO(["$xfw_bind_version"]) | $SED 's/-.*//'`
	AC_DEFINE_UNQUOTED([XFW_BIND_VERSION], ["$xfw_short"],
		[The upstream version of the BIND that the plugin is built for])
	XFW_BIND_SEAMS
	XFW_BIND_API
])
AC_MSG_CHECKING([for named's plugin directory])
AS_VAR_IF([with_plugindir], [], [
	plugindir='${libdir}/bind'
	xfw_lib=`$CC $CPPFLAGS $LDFLAGS -print-file-name=libisc.so`
	xfw_lib=`readlink -f "$xfw_lib"`
	xfw_lib=`AS_DIRNAME(["$xfw_lib"])`
	for xfw_dir in "$xfw_lib/bind" "$xfw_lib/named"; do
		AS_IF([test -e "$xfw_dir/filter-aaaa.so"],
			[AS_IF([test "x$prefix" = xNONE || test "x$prefix" = x/usr],
				[plugindir="$xfw_dir"])])
	done
], [plugindir="$with_plugindir"])
AC_MSG_RESULT([$plugindir])
AC_SUBST([plugindir])
AC_SUBST([BIND_CPPFLAGS])
AS_VAR_IF([have_bind], [yes], [xfw_bind_summary="$xfw_bind_version"],
	[xfw_bind_summary="none: core and report only"])
AM_CONDITIONAL([HAVE_BIND], [test "x$have_bind" = xyes])
AM_CONDITIONAL([ENTRY_LCTX], [test "x$xfw_cv_bind_HAVE_PLUGIN_LCTX" = xyes])
AM_CONDITIONAL([TAP_CONTEXT], [test "x$xfw_cv_bind_HAVE_LOG_SETCONTEXT" = xyes])
])
