/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From findings to a verdict: each finding is reduced to a set of signs, the first
 * rule (verdict.tbl.h) whose signs are there gives the cause, and a second table
 * says which signs agree with that cause and which contradict it.
 * Pure functions, for any thread. What a primary said decides only which row is
 * taken: nothing it sends gets into a calculation or a text but as a number.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xfrwatch/verdict.h>

/* Signs: what one finding shows. A finding has a set of them. */
enum {
	OK = 1u << 0,	     /* SOA record, with authority, rightly signed or not */
	GOOD = 1u << 1,	     /* rightly signed, whatever it says */
	REFUSED = 1u << 2,
	NOTAUTH = 1u << 3,
	RCODE = 1u << 4,     /* any other error code */
	LAME = 1u << 5,	     /* no error, but no authority or no SOA record */
	CUT = 1u << 6,	     /* an answer that says nothing: truncated, without the
			      * record; or refused to us, who do not ask as named does */
	BADKEY = 1u << 7,
	BADSIG = 1u << 8,
	BADTIME = 1u << 9,
	BADTRUNC = 1u << 10,
	TSIG_ELSE = 1u << 11,
	ABSENT = 1u << 12,
	WRONG = 1u << 13,
	UNASKED = 1u << 14,
	MALFORMED = 1u << 15,
	OLDER = 1u << 16,    /* serial against the one that we serve */
	SAME = 1u << 17,
	NEWER = 1u << 18,
	STALE = 1u << 19,    /* RRSIG against the one that we serve */
	FRESH = 1u << 20,
	DONE = 1u << 21,
	SILENT = 1u << 22,
	REFUSED_PORT = 1u << 23,
	UNREACHABLE = 1u << 24,
	DENIED = 1u << 25,
	CLOSED = 1u << 26,
	FAILED = 1u << 27,   /* of the TLS handshake only, */
	MISSING = 1u << 27,  /* and this one only of what is looked up here */
	NO_SOURCE = 1u << 28,
	UNKNOWN = 1u << 29,  /* was made, and says nothing */
	UNMADE = 1u << 30
};

#define RCODES	    (REFUSED | NOTAUTH | RCODE | LAME)
#define TSIG_ERROR  (BADKEY | BADSIG | BADTIME | BADTRUNC | TSIG_ELSE)
#define TSIG_BROKEN (TSIG_ERROR | ABSENT | WRONG)
#define ANSWER \
	(OK | GOOD | RCODES | CUT | TSIG_BROKEN | UNASKED | MALFORMED)
#define DEAD	 (SILENT | REFUSED_PORT | UNREACHABLE | DENIED)
#define SAID	 (OK | RCODES | TSIG_BROKEN | UNASKED | MALFORMED)
#define SUCCESS	 (OK | GOOD | OLDER | SAME | NEWER | STALE | FRESH | DONE)

/* Checks as sets. */
enum {
	KEY = 1u << XFW_CHECK_KEY,
	SOURCE = 1u << XFW_CHECK_SOURCE,
	UDP = 1u << XFW_CHECK_UDP_SOA,
	CONNECT = 1u << XFW_CHECK_TCP_CONNECT,
	TLS = 1u << XFW_CHECK_TLS,
	TCP = 1u << XFW_CHECK_TCP_SOA,
	SOA = UDP | TCP,
	UDP_PLAIN = 1u << XFW_CHECK_UDP_SOA_UNSIGNED,
	TCP_PLAIN = 1u << XFW_CHECK_TCP_SOA_UNSIGNED,
	PLAIN = UDP_PLAIN | TCP_PLAIN,
	IXFR = 1u << XFW_CHECK_TRANSFER
};

/* Causes as sets. */
_Static_assert(XFW_CAUSE_COUNT <= 64, "a set of causes is 64 bits");
#define B(id) (UINT64_C(1) << XFW_CAUSE_##id)
#define NETWORK                                                                     \
	(B(SOA_TIMEOUT) | B(TRANSFER_TIMEOUT) | B(UDP_BLOCKED) |                    \
	 B(CONNECT_REFUSED) | B(CONNECT_TIMEOUT) | B(CONNECT_DENIED) |              \
	 B(UNREACHABLE) | B(UNREACHABLE_CACHED) | B(HOST_DOWN))
