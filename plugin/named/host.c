/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What there is once per process: the intake, the tap, the monitor's thread, the
 * views' slots. Starts with the first instance and stops with the last; what
 * named's threads may still be inside of (intake, tap, slots) lives on until the
 * process ends.
 *
 * xfw_host_attach() runs on named's configuring thread, xfw_host_detach() on the
 * thread that frees a view, host_log() and the like on the monitor's.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "named.h"

/* How long named's thread waits for ours to end. Ours may be stuck in a write to
 * a disk that does not answer. */
#define STOP_MS 2000

#define XFW_GREETING \
	"xfrwatch " PACKAGE_VERSION " (built for BIND " XFW_BIND_VERSION ")"

static struct {
	pthread_mutex_t lock; /* attach and detach */
	unsigned instances;
	uint64_t last_id; /* under `gate` as well */
	xfw_slot_t *slots;
	xfw_intake_t *intake;
	xfw_monitor_t *monitor;
	isc_thread_t thread;
	bool at_exit;

	/* The monitor may log only while this is open: named frees its log context
	 * when the last view is gone. */
	pthread_mutex_t gate;
	isc_log_t *lctx; /* under `gate`; NULL: closed */
} host = { .lock = PTHREAD_MUTEX_INITIALIZER,
	   .gate = PTHREAD_MUTEX_INITIALIZER };

/*--- for the monitor -------------------------------------------------------------*/

static int
level_of(xfw_severity_t severity) {
	switch (severity) {
	case XFW_SEVERITY_ALERT:
	case XFW_SEVERITY_CRIT:
		return (ISC_LOG_CRITICAL);
	case XFW_SEVERITY_ERR:
		return (ISC_LOG_ERROR);
	case XFW_SEVERITY_WARNING:
		return (ISC_LOG_WARNING);
	case XFW_SEVERITY_NOTICE:
		return (ISC_LOG_NOTICE);
	default:
		return (ISC_LOG_INFO);
	}
}

static void
host_log(void *arg, xfw_severity_t severity, const char *line) {
	(void)arg;
	(void)pthread_mutex_lock(&host.gate);
	if (host.lctx != NULL) {
		isc_log_write(host.lctx, DNS_LOGCATEGORY_XFER_IN,
			      DNS_LOGMODULE_XFER_IN, level_of(severity), "%s",
			      line);
	}
	(void)pthread_mutex_unlock(&host.gate);
}

static void
host_follow(void *arg, uint64_t settled) {
	(void)arg;
	(void)pthread_mutex_lock(&host.gate);
	if (host.lctx != NULL) {
		/* Not if an instance came that the monitor has not heard of. */
		xfw_tap_follow(settled != 0 && settled == host.last_id);
	}
	(void)pthread_mutex_unlock(&host.gate);
}

static bool
host_wire(void *arg, const char *name, size_t len, uint8_t wire[XFW_WIRE_MAX],
	  uint8_t *wire_len) {
	(void)arg;
	return (xfw_census_wire(name, len, wire, wire_len));
}

static void
host_mute(void *arg, bool on) {
	(void)arg;
	(void)pthread_mutex_lock(&host.gate);
	if (host.lctx != NULL) {
		xfw_mute(on);
	}
	(void)pthread_mutex_unlock(&host.gate);
}

static bool
host_allowed(void *arg, void *acl, const struct sockaddr *peer) {
	(void)arg;
	return (xfw_acl_allowed(acl, peer));
}

/* Both of isc_thread_create()'s types for it are these, whatever their names. */
static void *
run(void *arg) {
#ifdef HAVE_PTHREAD_SETNAME_NP
	(void)pthread_setname_np(pthread_self(), "xfrwatch");
#endif
	xfw_monitor_run(arg);
	return (NULL);
}

/*--- start and stop -----------------------------------------------------------------*/

/* At the end of the process, when main() has returned: nobody logs any more. */
static void
at_exit(void) {
	if (host.instances > 0) {
		return;
	}
	/* libisc counts its memory contexts at the end, and aborts. */
	xfw_tap_free();
	xfw_acl_end();
	if (host.monitor == NULL) {
		xfw_intake_destroy(host.intake);
		host.intake = NULL;
		while (host.slots != NULL) {
			xfw_slot_t *slot = host.slots;

			host.slots = slot->next;
			free(slot->view);
			free(slot);
		}
	}
}

