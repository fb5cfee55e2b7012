/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The monitor's loop (monitor.h): drains the intake, lets the state do what is
 * due, sends the lines out. All of it runs on the monitor's own thread.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monitor_priv.h"

/* How often due work is looked for; and while nothing is under way, as each time costs
 * a wake-up. Then nothing happened for so long. */
#define PULSE_MS      100
#define PULSE_CALM_MS 500
#define CALM_AFTER_MS 3000

/* How often the debug level is followed after somebody connected to the control
 * channel, and for how long. */
#define FOLLOW_MS	1
#define FOLLOW_LONG_MS	500

/* The same after a configuration, until the control channel is found as well. */
#define FOLLOW_START_MS 5
#define FOLLOW_START_LONG_MS 10000

/* Until a configuration is taken to be in force when named answers no query of
 * ours, and what is added when it does: `logging {}` comes last. */
#define SETTLE_MAX_MS	60000
#define SETTLE_MORE_MS	1000

/* Events taken in one turn, so that timers and sockets get their turn too. */
#define EVENTS_A_TURN 4096

/* Taken out of the ring before the first of them is worked on, so that the memory of
 * their zones, which is all over the place, is fetched meanwhile. */
#define EVENTS_AHEAD 8

/*
 * While events come, they are looked for this often instead of being woken by each:
 * a wake-up costs named's thread a system call and the machine two switches, more than
 * the event itself. Our lines come later by so much at most; the first event behind a
 * pause wakes us at once. Failures are looked for more often: they make lines. While no
 * incident is open a success makes none: then the monitor dozes, and a failure wakes it.
 */
#define NAP_MS	     5
#define NAP_FAILS_MS 2
#define DOZE_MS	     25

#define DISCOVER_MS	 250  /* reduced mode: between looks for listeners, */
#define DISCOVER_SLOW_MS 5000 /* and while there are some */

