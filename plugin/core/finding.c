/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Findings in words: what a check of a diagnosis saw, as all surfaces tell it.
 * Runs in the monitor's thread. The texts do not come from the C library, so that
 * they are the same on every system and in every locale.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <xfrwatch/finding.h>

const char *
xfw_check_name(xfw_check_t check) {
	static const char *const names[XFW_CHECK_COUNT] = {
#define XFW_CHECK(id, name, meaning) [XFW_CHECK_##id] = name,
#include <xfrwatch/checks.tbl.h>
#undef XFW_CHECK
	};

	return ((unsigned)check < XFW_CHECK_COUNT ? names[check] : "unknown");
}

const xfw_finding_t *
xfw_findings_get(const xfw_findings_t *findings, xfw_check_t check) {
	for (size_t i = 0; i < findings->count && i < XFW_FINDINGS_MAX; i++) {
		if (findings->item[i].check == (uint8_t)check &&
		    findings->item[i].result != XFW_RESULT_NONE)
		{
			return (&findings->item[i]);
		}
	}
	return (NULL);
}

const char *
xfw_rcode_name(uint16_t rcode) {
	static const char *const names[] = {
		"NOERROR", "FORMERR",  "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE",
	};
	static _Thread_local char number[16];

	if (rcode < sizeof(names) / sizeof(names[0])) {
		return (names[rcode]);
	}
	if (rcode == 16) { /* as the extended rcode of EDNS (RFC 6891, 9) */
		return ("BADVERS");
	}
	snprintf(number, sizeof(number), "RCODE%u", (unsigned)rcode);
	return (number);
}

const char *
xfw_tsig_error_name(uint16_t error) {
	static _Thread_local char number[24];

	switch (error) {
	case XFW_TSIG_BADSIG:
		return ("BADSIG");
	case XFW_TSIG_BADKEY:
		return ("BADKEY");
	case XFW_TSIG_BADTIME:
		return ("BADTIME");
	case XFW_TSIG_BADTRUNC:
		return ("BADTRUNC");
	default:
		snprintf(number, sizeof(number), "TSIG-ERROR-%u", (unsigned)error);
		return (number);
	}
}

/*--- pieces -----------------------------------------------------------------*/

typedef struct out {
	char *buf;
	size_t size;
	size_t used;
} out_t;