#define TSIGS                                                                       \
	(B(TSIG_BADKEY) | B(TSIG_BADSIG) | B(TSIG_BADTIME) | B(TSIG_BADTRUNC) |     \
	 B(TSIG_ERROR) | B(TSIG_MISSING) | B(TSIG_UNEXPECTED) | B(TSIG_VERIFY))
#define REST                                                                        \
	(TSIGS | B(REFUSED_QUERY) | B(REFUSED_TRANSFER) | B(NOTAUTH) |              \
	 B(NOT_AUTHORITATIVE) | B(CLOSED_BY_PEER) | B(TLS_FAILURE) | B(PROTOCOL) |  \
	 B(RCODE_OTHER) | B(UNCLASSIFIED))
#define LOCALS (B(KEY_MISSING) | B(LOCAL_SOURCE) | B(NEVER_ATTEMPTED))
/* These may be of the transfer alone, which is never made to find out. */
#define TRANSFERS                                                                   \
	(B(PROTOCOL) | B(RCODE_OTHER) | B(CLOSED_BY_PEER) | B(TRANSFER_TIMEOUT) |   \
	 B(REFUSED_TRANSFER) | B(TSIG_MISSING) | B(TSIG_VERIFY) | B(TSIG_UNEXPECTED))
/* With these a zone is still fed: other faults have incidents of their own. */
#define COMPARED                                                                    \
	(B(SERIAL_BACKWARDS) | B(SERIAL_UNCHANGED) | B(SERIAL_BEHIND) |             \
	 B(SIGNATURES_EXPIRING))

#include "verdict.tbl.h"

/* A signature made anew at the same time of the day is not a second older. */
#define SIGNATURE_SLACK_S 3600

const char *
xfw_stance_name(xfw_stance_t stance) {
	switch (stance) {
	case XFW_STANCE_AGREES:
		return ("agrees");
	case XFW_STANCE_CONTRADICTS:
		return ("contradicts");
	default:
		return ("-");
	}
}

bool
xfw_verdict_asks(xfw_cause_t cause) {
	return ((unsigned)cause < XFW_CAUSE_COUNT &&
		((UINT64_C(1) << cause) & (NETWORK | REST | LOCALS | COMPARED)) != 0);
}

/*--- confidence -------------------------------------------------------------*/

#define CONFIDENCE_MIN 5
#define CONFIDENCE_MAX 99

/* What BIND states outright is as sure as can be. */
uint8_t
xfw_verdict_heard(xfw_cause_t cause) {
	switch (cause) {
	case XFW_CAUSE_UNREACHABLE_CACHED:
	case XFW_CAUSE_UNCLASSIFIED:
		return (50);
	case XFW_CAUSE_TSIG_ERROR:
	case XFW_CAUSE_NEVER_ATTEMPTED:
		return (60);
	case XFW_CAUSE_SOA_TIMEOUT:
	case XFW_CAUSE_CLOSED_BY_PEER:
	case XFW_CAUSE_SERIAL_UNCHANGED:
	case XFW_CAUSE_PROTOCOL:
		return (70);
	case XFW_CAUSE_REFUSED_TRANSFER: /* or a key is wanted */
	case XFW_CAUSE_NOTAUTH:		 /* or a TSIG error */
	case XFW_CAUSE_TRANSFER_TIMEOUT:
	case XFW_CAUSE_RCODE_OTHER:
		return (80);
	case XFW_CAUSE_CONNECT_TIMEOUT: /* a filter, or the host is down */
	case XFW_CAUSE_UDP_BLOCKED:
	case XFW_CAUSE_REFUSED_QUERY:
		return (90);
	default:
		return (CONFIDENCE_MAX);
	}
}