int64_t
xfw_now_ms(void) {
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static void
send_line(xfw_monitor_t *monitor, xfw_severity_t severity, const char *line) {
	if (monitor->params.log) {
		monitor->host.log(monitor->host.arg, severity, line);
	}
	if (monitor->params.facility != XFW_SYSLOG_NONE) {
		xfw_syslog(monitor->params.facility, severity, line);
	}
}

/* The first line says who we are; it waits until named's `logging {}` is in force,
 * but not behind a line that has something to say. */
static void
greet(xfw_monitor_t *monitor) {
	if (!monitor->greeted && monitor->attaches != NULL) {
		monitor->greeted = true;
		send_line(monitor, XFW_SEVERITY_INFO, monitor->host.greeting);
		if (monitor->host.caution != NULL) {
			send_line(monitor, XFW_SEVERITY_WARNING,
				  monitor->host.caution);
		}
	}
}

void
xfw_monitor_say(xfw_monitor_t *monitor, xfw_severity_t severity,
		const char *line) {
	greet(monitor);
	send_line(monitor, severity, line);
}

static void
say_held(xfw_monitor_t *monitor) {
	for (unsigned i = 0; i < monitor->held_count; i++) {
		xfw_monitor_say(monitor, monitor->held[i].severity,
				monitor->held[i].line);
		free(monitor->held[i].line);
	}
	monitor->held_count = 0;
}

void
xfw_monitor_say_settled(xfw_monitor_t *monitor, xfw_severity_t severity,
			const char *line) {
	xfw_held_t *held = &monitor->held[monitor->held_count];

	/* With several views each of their statements finds the same. */
	for (unsigned i = 0; i < monitor->held_count; i++) {
		if (strcmp(monitor->held[i].line, line) == 0) {
			return;
		}
	}
	if (xfw_now_ms() >= monitor->settled_ms ||
	    monitor->held_count == XFW_HELD_MAX ||
	    (held->line = strdup(line)) == NULL)
	{
		xfw_monitor_say(monitor, severity, line);
		return;
	}
	held->severity = severity;
	monitor->held_count++;
}

static void
say_notice(void *arg, const xfw_notice_t *notice) {
	char line[XFW_LINE_MAX];

	(void)xfw_line(line, sizeof(line), notice);
	xfw_monitor_say(arg, notice->severity, line);
}

void
xfw_monitor_messages(xfw_monitor_t *monitor) {
	for (xfw_message_t *message;
	     (message = xfw_intake_message(monitor->intake)) != NULL;)
	{
		switch (message->kind) {
		case XFW_MESSAGE_ATTACH:
			xfw_settings_attach(monitor, (xfw_attach_t *)message);
			break;
		case XFW_MESSAGE_DETACH:
			xfw_settings_detach(monitor,
					    ((xfw_detach_t *)message)->id);
			free(message);
			break;
		case XFW_MESSAGE_PROBE:
			xfw_visit_answer(monitor, (xfw_probe_t *)message);
			break;
		case XFW_MESSAGE_STOP:
			free(message);
			uv_stop(&monitor->loop);
			break;
		}
	}
}

bool
xfw_monitor_reduced(const xfw_monitor_t *monitor) {
	return (monitor->host.mode == XFW_MODE_REDUCED);
}

bool
xfw_monitor_wire(const xfw_monitor_t *monitor, const char *name, size_t len,
		 uint8_t wire[XFW_WIRE_MAX], uint8_t *wire_len) {
	const xfw_host_t *host = &monitor->host;

	return (host->wire != NULL ? host->wire(host->arg, name, len, wire, wire_len)
				   : xfw_wire_from_text(name, len, wire, wire_len));
}

static void
zones_changed(xfw_monitor_t *monitor, const xfw_event_t *ev, int64_t now_ms) {
	xfw_visit_changed(monitor, now_ms);
	if (monitor->ask != NULL && (ev->flags & XFW_EVENT_KEY_TRUNCATED) == 0) {
		xfw_ask_removed(monitor->ask, xfw_event_zone(ev), now_ms);
	}
}

static void
set_pace(xfw_monitor_t *monitor, uint64_t pulse_ms);

/* Something happened that more may follow. */
static void
hurry(xfw_monitor_t *monitor, int64_t now_ms) {
	monitor->calm_ms = now_ms + CALM_AFTER_MS;
	set_pace(monitor, PULSE_MS);
}

static void
take_event(xfw_monitor_t *monitor, const xfw_event_t *ev, int64_t now_ms) {
	xfw_state_event(monitor->state, ev, now_ms);
	if (ev->kind == XFW_KIND_ZONES_CHANGED) {
		zones_changed(monitor, ev, now_ms);
	}
}

/* A few events; returns how many. */
static unsigned
take_some(xfw_monitor_t *monitor, bool *failed) {
	xfw_event_t ev[EVENTS_AHEAD];
	unsigned count = 0;

	while (count < EVENTS_AHEAD && xfw_intake_event(monitor->intake, &ev[count])) {
		xfw_state_expect(monitor->state, &ev[count], false);
		count++;
	}
	if (count == 0) {
		return (0);
	}
	for (unsigned i = 0; i < count; i++) {
		xfw_state_expect(monitor->state, &ev[i], true);
	}
	int64_t now_ms = xfw_now_ms();

	for (unsigned i = 0; i < count; i++) {
		*failed = *failed || ev[i].cause != XFW_CAUSE_NONE;
		take_event(monitor, &ev[i], now_ms);
	}
	return (count);
}

/* Returns how many events it took, and whether one was a failure. */
static unsigned
drain(xfw_monitor_t *monitor, bool *failed) {
	unsigned taken = 0, count = EVENTS_AHEAD;

	while (taken < EVENTS_A_TURN && count == EVENTS_AHEAD) {
		count = take_some(monitor, failed);
		taken += count;
	}
	if (taken > 0) {
		monitor->due_ms = 0; /* an event may have made work due */
		hurry(monitor, xfw_now_ms());
	}
	return (taken);
}

void
xfw_monitor_events(xfw_monitor_t *monitor) {
	bool failed = false;

	(void)drain(monitor, &failed);
}

static void
on_idle(uv_idle_t *idle) {
	(void)idle; /* keeps the loop from sleeping while there is work */
}

static void
on_nap(uv_timer_t *nap) {
	(void)nap; /* the loop went round: on_prepare() does the rest */
}

/* For how long to rest behind `taken` events; 0: until something comes. */
static uint64_t
rest_ms(const xfw_monitor_t *monitor, unsigned taken, bool failed) {
	if (taken == 0) {
		return (0);
	}
	return (failed					      ? NAP_FAILS_MS
		: xfw_state_incidents(monitor->state) == NULL ? DOZE_MS
							      : NAP_MS);
}

static bool
rest(xfw_monitor_t *monitor) {
	if (!uv_is_active((uv_handle_t *)&monitor->nap)) {
		return (xfw_intake_sleep(monitor->intake));
	}
	return (monitor->dozing ? xfw_intake_doze(monitor->intake)
				: xfw_intake_nap(monitor->intake));
}

/* The last thing before the loop sleeps. */
static void
on_prepare(uv_prepare_t *prepare) {
	xfw_monitor_t *monitor = prepare->data;
	bool failed = false;
	unsigned taken;
	uint64_t ms;

	xfw_monitor_messages(monitor);
	taken = drain(monitor, &failed);
	ms = rest_ms(monitor, taken, failed);

	if (ms > 0) {
		monitor->dozing = ms == DOZE_MS;
		(void)uv_timer_start(&monitor->nap, on_nap, ms, 0);
	}
	if (taken < EVENTS_A_TURN && rest(monitor)) {
		(void)uv_idle_stop(&monitor->idle);
	} else {
		(void)uv_idle_start(&monitor->idle, on_idle);
	}
}

static void
on_wake(uv_poll_t *wake, int status, int events) {
	xfw_monitor_t *monitor = wake->data;

	(void)status;
	(void)events;
	xfw_intake_awake(monitor->intake);
}

/*--- following named --------------------------------------------------------------*/


void
xfw_monitor_answered(xfw_monitor_t *monitor, int64_t sent_ms, int64_t now_ms) {
	/* While it configures itself, named answers nothing. */
	if (sent_ms <= monitor->configured_ms) {
		return;
	}
	if (monitor->settled_ms > now_ms + SETTLE_MORE_MS) {
		monitor->settled_ms = now_ms + SETTLE_MORE_MS;
		monitor->discover_ms = 0; /* the control channel opens last */
	}
	greet(monitor);
}

static void
follow(xfw_monitor_t *monitor, int64_t now_ms) {
	bool settled = now_ms >= monitor->settled_ms;

	if (monitor->host.follow == NULL) {
		return;
	}
	monitor->host.follow(monitor->host.arg,
			     settled ? monitor->newest_id : 0);
}

static void
on_follow(uv_timer_t *timer) {
	xfw_monitor_t *monitor = timer->data;
	int64_t now_ms = xfw_now_ms();

	follow(monitor, now_ms);
	if (now_ms >= monitor->follow_until_ms ||
	    (now_ms >= monitor->settled_ms &&
	     now_ms >= monitor->control_ms + FOLLOW_LONG_MS))
	{
		(void)uv_timer_stop(timer);
	}
}

void
xfw_monitor_configured(xfw_monitor_t *monitor, int64_t now_ms) {
	monitor->configured_ms = now_ms;
	monitor->settled_ms = now_ms + SETTLE_MAX_MS;
	monitor->follow_until_ms = now_ms + FOLLOW_START_LONG_MS;
	hurry(monitor, now_ms);
	(void)uv_timer_start(&monitor->follow, on_follow, 0, FOLLOW_START_MS);
}

/* Somebody connects to named's control channel. */
static void
on_control(void *arg) {
	xfw_monitor_t *monitor = arg;

	monitor->control_ms = xfw_now_ms();
	monitor->follow_until_ms = monitor->control_ms + FOLLOW_LONG_MS;
	hurry(monitor, monitor->control_ms);
	(void)uv_timer_start(&monitor->follow, on_follow, 0, FOLLOW_MS);
}

/*--- the statistics channel -------------------------------------------------------*/

static bool
channel_allowed(void *arg, void *acl, const struct sockaddr *peer) {
	xfw_monitor_t *monitor = arg;

	return (monitor->host.allowed != NULL &&
		monitor->host.allowed(monitor->host.arg, acl, peer));
}

static void
channel_answer(void *arg, const xfw_request_t *request, xfw_answer_t *answer) {
	xfw_monitor_t *monitor = arg;

	xfw_monitor_events(monitor);
	xfw_answer(&monitor->source, request, answer);
}

static xfw_channel_t *
open_channel(xfw_monitor_t *monitor) {
	xfw_channel_ops_t ops = { channel_allowed, channel_answer,
				  xfw_settings_problem, monitor };

	monitor->source = (xfw_source_t){
		.state = monitor->state,
		.intake = monitor->intake,
		.version = monitor->host.version,
		.bind_version = monitor->host.bind_version,
		.bind_built = monitor->host.bind_built,
		.mode = monitor->host.mode,
		.boot_ms = xfw_now_ms(),
		.now_ms = xfw_now_ms,
	};
	monitor->source.config_ms = monitor->source.boot_ms;
	return (xfw_channel_open(&monitor->loop, &ops));
}

/*--- reduced mode ------------------------------------------------------------------*/

static void
ask_answered(void *arg, int64_t sent_ms, int64_t now_ms) {
	xfw_monitor_answered(arg, sent_ms, now_ms);
}

/* In place of visits. Until named is known to answer, it is asked for that alone. */
static void
ask_pulse(xfw_monitor_t *monitor, int64_t now_ms) {
	if (now_ms >= monitor->discover_ms ||
	    monitor->discover_ms > now_ms + DISCOVER_SLOW_MS)
	{
		size_t listeners = xfw_ask_discover(monitor->ask, now_ms);

		xfw_control_discover(monitor->control);
		monitor->discover_ms =
			now_ms + (listeners == 0 ? DISCOVER_MS : DISCOVER_SLOW_MS);
	}
	if (xfw_ask_pulse(monitor->ask, now_ms,
			  monitor->attaches != NULL && now_ms < monitor->settled_ms))
	{
		monitor->due_ms = 0;
	}
	if (now_ms >= monitor->settled_ms) {
		xfw_settings_settled(monitor, now_ms);
	}
}

/*--- the loop ---------------------------------------------------------------------*/

/* Nothing is under way that would be noticed to be late. */
static bool
is_calm(const xfw_monitor_t *monitor, int64_t now_ms) {
	return (now_ms >= monitor->calm_ms && now_ms >= monitor->settled_ms &&
		monitor->ask == NULL && monitor->diagnosing == 0 &&
		monitor->due_ms > now_ms + PULSE_CALM_MS &&
		xfw_control_known(monitor->control) &&
		xfw_state_refreshes(monitor->state) == 0 &&
		xfw_visit_calm(monitor));
}

static void
on_pulse(uv_timer_t *pulse) {
	xfw_monitor_t *monitor = pulse->data;
	int64_t now_ms = xfw_now_ms();

	follow(monitor, now_ms);
	(void)xfw_syslog_flush();
	xfw_control_rearm(monitor->control);
	if (now_ms >= monitor->settled_ms) {
		greet(monitor);
		say_held(monitor);
	}
	if (now_ms >= monitor->due_ms) {
		monitor->due_ms = xfw_state_tick(monitor->state, now_ms);
	}
	xfw_diagnose_pulse(monitor, now_ms);
	if (monitor->ask != NULL) {
		ask_pulse(monitor, now_ms);
	} else {
		xfw_visit_pulse(monitor, now_ms);
	}
	set_pace(monitor, is_calm(monitor, now_ms) ? PULSE_CALM_MS : PULSE_MS);
}

static void
set_pace(xfw_monitor_t *monitor, uint64_t pulse_ms) {
	if (uv_timer_get_repeat(&monitor->pulse) != pulse_ms) {
		(void)uv_timer_start(&monitor->pulse, on_pulse, pulse_ms, pulse_ms);
	}
	if (monitor->statsfile != NULL) {
		xfw_statsfile_calm(monitor->statsfile, pulse_ms == PULSE_CALM_MS);
	}
}

xfw_monitor_t *
xfw_monitor_create(xfw_intake_t *intake, const xfw_host_t *host) {
	xfw_monitor_t *monitor = calloc(1, sizeof(*monitor));
	xfw_policy_t policy;

	if (monitor == NULL) {
		return (NULL);
	}
	monitor->intake = intake;
	monitor->host = *host;
	monitor->params = xfw_params_default();
	policy = xfw_settings_policy(&monitor->params, XFW_MIN_RETRY_DEFAULT);
	monitor->state = xfw_state_create(&policy, say_notice, monitor);
	if (monitor->state == NULL || uv_loop_init(&monitor->loop) != 0) {
		xfw_state_destroy(monitor->state);
		free(monitor);
		return (NULL);
	}
	monitor->control = xfw_control_open(&monitor->loop, on_control, monitor);
	monitor->channel = open_channel(monitor);
	if (xfw_monitor_reduced(monitor)) {
		monitor->ask = xfw_ask_open(
			&monitor->loop, monitor->state,
			&(xfw_ask_ops_t){ xfw_now_ms, ask_answered, monitor });
	}
	if (!xfw_visit_init(monitor) || monitor->control == NULL ||
	    monitor->channel == NULL ||
	    (xfw_monitor_reduced(monitor) && monitor->ask == NULL) ||
	    uv_poll_init(&monitor->loop, &monitor->wake,
			 xfw_intake_fd(intake)) != 0)
	{
		xfw_visit_end(monitor);
		xfw_ask_close(monitor->ask);
		xfw_channel_close(monitor->channel);
		xfw_control_close(monitor->control);
		(void)uv_run(&monitor->loop, UV_RUN_DEFAULT);
		(void)uv_loop_close(&monitor->loop);
		xfw_state_destroy(monitor->state);
		free(monitor);
		return (NULL);
	}
	(void)uv_prepare_init(&monitor->loop, &monitor->prepare);
	(void)uv_idle_init(&monitor->loop, &monitor->idle);
	(void)uv_timer_init(&monitor->loop, &monitor->pulse);
	(void)uv_timer_init(&monitor->loop, &monitor->nap);
	(void)uv_timer_init(&monitor->loop, &monitor->follow);
	monitor->follow.data = monitor;
	(void)uv_timer_init(&monitor->loop, &monitor->mute);
	monitor->mute.data = monitor;
	monitor->wake.data = monitor;
	monitor->prepare.data = monitor;
	monitor->idle.data = monitor;
	monitor->pulse.data = monitor;
	return (monitor);
}

void
xfw_monitor_run(xfw_monitor_t *monitor) {
	(void)uv_poll_start(&monitor->wake, UV_READABLE, on_wake);
	(void)uv_prepare_start(&monitor->prepare, on_prepare);
	(void)uv_timer_start(&monitor->pulse, on_pulse, 0, PULSE_MS);
	(void)uv_run(&monitor->loop, UV_RUN_DEFAULT);

	/* Told to stop: close what is open, then let the loop end by itself. */
	say_held(monitor);
	xfw_diagnose_end(monitor);
	xfw_settings_end(monitor);
	xfw_visit_end(monitor);
	xfw_ask_close(monitor->ask);
	monitor->ask = NULL;
	xfw_syslog_close();
	uv_close((uv_handle_t *)&monitor->wake, NULL);
	uv_close((uv_handle_t *)&monitor->prepare, NULL);
	uv_close((uv_handle_t *)&monitor->idle, NULL);
	uv_close((uv_handle_t *)&monitor->pulse, NULL);
	uv_close((uv_handle_t *)&monitor->nap, NULL);
	uv_close((uv_handle_t *)&monitor->follow, NULL);
	uv_close((uv_handle_t *)&monitor->mute, NULL);
	xfw_control_close(monitor->control);
	(void)uv_run(&monitor->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&monitor->loop);
}

void
xfw_monitor_destroy(xfw_monitor_t *monitor) {
	if (monitor != NULL) {
		xfw_state_destroy(monitor->state);
		free(monitor);
	}
}
