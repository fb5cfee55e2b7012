/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Diagnoses as the monitor makes them: which incident's turn it is, within the rates
 * that the operator set; how named reaches the primary, by named.conf; the TSIG key,
 * out of the view's keyring by way of the hook; the inquiry; what it found, to the
 * state. `diagnose no` sends nothing at all. Monitor's thread only.
 *
 * In reduced mode (mode.h) there is neither named.conf nor a keyring: the primary is
 * asked by its address alone, unsigned, from whatever address the system takes, over TLS if it
 * is at port 853 or TLS was what failed, and without verifying its certificate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xfrwatch/inquiry.h>
#include <xfrwatch/key.h>
#include <xfrwatch/route.h>

#include "monitor_priv.h"

#define KEY_WAIT_MS 5000 /* for a query of ours to bring the key */
#define UNDERWAY_MAX 32	 /* diagnoses at a time, whatever the rates are */
#define PORT_DOT     853 /* RFC 9103 */
#define LOOK_MS	     500 /* between looks for what is due: no incident is so sooner */

/* One diagnosis, from its begin until it is known what it found. */
struct xfw_diagnose {
	struct xfw_diagnose *next;
	xfw_monitor_t *monitor;
	uint64_t incident;
	const xfw_primary_t *primary;
	xfw_view_t *view;
	char *zone; /* key */
	xfw_route_entry_t route;
	char source[64];
	bool blind; /* named may ask in another way (verdict.h) */
	int64_t key_until_ms; /* 0: no key is waited for */
	bool has_key_name;
	uint8_t key_name[XFW_WIRE_NAME_MAX];
	uint8_t key_name_len;
	xfw_findings_t found; /* before anything was sent */
	xfw_inquiry_spec_t spec;
	xfw_inquiry_t *inquiry;
};

typedef struct xfw_diagnose diagnose_t;

static void
drop(xfw_monitor_t *monitor, diagnose_t *diagnose) {
	diagnose_t **at = &monitor->diagnoses;

	while (*at != diagnose) {
		at = &(*at)->next;
	}
	*at = diagnose->next;
	monitor->diagnosing--;
	xfw_tsig_wipe(&diagnose->spec.key);
	free(diagnose->zone);
	free(diagnose);
}

/*--- what was found -----------------------------------------------------------*/

static xfw_finding_t *
note(diagnose_t *diagnose, xfw_check_t check, xfw_result_t result, const char *text) {
	xfw_finding_t *finding = &diagnose->found.item[diagnose->found.count++];

	*finding = (xfw_finding_t){ .at_ms = xfw_now_ms(),
				    .check = (uint8_t)check,
				    .result = (uint8_t)result,
				    .rcode = UINT16_MAX };
	for (size_t i = 0; i < sizeof(finding->note) - 1 && text[i] != '\0'; i++) {
		bool plain = text[i] >= ' ' && text[i] <= '~' && text[i] != '"';

		finding->note[i] = plain ? text[i] : '?';
	}
	return (finding);
}

/* What a primary says without the signature that it should have is not believed. */
static bool
is_trusted(const diagnose_t *diagnose, const xfw_finding_t *finding) {
	return (finding->result == XFW_RESULT_ANSWER && finding->has_serial &&
		finding->soas <= 1 && finding->authoritative &&
		finding->rcode == XFW_RCODE_NOERROR &&
		finding->tsig == (diagnose->spec.has_key ? XFW_TSIG_GOOD
							 : XFW_TSIG_NONE));
}

static void
take_serial(const diagnose_t *diagnose, const xfw_findings_t *findings) {
	xfw_state_t *state = diagnose->monitor->state;
	xfw_zone_t *zone = xfw_state_find(state, diagnose->zone,
					  strlen(diagnose->zone));
	const xfw_check_t checks[] = { XFW_CHECK_TCP_SOA, XFW_CHECK_UDP_SOA };

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		const xfw_finding_t *finding = xfw_findings_get(findings, checks[i]);

		if (zone != NULL && finding != NULL && is_trusted(diagnose, finding)) {
			xfw_state_offered(state, zone, finding->serial, xfw_now_ms());
			return;
		}
	}
}

static uint16_t
port_of(const diagnose_t *diagnose) {
	const char *hash = strrchr(diagnose->primary->address, '#');

	return ((uint16_t)(hash != NULL ? atoi(hash + 1) : 53));
}

