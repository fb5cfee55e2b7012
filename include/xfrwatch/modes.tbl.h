/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the plugin does in a named that it may not have been built for: one table
 * for the code, the surfaces and the manual. No include guard.
 *
 *   XFW_MODE(id, "name", "meaning")
 */
#ifndef XFW_MODE
#error "define XFW_MODE first"
#endif

XFW_MODE(FULL, "full",
	 "named is the BIND that the plugin was built for, or another revision of the "
	 "same upstream version: everything works")
XFW_MODE(REDUCED, "reduced",
	 "named is another upstream version of the same series, or lacks a symbol that "
	 "full mode alone refers to: causes and incidents from named's log lines; "
	 "nothing of BIND is touched whose layout could have changed, so that zones are "
	 "known from their first line on, and timers from what named answers to "
	 "queries; no TSIG in diagnoses, no recovery-refresh")
XFW_MODE(INERT, "inert",
	 "another series, an unknown version, a library that lacks a symbol that every "
	 "mode refers to, or, with strict-version yes, whatever else is not full: nothing "
	 "is done but to say so")
