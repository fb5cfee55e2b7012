/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The classifier: one log line of libdns into one event.
 *
 * Guarantee: never blocks, allocates, logs or aborts; time is linear in the
 * length of the line. It accepts any bytes.
 * Threads: named's, in the tap; and tests.
 * Source: plugin/core/messages.tbl.h (BIND 9.18 and 9.20), and the lines that
 * real nameds printed, kept in tests/corpus.
 */
#ifndef XFRWATCH_CLASSIFY_H
#define XFRWATCH_CLASSIFY_H

#include <stdbool.h>
#include <stddef.h>

#include <xfrwatch/event.h>

/*
 * `category` is BIND's category name ("general", "xfer-in", ...), `level` its
 * level (ISC_LOG_INFO is -1, errors are lower, debug levels are > 0), `text`
 * the message without any prefix, `len` bytes, no newline at its end; it need
 * not be NUL-terminated.
 *
 * Fills `ev` except time_ns, and returns ev->kind. When that is
 * XFW_KIND_IRRELEVANT nothing else in `ev` is set. Bytes of strings[] behind
 * ev->used are not touched.
 *
 * Of a redirect zone BIND prints neither name nor class: its key is
 * "redirect-zone" or "redirect-zone/view". XFW_KIND_LOADED has its serial in
 * old_serial: it is what we serve. STORAGE_FAILED and XFR_DETAIL may come without
 * a zone, and then nothing says which one it was.
 */
xfw_kind_t
xfw_classify(const char *category, size_t category_len, int level,
	     const char *text, size_t len, xfw_event_t *ev);

#endif /* XFRWATCH_CLASSIFY_H */