uint8_t
xfw_verdict_confidence(xfw_cause_t heard, uint32_t zones, unsigned agree,
		       unsigned contradict, uint32_t asked, uint32_t agreed) {
	const uint64_t whole = 1000000;
	uint64_t c = xfw_verdict_heard(heard) * (whole / 100);

	for (unsigned i = 0; i < agree && i < XFW_FINDINGS_MAX; i++) {
		c += (whole - c) / 2;
	}
	c += (zones >= 3) ? (whole - c) / 4 : 0;
	c += (zones >= 10) ? (whole - c) / 4 : 0;
	for (unsigned i = 0; i < contradict && i < XFW_FINDINGS_MAX; i++) {
		c -= c * 2 / 5;
	}
	if (agreed < asked) {
		c -= c / 2 * (asked - agreed) / asked;
	}
	c = (c + whole / 200) / (whole / 100);
	return ((uint8_t)(c < CONFIDENCE_MIN   ? CONFIDENCE_MIN
			  : c > CONFIDENCE_MAX ? CONFIDENCE_MAX
					       : c));
}

/*--- signs ------------------------------------------------------------------*/

/* RFC 1982, 3.2; where it is undefined they cannot be compared. */
static uint32_t
serial_sign(uint32_t theirs, uint32_t ours) {
	uint32_t ahead = theirs - ours;

	return (ahead == 0 ? SAME : ahead < 0x80000000u ? NEWER
		: ahead > 0x80000000u		      ? OLDER
						      : 0);
}

static uint32_t
compared(const xfw_case_t *about, const xfw_finding_t *finding) {
	uint32_t signs = 0;

	if (about->has_serving) {
		signs |= serial_sign(finding->serial, about->serving);
	}
	if (about->signature_s > 0 && finding->signature_s > 0) {
		signs |= (finding->signature_s - SIGNATURE_SLACK_S <=
			  about->signature_s)
				 ? STALE
				 : FRESH;
	}
	return (signs);
}

static uint32_t
rcode_sign(const xfw_finding_t *finding) {
	switch (finding->rcode) {
	case XFW_RCODE_NOERROR:
		if (finding->has_serial &&
		    (finding->authoritative || finding->check == XFW_CHECK_TRANSFER))
		{
			return (OK);
		}
		return (finding->truncated && !finding->has_serial ? CUT : LAME);
	case XFW_RCODE_REFUSED:
		return (REFUSED);
	case XFW_RCODE_NOTAUTH:
		return (NOTAUTH);
	default:
		return (RCODE);
	}
}

static uint32_t
tsig_sign(uint16_t error) {
	switch (error) {
	case XFW_TSIG_BADKEY:
		return (BADKEY);
	case XFW_TSIG_BADSIG:
		return (BADSIG);
	case XFW_TSIG_BADTIME:
		return (BADTIME);
	case XFW_TSIG_BADTRUNC:
		return (BADTRUNC);
	default:
		return (TSIG_ELSE);
	}
}

static uint32_t
answer_signs(const xfw_case_t *about, const xfw_finding_t *finding) {
	uint32_t signs = rcode_sign(finding);

	/* named takes no answer with two of them; a transfer begins and ends with one. */
	if ((signs & OK) != 0 && finding->soas > 1 &&
	    finding->check != XFW_CHECK_TRANSFER)
	{
		signs = MALFORMED;
	}
	switch (finding->tsig) {
	case XFW_TSIG_ERROR: /* its rcode says no more (RFC 8945, 5.2) */
		return (tsig_sign(finding->tsig_error));
	case XFW_TSIG_ABSENT:
		return ((signs & ~(uint32_t)OK) | ABSENT);
	case XFW_TSIG_WRONG:
		return ((signs & ~(uint32_t)OK) | WRONG);
	case XFW_TSIG_UNASKED:
		return ((signs & ~(uint32_t)OK) | UNASKED);
	case XFW_TSIG_GOOD:
		signs |= GOOD;
		break;
	default:
		break;
	}
	return ((signs & OK) != 0 ? signs | compared(about, finding) : signs);
}

