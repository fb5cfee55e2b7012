/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An inquiry (inquiry.h): which check comes after which, and what all of them have in
 * common. The loop's thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "inquiry_priv.h"

#define SLACK_MS 500 /* for the loop's other work, in the limit */

static const xfw_inquiry_times_t usual_times = {
	.udp_ms = XFW_INQUIRY_UDP_MS,
	.tcp_ms = XFW_INQUIRY_TCP_MS,
	.soa_ms = XFW_INQUIRY_SOA_MS,
};

static xfw_inquiry_times_t times = {
	.udp_ms = XFW_INQUIRY_UDP_MS,
	.tcp_ms = XFW_INQUIRY_TCP_MS,
	.soa_ms = XFW_INQUIRY_SOA_MS,
};

static void
next_check(xfw_inquiry_t *inquiry);

void
xfw_inquiry_set_times(const xfw_inquiry_times_t *to) {
	times = to != NULL ? *to : usual_times;
}

/* SOA with and without the key and IXFR over UDP, or TLS; twice over TCP. */
int64_t
xfw_inquiry_limit_ms(void) {
	int64_t udp_ms = (int64_t)times.udp_ms * XFW_INQUIRY_TRIES * 3;
	int64_t tls_ms = (int64_t)times.soa_ms * 2;

	return ((udp_ms > tls_ms ? udp_ms : tls_ms) +
		((int64_t)times.tcp_ms + times.soa_ms) * 2 + SLACK_MS);
}

static struct timespec
realtime(void) {
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (now);
}

/*--- the end ----------------------------------------------------------------------*/

static void
on_closed(uv_handle_t *handle) {
	xfw_inquiry_t *inquiry = handle->data;

	if (--inquiry->handles == 0) {
		free(inquiry);
	}
}

/* Everything but the memory, which the handles need until they have closed. */
static void
wind_up(xfw_inquiry_t *inquiry) {
	inquiry->ended = true;
	xfw_inquiry_close(inquiry);
	xfw_inquiry_tcp_forget(inquiry);
	xfw_tsig_wipe(&inquiry->spec.key);
	uv_close((uv_handle_t *)&inquiry->timer, on_closed);
	uv_close((uv_handle_t *)&inquiry->deadline, on_closed);
}

void
xfw_inquiry_cancel(xfw_inquiry_t *inquiry) {
	if (!inquiry->ended) {
		wind_up(inquiry);
	}
}

static void
finish(xfw_inquiry_t *inquiry) {
	if (!inquiry->ended) {
		wind_up(inquiry);
		inquiry->done(inquiry->arg, &inquiry->findings);
	}
}

/*--- one check --------------------------------------------------------------------*/

static void
blank(xfw_inquiry_t *inquiry, uint8_t check) {
	inquiry->finding = (xfw_finding_t){ .check = check, .rcode = 0xffff };
}

static void
begin(xfw_inquiry_t *inquiry, xfw_check_t check) {
	blank(inquiry, (uint8_t)check);
	inquiry->asking = true;
	inquiry->since_ns = uv_hrtime();
	inquiry->tries = 0;
	inquiry->strays = 0;
	inquiry->has_refusal = false;
}

static uint32_t
since_us(uint64_t since_ns) {
	return ((uint32_t)((uv_hrtime() - since_ns) / 1000));
}

/* It was asked once more, without EDNS. */
static void
settle_refusal(xfw_inquiry_t *inquiry) {
	xfw_finding_t *finding = &inquiry->finding;

	if (finding->result != XFW_RESULT_ANSWER) {
		*finding = inquiry->refusal;
	} else if (finding->note[0] == '\0') {
		(void)snprintf(finding->note, sizeof(finding->note),
			       "without EDNS; with EDNS: %s",
			       xfw_rcode_name(inquiry->refusal.rcode));
	}
}

/* Only what was asked for by `begin` may be recorded, and once. */
static void
record(xfw_inquiry_t *inquiry) {
	xfw_finding_t *finding = &inquiry->finding;
	struct timespec now = realtime();

	if (!inquiry->asking) {
		return;
	}
	inquiry->asking = false;
	(void)uv_timer_stop(&inquiry->timer);
	finding->rtt_us = since_us(inquiry->since_ns);
	if (inquiry->has_refusal) {
		settle_refusal(inquiry);
	}
	finding->at_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (inquiry->findings.count < XFW_FINDINGS_MAX) {
		inquiry->findings.item[inquiry->findings.count++] = *finding;
	}
}

