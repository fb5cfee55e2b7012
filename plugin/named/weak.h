/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Makes all references to BIND's symbols weak: the plugin can then be loaded beside a
 * library that lacks one of them (named would not start if it could not), and the guard
 * finds out which. Comes before any declaration of theirs.
 */
#ifndef XFRWATCH_WEAK_H
#define XFRWATCH_WEAK_H

#define XFW_PRAGMA(text)	 _Pragma(#text)
#define XFW_SYMBOL(group, name) XFW_PRAGMA(weak name)
#include "symbols.tbl.h"
#undef XFW_SYMBOL
#undef XFW_PRAGMA

#endif /* XFRWATCH_WEAK_H */