static uint32_t
signs_of(const xfw_case_t *about, const xfw_finding_t *finding) {
	static const uint32_t plain[XFW_RESULT_COUNT] = {
		[XFW_RESULT_NONE] = UNMADE,
		[XFW_RESULT_DONE] = DONE,
		[XFW_RESULT_TIMEOUT] = SILENT,
		[XFW_RESULT_REFUSED] = REFUSED_PORT,
		[XFW_RESULT_UNREACHABLE] = UNREACHABLE,
		[XFW_RESULT_DENIED] = DENIED,
		[XFW_RESULT_CLOSED] = CLOSED,
		[XFW_RESULT_MALFORMED] = MALFORMED,
		[XFW_RESULT_MISSING] = MISSING,
		[XFW_RESULT_FAILED] = FAILED,
	};
	uint32_t signs = UNKNOWN;

	if (finding->check >= XFW_CHECK_COUNT || finding->check == XFW_CHECK_CONFIG ||
	    finding->result >= XFW_RESULT_COUNT)
	{
		return (UNMADE);
	}
	if (finding->result == XFW_RESULT_ANSWER) {
		signs = answer_signs(about, finding);
	} else if (finding->result != XFW_RESULT_LOCAL) {
		signs = plain[finding->result];
	} else if (finding->error == EADDRNOTAVAIL) {
		signs = NO_SOURCE;
	}
	if (about->blind && (signs & (REFUSED | NOTAUTH)) != 0) {
		signs = (signs & ~(uint32_t)(REFUSED | NOTAUTH)) | CUT;
	} else if (about->blind && finding->check == XFW_CHECK_TLS && signs == DONE) {
		signs = UNKNOWN;
	}
	if ((finding->result == XFW_RESULT_FAILED &&
	     finding->check != XFW_CHECK_TLS) ||
	    (finding->result == XFW_RESULT_MISSING &&
	     finding->check != XFW_CHECK_KEY && finding->check != XFW_CHECK_SOURCE))
	{
		signs = UNKNOWN;
	}
	/* Many servers know no IXFR over UDP: what is not plain says nothing. */
	if (finding->check == XFW_CHECK_TRANSFER && signs != UNMADE &&
	    (signs & (OK | REFUSED | NOTAUTH | TSIG_BROKEN)) == 0)
	{
		signs = UNKNOWN;
	}
	return (signs);
}

/*--- rules ------------------------------------------------------------------*/

typedef struct signs {
	size_t count;
	uint32_t item[XFW_FINDINGS_MAX];  /* as in the findings */
	uint32_t check[XFW_CHECK_COUNT];
} signs_t;

static uint32_t
together(const signs_t *signs, uint32_t checks) {
	uint32_t all = 0;

	for (unsigned i = 0; i < XFW_CHECK_COUNT; i++) {
		if ((checks & (1u << i)) != 0) {
			all |= signs->check[i];
		}
	}
	all &= ~(uint32_t)UNMADE;
	return (all != 0 ? all : (uint32_t)UNMADE);
}

/* Of a way there: what answers once is not dead. */
static uint32_t
way(const signs_t *signs, uint32_t checks) {
	uint32_t all = together(signs, checks);

	return ((all & ANSWER) != 0 ? all & ~(uint32_t)(DEAD | CLOSED) : all);
}

static bool
fits(uint32_t wanted, uint32_t have) {
	return (wanted == 0 || (wanted & have) != 0);
}

static const rule_t *
find_rule(const signs_t *signs, xfw_cause_t heard) {
	uint32_t ixfr = together(signs, IXFR) & ~(uint32_t)UNKNOWN;
	uint32_t udp = way(signs, UDP | UDP_PLAIN);
	uint32_t tcp = way(signs, TCP | TCP_PLAIN);
	uint32_t soa = together(signs, SOA);
	uint32_t connect = together(signs, CONNECT);

	udp = ((ixfr & ANSWER) != 0) ? (udp & ~(uint32_t)(DEAD | UNMADE)) | ixfr : udp;
	/* If there was an answer over TCP, there was a connection. */
	connect = ((tcp & ANSWER) != 0) ? DONE : connect;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const rule_t *rule = &rules[i];

		if ((rule->heard & (UINT64_C(1) << heard)) != 0 &&
		    fits(rule->key, together(signs, KEY)) &&
		    fits(rule->source, together(signs, SOURCE)) &&
		    fits(rule->udp, udp) && fits(rule->connect, connect) &&
		    fits(rule->tls, together(signs, TLS)) && fits(rule->tcp, tcp) &&
		    fits(rule->soa, soa) && (rule->no_soa & soa) == 0 &&
		    fits(rule->transfer, ixfr) &&
		    fits(rule->plain, together(signs, PLAIN)))
		{
			return (rule);
		}
	}
	return (NULL);
}