/* The diagnosis is over; `findings` NULL: nothing could be sent. */
static void
finish(diagnose_t *diagnose, const xfw_findings_t *findings) {
	xfw_monitor_t *monitor = diagnose->monitor;
	xfw_inquest_t inquest = {
		.incident = diagnose->incident,
		.zone = diagnose->zone,
		.key = diagnose->spec.has_key ? diagnose->route.key : NULL,
		.source = diagnose->source[0] != '\0' ? diagnose->source : NULL,
		.port = port_of(diagnose),
		.blind = diagnose->blind,
		.findings = diagnose->found,
	};

	for (size_t i = 0; findings != NULL && i < findings->count &&
			   inquest.findings.count < XFW_FINDINGS_MAX;
	     i++)
	{
		inquest.findings.item[inquest.findings.count++] = findings->item[i];
	}
	if (findings != NULL) {
		take_serial(diagnose, findings);
	}
	xfw_state_diagnosed(monitor->state, &inquest,
			    monitor->params.diagnose_interval_s, xfw_now_ms());
	monitor->due_ms = 0;
	drop(monitor, diagnose);
}

static void
on_done(void *arg, const xfw_findings_t *findings) {
	diagnose_t *diagnose = arg;

	diagnose->inquiry = NULL;
	finish(diagnose, findings);
}

/*--- asking -------------------------------------------------------------------*/

