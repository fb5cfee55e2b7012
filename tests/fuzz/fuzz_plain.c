/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fuzz target of the parameters that are read without libisccfg: an input is the text
 * between the braces. Whatever it is, what comes out is within the table's limits, and
 * what was wrong was said. Links with libFuzzer, or with fuzz_driver.c. One thread.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <xfrwatch/plain.h>
#include <xfrwatch/report.h>

#include "fuzz.h"

const char fuzz_hot[] = "{};/!\"\\*#\n 0:";
const size_t fuzz_hot_len = sizeof(fuzz_hot) - 1;

/* A line, in which '|' ends one; those that begin with '#' are comments. */
size_t
fuzz_input(const char *line, uint8_t *buf) {
	size_t len = strlen(line);

	if (len < 2 || len > FUZZ_INPUT_MAX || line[0] == '#') {
		return (0);
	}
	for (size_t i = 0; i < len; i++) {
		buf[i] = line[i] == '|' ? '\n' : (uint8_t)line[i];
	}
	return (len);
}

static void
wrong(const char *what) {
	fprintf(stderr, "fuzz_plain: %s\n", what);
	abort();
}

#define WANT(truth)                     \
	do {                            \
		if (!(truth)) {         \
			wrong(#truth); \
		}                       \
	} while (0)

/*--- report's, without what it needs ----------------------------------------------*/

static const char *const names[] = { "kern", "daemon", "local7", NULL };

const char *const *
xfw_syslog_facilities(void) {
	return (names);
}

int
xfw_syslog_facility(const char *name) {
	for (int i = 0; names[i] != NULL; i++) {
		if (strcasecmp(name, names[i]) == 0) {
			return (i);
		}
	}
	return (strcasecmp(name, "none") == 0 ? XFW_SYSLOG_NONE : XFW_SYSLOG_UNKNOWN);
}

void
xfw_channel_name(const struct sockaddr_storage *address,
		 char name[XFW_CHANNEL_NAME_MAX]) {
	(void)snprintf(name, XFW_CHANNEL_NAME_MAX, "%d", address->ss_family);
}

/*--- what must hold -------------------------------------------------------------------*/

typedef struct heard {
	unsigned int count;
	unsigned long lines; /* of the text */
	unsigned long sum;   /* of all that was said */
} heard_t;

static void
hear(void *arg, unsigned long line, const char *message) {
	heard_t *heard = arg;

	heard->count++;
	WANT(line <= heard->lines);
	WANT(message[0] != '\0' && strlen(message) < 1024);
	heard->sum += line;
	for (const char *c = message; *c != '\0'; c++) {
		WANT((unsigned char)*c >= ' ' && *c != '\177');
		heard->sum = heard->sum * 31 + (unsigned char)*c;
	}
}

static void
check_params(const xfw_params_t *p) {
#define IN(value, id) \
	WANT((long)(value) >= XFW_PARAM_##id##_MIN && \
	     (long)(value) <= XFW_PARAM_##id##_MAX)
	IN(p->reminder_s, REMINDER);
	IN(p->ring_size, RING);
	IN(p->diagnose_rate, DIAGNOSE_RATE);
	IN(p->diagnose_per_primary, DIAGNOSE_PER_PRIMARY);
	IN(p->diagnose_interval_s, DIAGNOSE_INTERVAL);
	IN(p->recovery_rate, RECOVERY_RATE);
	IN(p->escalation.warning, ESCALATION);
	IN(p->signature_warning_d, SIGNATURES);
	WANT((p->ring_size & (p->ring_size - 1)) == 0);
	WANT(p->escalation.warning >= p->escalation.err);
	WANT(p->escalation.err >= p->escalation.crit);
	WANT(p->escalation.crit >= p->escalation.alert);
	WANT(p->signature_warning_d >= p->signature_err_d);
	WANT(p->facility >= XFW_SYSLOG_NONE);
}

static void
check_listeners(const xfw_listener_t *listeners) {
	static const char *const peers[] = { "127.0.0.1", "10.1.2.3", "::1",
					     "2001:db8::7", "::ffff:10.1.2.3" };
	struct sockaddr_storage peer = { 0 };

	for (; listeners != NULL; listeners = listeners->next) {
		WANT(listeners->acl != NULL);
		WANT(listeners->address.ss_family == AF_INET ||
		     listeners->address.ss_family == AF_INET6);
		WANT(((const struct sockaddr_in *)&listeners->address)->sin_port != 0);
		for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
			bool is_four = i < 2;

			peer.ss_family = is_four ? AF_INET : AF_INET6;
			WANT(inet_pton(peer.ss_family, peers[i],
				       is_four ? (void *)&((struct sockaddr_in *)&peer)
							 ->sin_addr
					       : (void *)&((struct sockaddr_in6 *)&peer)
							 ->sin6_addr) == 1);
			(void)xfw_plain_allowed(listeners->acl,
						(struct sockaddr *)&peer);
		}
		for (const xfw_listener_t *at = listeners->next; at != NULL;
		     at = at->next)
		{
			WANT(memcmp(&at->address, &listeners->address,
				    sizeof(at->address)) != 0);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = malloc(size + 1); /* ends where the text ends */
	heard_t heard[2] = { { 0 }, { 0 } };
	xfw_params_t params;
	xfw_listener_t *listeners;

	if (text == NULL) {
		return (0);
	}
	memcpy(text, data, size);
	text[size] = '\0';
	for (const char *c = text; *c != '\0'; c++) {
		heard[0].lines += *c == '\n';
	}
	heard[1].lines = heard[0].lines;
	for (int i = 0; i < 2; i++) {
		bool right = xfw_plain_read(text, hear, &heard[i], &params, &listeners);

		WANT(right == (heard[i].count == 0));
		WANT(heard[i].count <= XFW_PLAIN_COMPLAINTS_MAX + 2);
		check_params(&params);
		check_listeners(listeners);
		xfw_plain_free(listeners);
	}
	WANT(heard[0].sum == heard[1].sum);
	WANT(xfw_plain_strict(text) == params.strict);
	free(text);
	return (0);
}