/*--- stances ----------------------------------------------------------------*/

static uint8_t
stance_of(xfw_cause_t cause, unsigned check, uint32_t signs) {
	uint8_t found = XFW_STANCE_NONE;

	for (size_t i = 0; i < sizeof(stances) / sizeof(stances[0]); i++) {
		const stance_t *row = &stances[i];

		if (row->cause != cause || (row->checks & (1u << check)) == 0) {
			continue;
		}
		if ((row->agrees & signs) != 0) {
			return (XFW_STANCE_AGREES);
		}
		if ((row->contradicts & signs) != 0) {
			found = XFW_STANCE_CONTRADICTS;
		}
	}
	return (found);
}

/* Returns how many agree. */
static unsigned
take_stances(const xfw_findings_t *findings, const signs_t *signs,
	     xfw_verdict_t *out) {
	unsigned agree = 0;

	for (size_t i = 0; i < signs->count; i++) {
		unsigned check = findings->item[i].check;

		out->stance[i] = (signs->item[i] == UNMADE)
					 ? XFW_STANCE_NONE
					 : stance_of(out->cause, check, signs->item[i]);
		agree += out->stance[i] == XFW_STANCE_AGREES;
	}
	return (agree);
}

/* Whether two answers to one question differ. */
static bool
differ(const xfw_finding_t *a, uint32_t a_signs, const xfw_finding_t *b,
       uint32_t b_signs) {
	if ((a_signs & SAID) == 0 || (b_signs & SAID) == 0) {
		return (false);
	}
	return ((a_signs & SAID) != (b_signs & SAID) || a->rcode != b->rcode ||
		((a_signs & OK) != 0 && a->serial != b->serial));
}

/*
 * A primary that says one thing over UDP and another over TCP is not to be
 * believed so well: one of the two speaks against the verdict.
 */
static bool
weigh_difference(const xfw_findings_t *findings, const signs_t *signs,
		 xfw_verdict_t *out) {
	size_t udp = XFW_FINDINGS_MAX, tcp = XFW_FINDINGS_MAX;

	for (size_t i = 0; i < signs->count; i++) {
		udp = (findings->item[i].check == XFW_CHECK_UDP_SOA) ? i : udp;
		tcp = (findings->item[i].check == XFW_CHECK_TCP_SOA) ? i : tcp;
	}
	if (udp == XFW_FINDINGS_MAX || tcp == XFW_FINDINGS_MAX ||
	    !differ(&findings->item[udp], signs->item[udp], &findings->item[tcp],
		    signs->item[tcp]))
	{
		return (false);
	}
	if (out->stance[udp] != XFW_STANCE_CONTRADICTS &&
	    out->stance[tcp] != XFW_STANCE_CONTRADICTS)
	{
		bool which = out->stance[tcp] == XFW_STANCE_AGREES &&
			     out->stance[udp] == XFW_STANCE_NONE;
		out->stance[which ? udp : tcp] = XFW_STANCE_CONTRADICTS;
	}
	return (true);
}

/*
 * Whether every check that was made succeeded, the SOA query among them, and the
 * comparison with what we serve does not show the very thing that was heard. About
 * TSIG only a signed query can tell.
 */