bool
xfw_inquiry_result(xfw_inquiry_t *inquiry, xfw_result_t result, const char *note) {
	inquiry->finding.result = (uint8_t)result;
	if (note != NULL) {
		(void)snprintf(inquiry->finding.note, sizeof(inquiry->finding.note),
			       "%s", note);
	}
	return (false);
}

bool
xfw_inquiry_failed(xfw_inquiry_t *inquiry, int error) {
	inquiry->finding.error = error;
	return (xfw_inquiry_result(inquiry, xfw_inquiry_meaning(error), NULL));
}

void
xfw_inquiry_timeout(xfw_inquiry_t *inquiry) {
	(void)xfw_inquiry_result(inquiry, XFW_RESULT_TIMEOUT, NULL);
}

bool
xfw_inquiry_wait(xfw_inquiry_t *inquiry, uv_timer_cb over, uint32_t wait_ms) {
	int error;

	/* The loop's idea of now is as old as its turn. */
	uv_update_time(inquiry->loop);
	error = -uv_timer_start(&inquiry->timer, over, wait_ms, 0);
	return (error == 0 || xfw_inquiry_failed(inquiry, error));
}

/*--- a question and its answer ------------------------------------------------------*/

bool
xfw_inquiry_build(xfw_inquiry_t *inquiry, unsigned which) {
	xfw_inquiry_spec_t *spec = &inquiry->spec;
	bool edns = !spec->no_edns && !inquiry->plain;
	xfw_question_t question = {
		.name = spec->zone,
		.name_len = spec->zone_len,
		.type = inquiry->type,
		.class_ = spec->class_,
		.edns = edns,
		.dnssec_ok = edns && spec->signatures &&
			     inquiry->type == XFW_TYPE_SOA,
		.serial = inquiry->serial,
	};
	int64_t now_s = realtime().tv_sec;

	if (getrandom(&question.id, sizeof(question.id), GRND_NONBLOCK) !=
	    sizeof(question.id))
	{
		return (xfw_inquiry_failed(inquiry, errno));
	}
	if (!xfw_wire_build(&inquiry->query[which], &question,
			    inquiry->is_signed ? &spec->key : NULL, inquiry->hmac,
			    now_s))
	{
		inquiry->finding.error = EINVAL;
		return (xfw_inquiry_result(inquiry, XFW_RESULT_LOCAL,
					   "the query cannot be built"));
	}
	if (inquiry->is_signed) {
		inquiry->finding.our_time_s = now_s;
	}
	return (true);
}

/* FORMERR or NOTIMP may be what a server says that never heard of EDNS (RFC 6891, 7);
 * named asks it again without, so we do. */
static bool
refuses_edns(const xfw_query_wire_t *query, const xfw_finding_t *finding) {
	return (query->question.edns && finding->result == XFW_RESULT_ANSWER &&
		(finding->rcode == XFW_RCODE_FORMERR ||
		 finding->rcode == XFW_RCODE_NOTIMP));
}

bool
xfw_inquiry_read(xfw_inquiry_t *inquiry, unsigned which, const uint8_t *data,
		 size_t len) {
	const xfw_query_wire_t *query = &inquiry->query[which];
	xfw_finding_t *finding = &inquiry->finding;

	xfw_wire_read(query, query->is_signed ? &inquiry->spec.key : NULL,
		      inquiry->hmac, data, len, realtime().tv_sec, finding);
	if (query->is_signed) {
		finding->our_time_s = query->signed_s;
	}
	if (!refuses_edns(query, finding)) {
		return (true);
	}
	finding->rtt_us = since_us(inquiry->query_ns[which]);
	inquiry->refusal = *finding;
	inquiry->has_refusal = true;
	inquiry->plain = true;
	blank(inquiry, finding->check);
	return (false);
}

/*--- the checks, in their order -----------------------------------------------------*/

/*
 * Each of them returns whether it is under way. If it is not, it was either recorded
 * already or has nothing to say.
 */
typedef bool (*check_t)(xfw_inquiry_t *inquiry);

static const xfw_finding_t *
found(const xfw_inquiry_t *inquiry, xfw_check_t check) {
	return (xfw_findings_get(&inquiry->findings, check));
}