static isc_result_t
start(isc_log_t *lctx, uint32_t ring_size) {
	static const xfw_host_t ops = { .log = host_log,
					.follow = host_follow,
					.wire = host_wire,
					.mute = host_mute,
					.allowed = host_allowed,
					.hmac = xfw_hmac_digest,
					.version = PACKAGE_VERSION,
					.bind_version = XFW_BIND_BUILD,
					.bind_built = XFW_BIND_BUILD,
					.greeting = XFW_GREETING };
	sigset_t all, before;

	if (host.intake == NULL) {
		host.intake = xfw_intake_create(ring_size);
	}
	if (host.intake == NULL) {
		return (ISC_R_NOMEMORY);
	}
	if (!host.at_exit) {
		host.at_exit = atexit(at_exit) == 0;
	}
	host.monitor = xfw_monitor_create(host.intake, &ops);
	if (host.monitor == NULL) {
		return (ISC_R_NOMEMORY);
	}
	host.lctx = lctx;
	if (!xfw_tap_install(lctx, host.intake)) {
		xfw_monitor_destroy(host.monitor);
		host.monitor = NULL;
		return (ISC_R_NORESOURCES);
	}
	xfw_unexpected_install(host.intake);
	/* Signals are for named's threads. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	isc_thread_create(run, host.monitor, &host.thread);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return (ISC_R_SUCCESS);
}

static struct timespec
in_ms(long ms) {
	struct timespec when;

	(void)clock_gettime(CLOCK_REALTIME, &when);
	when.tv_sec += ms / 1000;
	when.tv_nsec += (ms % 1000) * 1000000;
	if (when.tv_nsec >= 1000000000) {
		when.tv_sec++;
		when.tv_nsec -= 1000000000;
	}
	return (when);
}

static void
stop(void) {
	xfw_message_t *message = calloc(1, sizeof(*message));
	struct timespec until = in_ms(STOP_MS);
	int rc = ENOMEM;

	xfw_tap_remove();
	xfw_unexpected_remove();
	if (message != NULL) {
		message->kind = XFW_MESSAGE_STOP;
		xfw_intake_post(host.intake, message);
		rc = pthread_timedjoin_np(host.thread, NULL, &until);
	}
	if (rc == 0) {
		host.lctx = NULL;
		xfw_monitor_destroy(host.monitor);
		host.monitor = NULL;
		return;
	}
	/* It does not end in time: take the log from it and leave it. */
	(void)pthread_mutex_lock(&host.gate);
	host.lctx = NULL;
	(void)pthread_mutex_unlock(&host.gate);
	(void)pthread_detach(host.thread);
}

/*--- instances ------------------------------------------------------------------------*/

static xfw_slot_t *
slot_of(const char *view) {
	xfw_slot_t *slot = host.slots;

	while (slot != NULL && strcmp(slot->view, view) != 0) {
		slot = slot->next;
	}
	if (slot == NULL) {
		slot = calloc(1, sizeof(*slot));
		if (slot == NULL || (slot->view = strdup(view)) == NULL) {
			free(slot);
			return (NULL);
		}
		slot->next = host.slots;
		host.slots = slot;
	}
	return (slot);
}

static isc_result_t
attach(xfw_instance_t *instance, const xfw_params_t *params,
       xfw_listeners_t *listeners, const cfg_obj_t *cfg, const char *view,
       isc_log_t *lctx) {
	xfw_attach_t *message;
	isc_result_t result;

	if (host.instances == 0 && host.monitor != NULL) {
		return (ISC_R_SHUTTINGDOWN); /* the one that did not end */
	}
	instance->slot = slot_of(view);
	message = calloc(1, sizeof(*message));
	if (instance->slot == NULL || message == NULL) {
		instance->slot = NULL;
		free(message);
		return (ISC_R_NOMEMORY);
	}
	if (host.instances == 0) {
		result = start(lctx, params->ring_size);
		if (result != ISC_R_SUCCESS) {
			instance->slot = NULL;
			free(message);
			return (result);
		}
	}
	(void)pthread_mutex_lock(&host.gate);
	xfw_tap_raise(xfw_config_debug(cfg));
	instance->id = ++host.last_id;
	(void)pthread_mutex_unlock(&host.gate);
	host.instances++;
	message->message.kind = XFW_MESSAGE_ATTACH;
	message->id = instance->id;
	message->slot = instance->slot;
	message->params = *params;
	message->listeners = listeners->first;
	message->listeners_free = xfw_listeners_free;
	listeners->first = NULL;
	message->statsfile = xfw_config_statsfile(cfg);
	message->views = xfw_config_zones(cfg, view);
	message->min_retry_s = xfw_config_min_retry(cfg);
	xfw_intake_post(host.intake, &message->message);
	return (ISC_R_SUCCESS);
}

isc_result_t
xfw_host_attach(xfw_instance_t *instance, const xfw_params_t *params,
		xfw_listeners_t *listeners, const cfg_obj_t *cfg,
		const char *view, isc_log_t *lctx) {
	isc_result_t result;

	(void)pthread_mutex_lock(&host.lock);
	result = attach(instance, params, listeners, cfg, view, lctx);
	(void)pthread_mutex_unlock(&host.lock);
	return (result);
}

void
xfw_host_detach(xfw_instance_t *instance) {
	xfw_detach_t *message;

	(void)pthread_mutex_lock(&host.lock);
	if (--host.instances == 0) {
		stop();
	} else {
		message = calloc(1, sizeof(*message));
		if (message != NULL) {
			message->message.kind = XFW_MESSAGE_DETACH;
			message->id = instance->id;
			xfw_intake_post(host.intake, &message->message);
		}
	}
	(void)pthread_mutex_unlock(&host.lock);
}

void
xfw_host_answer(xfw_probe_t *probe) {
	xfw_intake_post(host.intake, &probe->message);
}