static bool
is_well(const signs_t *signs, xfw_cause_t heard, unsigned agree) {
	uint64_t set = UINT64_C(1) << heard;
	uint32_t soa = together(signs, SOA);

	for (size_t i = 0; i < signs->count; i++) {
		if ((signs->item[i] & ~(uint32_t)(SUCCESS | UNMADE)) != 0) {
			return (false);
		}
	}
	if ((set & TSIGS & ~B(TSIG_UNEXPECTED)) != 0) {
		return ((soa & OK) != 0 && (soa & GOOD) != 0);
	}
	return ((soa & OK) != 0 && ((set & COMPARED) == 0 || agree == 0));
}

/*
 * Whether the SOA query succeeds, and the transfer, of which this was heard, is not
 * known to: then the one says nothing of the other.
 */
static bool
is_transfer_only(const signs_t *signs, xfw_cause_t heard) {
	const uint32_t made = ~(uint32_t)UNMADE;
	uint32_t soa = together(signs, SOA), rest = together(signs, ~(uint32_t)IXFR);

	return (((UINT64_C(1) << heard) & TRANSFERS) != 0 && (soa & OK) != 0 &&
		(rest & made & ~(uint32_t)SUCCESS) == 0 &&
		(together(signs, IXFR) & made & ~(uint32_t)UNKNOWN) == 0);
}

/* Where all is well nothing speaks for the cause: that UDP answers is a sign of a
 * packet filter only as long as TCP does not. */
static void
drop_stance(xfw_verdict_t *out, xfw_stance_t stance) {
	for (size_t i = 0; i < XFW_FINDINGS_MAX; i++) {
		if (out->stance[i] == (uint8_t)stance) {
			out->stance[i] = XFW_STANCE_NONE;
		}
	}
}

/* Of what the primary grants to named only a query as named sends it can tell. */
static bool
is_beyond(const xfw_case_t *about, xfw_cause_t heard) {
	return (about->blind &&
		(xfw_cause_info(heard)->family == XFW_FAMILY_ACCESS ||
		 xfw_cause_info(heard)->family == XFW_FAMILY_TSIG));
}

/*--- words ------------------------------------------------------------------*/

typedef struct words {
	const xfw_case_t *about;
	const xfw_findings_t *findings;
	const signs_t *signs;
	uint16_t port;
} words_t;

/* The first finding of an answer that has one of these signs. */
static const xfw_finding_t *
with_sign(const words_t *words, uint32_t wanted) {
	for (size_t i = 0; i < words->signs->count; i++) {
		if ((words->signs->item[i] & wanted) != 0) {
			return (&words->findings->item[i]);
		}
	}
	return (NULL);
}

static int
put_apart(char *buf, size_t size, const xfw_finding_t *finding) {
	int64_t apart = 0;

	if (finding == NULL || finding->their_time_s == 0) {
		return (snprintf(buf, size, ": the clocks differ"));
	}
	apart = (int64_t)((uint64_t)finding->their_time_s -
			  (uint64_t)finding->our_time_s);
	return (snprintf(buf, size, ": its clock is %" PRIu64 " s %s ours",
			 apart < 0 ? -(uint64_t)apart : (uint64_t)apart,
			 apart < 0 ? "behind" : "ahead of"));
}

static int
put_word(char *buf, size_t size, const char *name, const words_t *words) {
	const xfw_finding_t *finding = NULL;

	if (strncmp(name, "{port}", 6) == 0) {
		return (snprintf(buf, size, "%u", (unsigned)words->port));
	}
	if (strncmp(name, "{apart}", 7) == 0) {
		return (put_apart(buf, size, with_sign(words, BADTIME)));
	}
	if (strncmp(name, "{serving}", 9) == 0) {
		return (snprintf(buf, size, "%" PRIu32, words->about->serving));
	}
	if (strncmp(name, "{offered}", 9) == 0) {
		finding = with_sign(words, OLDER | SAME | NEWER);
		return (snprintf(buf, size, "%" PRIu32,
				 finding != NULL ? finding->serial : 0));
	}
	finding = with_sign(words, RCODE);
	return (snprintf(buf, size, "%s",
			 xfw_rcode_name(finding != NULL ? finding->rcode : 0)));
}