static bool
answered(const xfw_finding_t *finding) {
	return (finding != NULL && (finding->result == XFW_RESULT_ANSWER ||
				    finding->result == XFW_RESULT_MALFORMED));
}

/* A signed query was answered, but not as it should have been. */
static bool
key_in_doubt(const xfw_inquiry_t *inquiry, xfw_check_t check) {
	const xfw_finding_t *finding = found(inquiry, check);

	return (inquiry->spec.has_key && answered(finding) &&
		(finding->result != XFW_RESULT_ANSWER ||
		 finding->tsig != XFW_TSIG_GOOD ||
		 finding->rcode != XFW_RCODE_NOERROR));
}

static bool
check_source(xfw_inquiry_t *inquiry) {
	int error;

	if (inquiry->spec.from.ss_family == AF_UNSPEC) {
		return (false);
	}
	begin(inquiry, XFW_CHECK_SOURCE);
	error = xfw_inquiry_source(&inquiry->spec.from);
	inquiry->finding.error = error;
	(void)xfw_inquiry_result(inquiry,
				 error == 0		  ? XFW_RESULT_DONE
				 : error == EADDRNOTAVAIL ? XFW_RESULT_MISSING
							  : XFW_RESULT_LOCAL,
				 NULL);
	record(inquiry);
	if (error != 0) { /* nothing can be asked from there */
		finish(inquiry);
		return (true);
	}
	return (false);
}

static bool
may_use_udp(const xfw_inquiry_spec_t *spec) {
	return (!spec->tcp_only && !spec->no_udp && !spec->tls);
}

static bool
ask_udp(xfw_inquiry_t *inquiry, xfw_check_t check, uint16_t type, bool is_signed) {
	begin(inquiry, check);
	inquiry->type = type;
	inquiry->is_signed = is_signed;
	if (!xfw_inquiry_udp(inquiry)) {
		xfw_inquiry_close(inquiry);
		record(inquiry);
		return (false);
	}
	return (true);
}

static bool
check_udp(xfw_inquiry_t *inquiry) {
	return (may_use_udp(&inquiry->spec) &&
		ask_udp(inquiry, XFW_CHECK_UDP_SOA, XFW_TYPE_SOA,
			inquiry->spec.has_key));
}

/* A check that begins with a connection; false if that could not even be tried. */
static bool
connect_for(xfw_inquiry_t *inquiry, xfw_check_t check) {
	begin(inquiry, check);
	if (!xfw_inquiry_tcp_connect(inquiry)) {
		xfw_inquiry_close(inquiry);
		record(inquiry);
		return (false);
	}
	return (true);
}

static bool
check_connect(xfw_inquiry_t *inquiry) {
	return (connect_for(inquiry, XFW_CHECK_TCP_CONNECT));
}

/* No plain DNS is sent where named would send none. */
static bool
check_tls(xfw_inquiry_t *inquiry) {
	if (!inquiry->spec.tls || inquiry->socket == NULL) {
		return (false);
	}
	begin(inquiry, XFW_CHECK_TLS);
	if (!xfw_inquiry_tls_able(inquiry)) {
		(void)xfw_inquiry_result(inquiry, XFW_RESULT_NONE, "not checked");
	} else if (xfw_inquiry_tls_shake(inquiry)) {
		return (true);
	}
	xfw_inquiry_close(inquiry);
	record(inquiry);
	return (false);
}

/* Over the connection that there is. */
static bool
ask_tcp(xfw_inquiry_t *inquiry, bool is_signed) {
	inquiry->type = XFW_TYPE_SOA;
	inquiry->is_signed = is_signed;
	return (xfw_inquiry_tcp_ask(inquiry));
}

static bool
check_tcp(xfw_inquiry_t *inquiry) {
	if (inquiry->socket == NULL) {
		return (false);
	}
	begin(inquiry, XFW_CHECK_TCP_SOA);
	if (!ask_tcp(inquiry, inquiry->spec.has_key)) {
		xfw_inquiry_close(inquiry);
		record(inquiry);
		return (false);
	}
	return (true);
}

static bool
check_udp_unsigned(xfw_inquiry_t *inquiry) {
	return (key_in_doubt(inquiry, XFW_CHECK_UDP_SOA) &&
		ask_udp(inquiry, XFW_CHECK_UDP_SOA_UNSIGNED, XFW_TYPE_SOA, false));
}