static void
put(out_t *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
put(out_t *out, const char *format, ...) {
	size_t room = out->size - out->used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(out->buf + out->used, room, format, args);
	va_end(args);
	if (len > 0) {
		out->used += ((size_t)len < room) ? (size_t)len : room - 1;
	}
}

/* "1.2 ms", "12 ms", "3 s" */
static void
put_interval(out_t *out, uint32_t us) {
	bool ms = us < 999500; /* more is rounded up to a second */
	uint32_t unit = ms ? 1000 : 1000000;
	uint32_t tenths = (us + unit / 20) / (unit / 10);

	if (us < 50) {
		put(out, "less than 0.1 ms");
	} else if (tenths < 100 && tenths % 10 != 0) {
		put(out, "%u.%u %s", (unsigned)(tenths / 10), (unsigned)(tenths % 10),
		    ms ? "ms" : "s");
	} else {
		put(out, "%u %s", (unsigned)((us + unit / 2) / unit), ms ? "ms" : "s");
	}
}

static void
put_time(out_t *out, int64_t s) {
	time_t t = (time_t)s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL) { /* a year beyond all calendars */
		put(out, "%" PRId64 " s since 1970", s);
		return;
	}
	put(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void
put_error(out_t *out, int error) {
	static const struct {
		int error;
		const char *text;
	} texts[] = {
		{ EACCES, "permission denied" },
		{ EADDRINUSE, "address in use" },
		{ EADDRNOTAVAIL, "address not available" },
		{ EAFNOSUPPORT, "address family not supported" },
		{ ECONNREFUSED, "connection refused" },
		{ ECONNRESET, "connection reset" },
		{ EHOSTUNREACH, "host unreachable" },
		{ EINVAL, "invalid argument" },
		{ EMFILE, "too many open files" },
		{ EMSGSIZE, "message too long" },
		{ ENETDOWN, "network is down" },
		{ ENETUNREACH, "network unreachable" },
		{ ENFILE, "too many open files in the system" },
		{ ENOBUFS, "no buffer space" },
		{ ENOMEM, "out of memory" },
		{ EPERM, "operation not permitted" },
		{ EPIPE, "connection closed" },
		{ ETIMEDOUT, "timed out" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].error == error) {
			put(out, "%s", texts[i].text);
			return;
		}
	}
	put(out, "error %d", error);
}

/* What came may hold anything; quotes would end a field. */
static void
put_note(out_t *out, const char *before, const char *note) {
	if (note[0] == '\0') {
		return;
	}
	put(out, "%s", before);
	for (size_t i = 0; i < XFW_FINDING_NOTE && note[i] != '\0'; i++) {
		char c = note[i];
		put(out, "%c", (c >= 0x20 && c < 0x7f && c != '"') ? c : '?');
	}
}

/*--- results ----------------------------------------------------------------*/

static void
put_tsig_error(out_t *out, const xfw_finding_t *finding) {
	put(out, "TSIG error %s", xfw_tsig_error_name(finding->tsig_error));
	if (finding->tsig_error == XFW_TSIG_BADTIME && finding->their_time_s != 0) {
		int64_t apart = finding->their_time_s - finding->our_time_s;

		put(out, ": primary's clock ");
		put_time(out, finding->their_time_s);
		put(out, ", ours ");
		put_time(out, finding->our_time_s);
		put(out, " (%" PRId64 " s apart)", apart < 0 ? -apart : apart);
	}
}

static void
put_answer(out_t *out, const xfw_finding_t *finding) {
	static const char *const tsig[] = {
		[XFW_TSIG_GOOD] = "TSIG good",
		[XFW_TSIG_ABSENT] = "answer is not signed",
		[XFW_TSIG_WRONG] = "TSIG signature of the answer does not verify",
		[XFW_TSIG_UNASKED] = "answer is signed although the query is not",
	};
	bool fine = finding->rcode == XFW_RCODE_NOERROR;

	if (finding->tsig == XFW_TSIG_ERROR) {
		put_tsig_error(out, finding);
	} else {
		put(out, "%s", xfw_rcode_name(finding->rcode));
	}
	if (fine && finding->tsig != XFW_TSIG_ERROR) {
		put(out, "%s",
		    finding->authoritative ? ", authoritative" : ", not authoritative");
		put(out, "%s", finding->has_serial ? "" : ", no SOA record");
	}
	put(out, "%s", finding->truncated ? ", truncated" : "");
	if (finding->has_serial) {
		put(out, ", serial %" PRIu32, finding->serial);
	}
	if (finding->signature_s != 0) {
		put(out, ", RRSIG until ");
		put_time(out, finding->signature_s);
	}
	if (finding->tsig < sizeof(tsig) / sizeof(tsig[0]) &&
	    tsig[finding->tsig] != NULL)
	{
		put(out, ", %s", tsig[finding->tsig]);
	}
	put(out, ", ");
	put_interval(out, finding->rtt_us);
}

/* What was looked up here, not sent. */
static bool
is_local(const xfw_finding_t *finding) {
	return (finding->check == XFW_CHECK_CONFIG ||
		finding->check == XFW_CHECK_KEY || finding->check == XFW_CHECK_SOURCE);
}

static void
put_done(out_t *out, const xfw_finding_t *finding) {
	if (is_local(finding)) {
		put(out, "found");
		return;
	}
	put(out, "%s",
	    finding->check == XFW_CHECK_TLS ? "handshake done, " : "connected, ");
	put_interval(out, finding->rtt_us);
}

static bool
is_udp(const xfw_finding_t *finding) {
	return (finding->check == XFW_CHECK_UDP_SOA ||
		finding->check == XFW_CHECK_UDP_SOA_UNSIGNED ||
		finding->check == XFW_CHECK_TRANSFER);
}

/* The plain text of a result, or that of its errno where it says more. */
static void
put_failure(out_t *out, const xfw_finding_t *finding) {
	static const char *const texts[XFW_RESULT_COUNT] = {
		[XFW_RESULT_TIMEOUT] = "timed out",
		[XFW_RESULT_REFUSED] = "connection refused",
		[XFW_RESULT_UNREACHABLE] = "unreachable",
		[XFW_RESULT_DENIED] = "denied on this host",
		[XFW_RESULT_CLOSED] = "connection closed without an answer",
		[XFW_RESULT_LOCAL] = "could not be tried",
		[XFW_RESULT_MALFORMED] = "malformed answer",
		[XFW_RESULT_MISSING] = "not found",
		[XFW_RESULT_FAILED] = "failed",
	};
	bool named = finding->result < XFW_RESULT_COUNT &&
		     texts[finding->result] != NULL;

	if (finding->result == XFW_RESULT_REFUSED && is_udp(finding)) {
		put(out, "port closed (ICMP port unreachable)");
	} else if (finding->error != 0 && finding->result != XFW_RESULT_REFUSED &&
		   finding->result != XFW_RESULT_TIMEOUT &&
		   finding->result != XFW_RESULT_CLOSED)
	{
		put_error(out, finding->error);
	} else {
		put(out, "%s", named ? texts[finding->result] : "unknown");
	}
	if (finding->result == XFW_RESULT_TIMEOUT && !is_local(finding)) {
		put(out, " after ");
		put_interval(out, finding->rtt_us);
	}
}

size_t
xfw_finding_text(char *buf, size_t size, const xfw_finding_t *finding) {
	out_t out = { .buf = buf, .size = size };

	buf[0] = '\0';
	switch (finding->result) {
	case XFW_RESULT_ANSWER:
		put_answer(&out, finding);
		put_note(&out, ", ", finding->note);
		break;
	case XFW_RESULT_DONE:
		put_done(&out, finding);
		put_note(&out, is_local(finding) ? ": " : ", ", finding->note);
		break;
	case XFW_RESULT_NONE:
		put(&out, "%s", finding->note[0] != '\0' ? "" : "not made");
		put_note(&out, "", finding->note);
		break;
	default:
		put_failure(&out, finding);
		put_note(&out, ": ", finding->note);
		break;
	}
	return (out.used);
}