static void
put_why(xfw_verdict_t *out, const char *why, const words_t *words) {
	size_t used = 0;

	while (*why != '\0' && used < sizeof(out->why) - 1) {
		size_t room = sizeof(out->why) - used;
		int len = 0;

		if (*why == '{') {
			len = put_word(out->why + used, room, why, words);
			why += strcspn(why, "}");
			why += (*why == '}');
		} else {
			size_t plain = strcspn(why, "{");
			len = snprintf(out->why + used, room, "%.*s", (int)plain, why);
			why += plain;
		}
		used += ((size_t)len < room) ? (size_t)len : room - 1;
	}
}

/*--- the verdict --------------------------------------------------------------*/

static void
read_signs(const xfw_case_t *about, const xfw_findings_t *findings, signs_t *signs) {
	signs->count = findings->count < XFW_FINDINGS_MAX ? findings->count
							  : XFW_FINDINGS_MAX;
	for (unsigned i = 0; i < XFW_CHECK_COUNT; i++) {
		signs->check[i] = UNMADE;
	}
	for (size_t i = 0; i < signs->count; i++) {
		const xfw_finding_t *finding = &findings->item[i];

		signs->item[i] = signs_of(about, finding);
		if (signs->item[i] != UNMADE) {
			uint32_t *check = &signs->check[finding->check];
			*check = (*check & ~(uint32_t)UNMADE) | signs->item[i];
		}
	}
}

static void
judge(const xfw_case_t *about, xfw_cause_t heard, const xfw_findings_t *findings,
      uint16_t port, xfw_verdict_t *out) {
	signs_t signs = { 0 };
	words_t words = { about, findings, &signs, port };
	const rule_t *rule = NULL;
	const char *why = "";
	unsigned agree = 0;

	read_signs(about, findings, &signs);
	rule = find_rule(&signs, heard);
	if (rule != NULL) {
		out->cause = (rule->cause != XFW_CAUSE_NONE) ? rule->cause : heard;
		why = (rule->why != NULL) ? rule->why : "";
	}
	agree = take_stances(findings, &signs, out);
	if (agree == 0 && out->cause != heard) {
		/* Nothing bears it out: then it stays as it was heard. */
		out->cause = heard;
		why = "";
		agree = take_stances(findings, &signs, out);
	}
	out->well = out->cause == heard && is_well(&signs, heard, agree);
	if (out->cause == heard && is_transfer_only(&signs, heard)) {
		drop_stance(out, XFW_STANCE_CONTRADICTS);
		why = "the SOA query is answered: the transfer, which is not tried, "
		      "fails, or it is over";
	} else if (out->cause == heard && is_beyond(about, heard)) {
		out->well = false;
		drop_stance(out, XFW_STANCE_CONTRADICTS);
		why = "the primary was not asked as named asks it, which may use a key: "
		      "what it grants to named is not known";
	} else if (out->well) {
		drop_stance(out, XFW_STANCE_AGREES);
		why = (*why != '\0') ? why : "every check succeeds now";
	}
	if (weigh_difference(findings, &signs, out) && *why == '\0') {
		why = "the answers over UDP and over TCP differ";
	}
	put_why(out, why, &words);
}

void
xfw_verdict(const xfw_case_t *about, const xfw_findings_t *findings, uint16_t port,
	    xfw_verdict_t *out) {
	unsigned agree = 0, contradict = 0;
	xfw_cause_t heard = about->heard;

	if (heard == XFW_CAUSE_NONE || (unsigned)heard >= XFW_CAUSE_COUNT) {
		heard = XFW_CAUSE_UNCLASSIFIED;
	}
	*out = (xfw_verdict_t){ .cause = heard };
	if (xfw_verdict_asks(heard)) {
		judge(about, heard, findings, port, out);
	}
	for (size_t i = 0; i < XFW_FINDINGS_MAX; i++) {
		agree += out->stance[i] == XFW_STANCE_AGREES;
		contradict += out->stance[i] == XFW_STANCE_CONTRADICTS;
	}
	out->confidence = xfw_verdict_confidence(heard, about->zones, agree, contradict,
						 about->asked, about->agreed);
}