/* One finding for the connection, the handshake and the question: xfw_inquiry_ready()
 * goes on from one to the next. */
static bool
check_tcp_unsigned(xfw_inquiry_t *inquiry) {
	return (key_in_doubt(inquiry, XFW_CHECK_TCP_SOA) &&
		connect_for(inquiry, XFW_CHECK_TCP_SOA_UNSIGNED));
}

/* The serial that the primary says it has, or the one that we have. */
static bool
offered(const xfw_inquiry_t *inquiry, uint32_t *serial) {
	for (size_t i = 0; i < inquiry->findings.count; i++) {
		const xfw_finding_t *finding = &inquiry->findings.item[i];

		if (finding->result == XFW_RESULT_ANSWER &&
		    finding->rcode == XFW_RCODE_NOERROR && finding->has_serial)
		{
			*serial = finding->serial;
			return (true);
		}
	}
	/* It refuses to say: then with ours it tells what it does with transfers. */
	*serial = inquiry->spec.serial;
	return (inquiry->spec.has_serial);
}

/* Over UDP alone: there the answer cannot be a zone. If UDP is not answered at all,
 * that was seen already. */
static bool
check_transfer(xfw_inquiry_t *inquiry) {
	return (inquiry->spec.transfer &&
		answered(found(inquiry, XFW_CHECK_UDP_SOA)) &&
		offered(inquiry, &inquiry->serial) &&
		ask_udp(inquiry, XFW_CHECK_TRANSFER, XFW_TYPE_IXFR,
			inquiry->spec.has_key));
}

static const check_t checks[] = {
	check_source,	    check_udp,		check_connect,
	check_tls,	    check_tcp,		check_udp_unsigned,
	check_tcp_unsigned, check_transfer,
};

static void
next_check(xfw_inquiry_t *inquiry) {
	while (inquiry->step < sizeof(checks) / sizeof(checks[0])) {
		if (checks[inquiry->step++](inquiry)) {
			return;
		}
	}
	finish(inquiry);
}

void
xfw_inquiry_ready(xfw_inquiry_t *inquiry) {
	bool connected = inquiry->finding.result == XFW_RESULT_DONE;

	if (connected && inquiry->finding.check == XFW_CHECK_TCP_SOA_UNSIGNED) {
		bool shake = inquiry->spec.tls && inquiry->tls == NULL;

		blank(inquiry, XFW_CHECK_TCP_SOA_UNSIGNED);
		if (shake ? xfw_inquiry_tls_shake(inquiry) : ask_tcp(inquiry, false)) {
			return;
		}
		connected = false;
	}
	if (!connected) {
		xfw_inquiry_close(inquiry);
		xfw_inquiry_tcp_forget(inquiry);
	}
	record(inquiry);
	next_check(inquiry);
}

/*--- the beginning ------------------------------------------------------------------*/

static void
on_start(uv_timer_t *timer) {
	next_check(timer->data);
}

/* A guard: the checks' own times add up to less. */
static void
on_deadline(uv_timer_t *timer) {
	xfw_inquiry_t *inquiry = timer->data;

	xfw_inquiry_timeout(inquiry);
	record(inquiry);
	finish(inquiry);
}

xfw_inquiry_t *
xfw_inquiry_start(struct uv_loop_s *loop, const xfw_inquiry_spec_t *spec,
		  xfw_hmac_fn_t hmac, xfw_inquiry_done_t done, void *arg) {
	xfw_inquiry_t *inquiry = calloc(1, sizeof(*inquiry));

	if (inquiry == NULL) {
		return (NULL);
	}
	inquiry->loop = loop;
	inquiry->spec = *spec;
	inquiry->hmac = hmac;
	inquiry->done = done;
	inquiry->arg = arg;
	inquiry->times = times;
	inquiry->timer.data = inquiry->deadline.data = inquiry;
	inquiry->handles = 2;
	(void)uv_timer_init(loop, &inquiry->timer);
	(void)uv_timer_init(loop, &inquiry->deadline);
	uv_update_time(loop);
	if (uv_timer_start(&inquiry->deadline, on_deadline,
			   (uint64_t)xfw_inquiry_limit_ms(), 0) != 0 ||
	    uv_timer_start(&inquiry->timer, on_start, 0, 0) != 0)
	{
		xfw_inquiry_cancel(inquiry);
		return (NULL);
	}
	return (inquiry);
}