/* Our address as the primary sees it: of a socket that is told where to send. */
static void
learn_source(diagnose_t *diagnose) {
	xfw_inquiry_spec_t *spec = &diagnose->spec;
	struct sockaddr_storage own = spec->from;
	socklen_t len = sizeof(own);
	char name[64] = "";

	if (own.ss_family == AF_UNSPEC) {
		int fd = socket(spec->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		if (fd < 0) {
			return;
		}
		if (connect(fd, (const struct sockaddr *)&spec->to,
			    spec->to.ss_family == AF_INET6
				    ? sizeof(struct sockaddr_in6)
				    : sizeof(struct sockaddr_in)) != 0 ||
		    getsockname(fd, (struct sockaddr *)&own, &len) != 0)
		{
			own.ss_family = AF_UNSPEC;
		}
		(void)close(fd);
	}
	if (own.ss_family == AF_INET) {
		(void)uv_ip4_name((const struct sockaddr_in *)&own, name, sizeof(name));
	} else if (own.ss_family == AF_INET6) {
		(void)uv_ip6_name((const struct sockaddr_in6 *)&own, name,
				  sizeof(name));
	}
	memcpy(diagnose->source, name, sizeof(diagnose->source));
}

static void
ask(diagnose_t *diagnose) {
	xfw_monitor_t *monitor = diagnose->monitor;

	diagnose->key_until_ms = 0;
	learn_source(diagnose);
	diagnose->inquiry = xfw_inquiry_start(&monitor->loop, &diagnose->spec,
					      monitor->host.hmac, on_done, diagnose);
	xfw_tsig_wipe(&diagnose->spec.key);
	if (diagnose->inquiry == NULL) {
		(void)note(diagnose, XFW_CHECK_SOURCE, XFW_RESULT_LOCAL,
			   "out of memory");
		finish(diagnose, NULL);
	}
}

static void
go_unsigned(diagnose_t *diagnose, xfw_result_t result, const char *why) {
	char text[XFW_FINDING_NOTE];

	diagnose->blind = true;
	(void)snprintf(text, sizeof(text), "%.32s: %.40s, asked unsigned",
		       diagnose->route.key, why);
	(void)note(diagnose, XFW_CHECK_KEY, result, text);
	ask(diagnose);
}

/*--- the key ------------------------------------------------------------------*/

static diagnose_t *
wish_of(const xfw_monitor_t *monitor, const xfw_watch_t *watch) {
	diagnose_t *diagnose = monitor->diagnoses;

	while (diagnose != NULL &&
	       (diagnose->key_until_ms == 0 || diagnose->view != watch->view))
	{
		diagnose = diagnose->next;
	}
	return (diagnose);
}

bool
xfw_diagnose_wants(const xfw_monitor_t *monitor, const xfw_watch_t *watch) {
	return (wish_of(monitor, watch) != NULL);
}

void
xfw_diagnose_load(const xfw_monitor_t *monitor, const xfw_watch_t *watch,
		  xfw_probe_t *probe) {
	const diagnose_t *diagnose = wish_of(monitor, watch);

	probe->key_found = false;
	probe->key_wanted = diagnose != NULL;
	if (diagnose != NULL) {
		memcpy(probe->key.name, diagnose->key_name, diagnose->key_name_len);
		probe->key.name_len = diagnose->key_name_len;
	}
}

/* All that wait for that key have it now, or know that it is not there. */
void
xfw_diagnose_key(xfw_monitor_t *monitor, const xfw_watch_t *watch,
		 xfw_probe_t *probe) {
	diagnose_t *next;

	if (!probe->key_wanted) {
		return;
	}
	probe->key_wanted = false;
	for (diagnose_t *diagnose = monitor->diagnoses; diagnose != NULL;
	     diagnose = next)
	{
		next = diagnose->next;
		if (diagnose->key_until_ms == 0 || diagnose->view != watch->view ||
		    diagnose->key_name_len != probe->key.name_len ||
		    memcmp(diagnose->key_name, probe->key.name,
			   probe->key.name_len) != 0)
		{
			continue;
		}
		if (probe->key_found) {
			diagnose->spec.has_key = true;
			diagnose->spec.key = probe->key;
			ask(diagnose);
		} else {
			go_unsigned(diagnose, XFW_RESULT_MISSING,
				    "no such key in named's keyring");
		}
	}
	xfw_tsig_wipe(&probe->key);
}

/* Plans to sign, if named does. False: there is no key to wait for. */
static bool
want_key(diagnose_t *diagnose, int64_t now_ms) {
	xfw_monitor_t *monitor = diagnose->monitor;
	const char *name = diagnose->route.key;

	if (name[0] == '\0') {
		return (false);
	}
	if (monitor->host.hmac == NULL ||
	    !xfw_monitor_wire(monitor, name, strlen(name), diagnose->key_name,
			      &diagnose->key_name_len))
	{
		diagnose->blind = true;
		(void)note(diagnose, XFW_CHECK_KEY, XFW_RESULT_LOCAL,
			   "cannot be used here, asked unsigned");
		return (false);
	}
	diagnose->key_until_ms = now_ms + KEY_WAIT_MS;
	return (true);
}

/*--- begin --------------------------------------------------------------------*/

static bool
busy(void *arg, const xfw_primary_t *primary) {
	const xfw_monitor_t *monitor = arg;
	unsigned underway = 0;

	for (const diagnose_t *diagnose = monitor->diagnoses; diagnose != NULL;
	     diagnose = diagnose->next)
	{
		underway += diagnose->primary == primary;
	}
	return (underway >= monitor->params.diagnose_per_primary);
}

/* Which checks can say something about the cause. */
static void
choose_checks(xfw_inquiry_spec_t *spec, const xfw_incident_t *incident) {
	xfw_cause_t cause = (xfw_cause_t)incident->heard;
	xfw_family_t family = xfw_cause_info(cause)->family;

	spec->signatures = cause == XFW_CAUSE_SIGNATURES_EXPIRING;
	spec->transfer = family == XFW_FAMILY_ACCESS || family == XFW_FAMILY_TSIG ||
			 cause == XFW_CAUSE_RCODE_OTHER ||
			 cause == XFW_CAUSE_CLOSED_BY_PEER;
}

static bool
fill_spec(diagnose_t *diagnose, const xfw_zone_t *zone) {
	xfw_inquiry_spec_t *spec = &diagnose->spec;
	xfw_key_t key;

	if (!xfw_key_split(zone->key, zone->key_len, &key) ||
	    !xfw_monitor_wire(diagnose->monitor, key.name, key.name_len, spec->zone,
			      &spec->zone_len))
	{
		return (false);
	}
	spec->has_serial = (zone->flags & XFW_ZONE_HAS_SERIAL) != 0;
	spec->serial = zone->serial;
	spec->class_ = XFW_CLASS_IN;
	if (key.class_len == 2 && memcmp(key.class_, "CH", 2) == 0) {
		spec->class_ = XFW_CLASS_CH;
	} else if (key.class_len == 2 && memcmp(key.class_, "HS", 2) == 0) {
		spec->class_ = XFW_CLASS_HS;
	}
	spec->to = diagnose->route.to;
	spec->from = diagnose->route.from;
	spec->tcp_only = diagnose->route.tcp_only;
	spec->no_edns = diagnose->route.no_edns;
	spec->tls = diagnose->route.tls[0] != '\0';
	spec->secure = diagnose->route.secure;
	return (true);
}

/* How named reaches the primary is not, or not wholly, known. */
static void
note_unknown(diagnose_t *diagnose, const xfw_incident_t *incident) {
	const char *text = "zone or primary is not in named.conf, asked unsigned";

	diagnose->blind = diagnose->route.key[0] == '\0';
	if (xfw_monitor_reduced(diagnose->monitor)) {
		text = "named.conf is not read in reduced mode: asked by address alone, "
		       "unsigned";
		diagnose->spec.tls = incident->heard == XFW_CAUSE_TLS_FAILURE ||
				     port_of(diagnose) == PORT_DOT;
	} else if (!diagnose->blind) {
		text = "zone is not in named.conf, asked as its server statement says";
	}
	(void)note(diagnose, XFW_CHECK_CONFIG, XFW_RESULT_MISSING, text);
}

static void
begin(xfw_monitor_t *monitor, const xfw_incident_t *incident, int64_t now_ms) {
	const xfw_zone_t *zone = xfw_incident_sample(incident);
	diagnose_t *diagnose = calloc(1, sizeof(*diagnose));
	bool known = false;

	if (diagnose == NULL || (diagnose->zone = strdup(zone->key)) == NULL) {
		free(diagnose);
		return;
	}
	diagnose->monitor = monitor;
	diagnose->incident = incident->id;
	diagnose->primary = incident->primary;
	diagnose->view = zone->view;
	diagnose->next = monitor->diagnoses;
	monitor->diagnoses = diagnose;
	monitor->diagnosing++;
	if (!xfw_settings_route(monitor, zone, incident->primary->address,
				&diagnose->route, &known) ||
	    !fill_spec(diagnose, zone))
	{
		(void)note(diagnose, XFW_CHECK_CONFIG, XFW_RESULT_MISSING,
			   "no primary of the zone is known here");
		finish(diagnose, NULL);
		return;
	}
	if (!known) {
		note_unknown(diagnose, incident);
	}
	choose_checks(&diagnose->spec, incident);
	if (!want_key(diagnose, now_ms)) {
		ask(diagnose);
	}
}

/*--- the rhythm ---------------------------------------------------------------*/

static void
give_up_keys(xfw_monitor_t *monitor, int64_t now_ms) {
	diagnose_t *next;

	for (diagnose_t *diagnose = monitor->diagnoses; diagnose != NULL;
	     diagnose = next)
	{
		next = diagnose->next;
		if (diagnose->key_until_ms != 0 && now_ms >= diagnose->key_until_ms) {
			go_unsigned(diagnose, XFW_RESULT_TIMEOUT,
				    "the view's keyring is out of reach");
		}
	}
}

void
xfw_diagnose_pulse(xfw_monitor_t *monitor, int64_t now_ms) {
	const xfw_incident_t *incident;
	int64_t next_ms;

	give_up_keys(monitor, now_ms);
	if (!monitor->params.diagnose || now_ms < monitor->diagnose_ms ||
	    now_ms < monitor->settled_ms || monitor->diagnosing >= UNDERWAY_MAX)
	{
		return;
	}
	incident = xfw_state_undiagnosed(monitor->state, now_ms, busy, monitor,
					 &next_ms);
	if (incident != NULL) {
		monitor->diagnose_ms = now_ms + 1000 / monitor->params.diagnose_rate;
		begin(monitor, incident, now_ms);
	} else {
		monitor->diagnose_ms = next_ms < now_ms + LOOK_MS ? next_ms
								  : now_ms + LOOK_MS;
	}
}

void
xfw_diagnose_configured(xfw_monitor_t *monitor) {
	if (!monitor->params.diagnose) {
		xfw_diagnose_end(monitor);
	}
}

void
xfw_diagnose_view_gone(xfw_monitor_t *monitor, const xfw_view_t *view) {
	for (diagnose_t *diagnose = monitor->diagnoses; diagnose != NULL;
	     diagnose = diagnose->next)
	{
		if (diagnose->view == view) {
			diagnose->view = NULL; /* its key will not come */
		}
	}
}

void
xfw_diagnose_end(xfw_monitor_t *monitor) {
	while (monitor->diagnoses != NULL) {
		diagnose_t *diagnose = monitor->diagnoses;

		if (diagnose->inquiry != NULL) {
			xfw_inquiry_cancel(diagnose->inquiry);
		}
		drop(monitor, diagnose);
	}
}
