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

#include "base.h"

#include <xfrwatch/key.h>

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
	pthread_t thread;
	xfw_mode_t mode;
	bool at_exit;

	/* The monitor may log only while this is open: named frees its log context
	 * when the last view is gone. */
	pthread_mutex_t gate;
	char caution[XFW_GUARD_LINE_MAX];
	struct isc_log *lctx; /* under `gate`; NULL: closed */
} host = { .lock = PTHREAD_MUTEX_INITIALIZER,
	   .gate = PTHREAD_MUTEX_INITIALIZER };

/*--- for the monitor -------------------------------------------------------------*/

static int
level_of(xfw_severity_t severity) {
	switch (severity) {
	case XFW_SEVERITY_ALERT:
	case XFW_SEVERITY_CRIT:
		return (XFW_LOG_CRITICAL);
	case XFW_SEVERITY_ERR:
		return (XFW_LOG_ERROR);
	case XFW_SEVERITY_WARNING:
		return (XFW_LOG_WARNING);
	case XFW_SEVERITY_NOTICE:
		return (XFW_LOG_NOTICE);
	default:
		return (XFW_LOG_INFO);
	}
}

static void
host_log(void *arg, xfw_severity_t severity, const char *line) {
	(void)arg;
	(void)pthread_mutex_lock(&host.gate);
	if (host.lctx != NULL) {
		isc_log_write(host.lctx, xfw_tap_category("xfer-in"),
			      xfw_tap_module("dns/xfrin"), level_of(severity),
			      "%s", line);
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

static void
host_mute(void *arg, bool on) {
	(void)arg;
	(void)pthread_mutex_lock(&host.gate);
	if (host.lctx != NULL) {
		xfw_full.mute(on);
	}
	(void)pthread_mutex_unlock(&host.gate);
}

static bool
host_allowed(void *arg, void *acl, const struct sockaddr *peer) {
	(void)arg;
	return (host.mode == XFW_MODE_FULL ? xfw_full.allowed(acl, peer)
					   : xfw_reduced_allowed(acl, peer));
}

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
	if (host.mode == XFW_MODE_FULL) {
		xfw_full.ended();
	}
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

/* What the monitor gets, in the mode that it starts in and ends in. */
static xfw_host_t
host_ops(xfw_mode_t mode) {
	xfw_host_t ops = { .log = host_log,
			   .follow = host_follow,
			   .allowed = host_allowed,
			   .version = PACKAGE_VERSION,
			   .bind_version = xfw_guard_running(),
			   .bind_built = XFW_BIND_BUILD,
			   .mode = mode,
			   .greeting = XFW_GREETING };

	if (mode == XFW_MODE_FULL) {
		ops.wire = xfw_full.wire;
		ops.mute = host_mute;
		ops.hmac = xfw_full.hmac;
	} else {
		ops.caution = host.caution;
	}
	return (ops);
}

static const char *
start(const xfw_statement_t *statement, xfw_mode_t mode, uint32_t ring_size) {
	xfw_host_t ops = host_ops(mode);
	sigset_t all, before;

	if (host.intake == NULL) {
		host.intake = xfw_intake_create(ring_size);
	}
	if (host.intake == NULL) {
		return ("out of memory or descriptors");
	}
	if (!host.at_exit) {
		host.at_exit = atexit(at_exit) == 0;
	}
	host.monitor = xfw_monitor_create(host.intake, &ops);
	if (host.monitor == NULL) {
		return ("out of memory or descriptors");
	}
	host.mode = mode;
	(void)xfw_guard_line(statement->text, host.caution);
	host.lctx = statement->lctx;
	if (!xfw_tap_install(host.lctx, host.intake,
			     mode == XFW_MODE_FULL ? xfw_full.muted : NULL))
	{
		host.lctx = NULL;
		xfw_monitor_destroy(host.monitor);
		host.monitor = NULL;
		return ("the log lines of this BIND do not come through as those "
			"of the one it was built for");
	}
	if (mode == XFW_MODE_FULL) {
		xfw_full.started(host.intake);
	}
	/* Signals are for named's threads. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	isc_thread_create(run, host.monitor, &host.thread);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return (NULL);
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
	if (host.mode == XFW_MODE_FULL) {
		xfw_full.stopped();
	}
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

/* What the monitor is told of the statement. */
static void
fill(xfw_attach_t *message, const xfw_statement_t *statement, const char *view,
     const xfw_params_t *params, xfw_listener_t **listeners) {
	message->message.kind = XFW_MESSAGE_ATTACH;
	message->params = *params;
	message->listeners = *listeners;
	*listeners = NULL;
	if (host.mode == XFW_MODE_FULL) {
		message->listeners_free = xfw_full.listeners_free;
		xfw_full.fill(message, statement->cfg, view);
	} else {
		message->listeners_free = xfw_reduced_free;
		xfw_reduced_fill(message, statement->cfg);
	}
}

/* For the tap, until the monitor has heard of the configuration. */
static uint64_t
announce(const xfw_statement_t *statement) {
	unsigned debug = host.mode == XFW_MODE_FULL
				 ? xfw_full.debug(statement->cfg)
				 : 0;
	uint64_t id;

	(void)pthread_mutex_lock(&host.gate);
	xfw_tap_raise(debug);
	id = ++host.last_id;
	(void)pthread_mutex_unlock(&host.gate);
	return (id);
}

static const char *
attach(xfw_instance_t *instance, const xfw_statement_t *statement,
       const char *view, const xfw_params_t *params, xfw_listener_t **listeners) {
	xfw_slot_t *slot;
	xfw_attach_t *message;
	const char *problem;

	if (host.instances == 0 && host.monitor != NULL) {
		return ("what it left behind has not ended yet");
	}
	slot = slot_of(view);
	message = calloc(1, sizeof(*message));
	problem = slot == NULL || message == NULL ? "out of memory" : NULL;
	if (problem == NULL && host.instances == 0) {
		problem = start(statement, instance->mode, params->ring_size);
	}
	if (problem != NULL) {
		free(message);
		return (problem);
	}
	fill(message, statement, view, params, listeners);
	instance->slot = slot;
	instance->id = announce(statement);
	host.instances++;
	message->id = instance->id;
	message->slot = slot;
	xfw_intake_post(host.intake, &message->message);
	return (NULL);
}

const char *
xfw_host_attach(xfw_instance_t *instance, const xfw_statement_t *statement,
		const xfw_params_t *params, xfw_listener_t **listeners) {
	bool full = instance->mode == XFW_MODE_FULL;
	const char *view = NULL, *problem;

	if (full) {
		view = xfw_full.view(statement->cfg, statement->file,
				     statement->line);
	}
	if (view == NULL) {
		view = XFW_VIEW_DEFAULT;
	}
	(void)pthread_mutex_lock(&host.lock);
	problem = attach(instance, statement, view, params, listeners);
	(void)pthread_mutex_unlock(&host.lock);
	if (full) {
		xfw_full.listeners_free(*listeners); /* NULL if they were taken */
	} else {
		xfw_reduced_free(*listeners);
	}
	if (problem == NULL && full) {
		xfw_full.hook(statement->hooktable, statement->mctx,
			      instance->slot);
	}
	return (problem);
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
