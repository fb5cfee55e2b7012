/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lines to the syslog daemon, with a facility of the operator's choice and their
 * true severity. Runs in the monitor's thread; names are looked up in any.
 *
 * What is sent is what syslog(3) would send, but not by it: syslog(3) waits for a
 * daemon that does not read, and it waits under a lock that named's own end
 * (closelog()) needs. A stopped daemon would keep named from stopping. So this has a
 * socket of its own that never waits; a line that cannot be sent is kept and tried
 * again, with the time at which it was said.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <xfrwatch/report.h>

/*
 * The names that named.conf takes for its syslog channels. "kern" is taken as named
 * takes it, but such a line goes to "daemon".
 */
#define FACILITIES                                                          \
	FACILITY("kern", LOG_KERN) FACILITY("user", LOG_USER)               \
	FACILITY("mail", LOG_MAIL) FACILITY("daemon", LOG_DAEMON)           \
	FACILITY("auth", LOG_AUTH) FACILITY("syslog", LOG_SYSLOG)           \
	FACILITY("lpr", LOG_LPR) FACILITY("news", LOG_NEWS)                 \
	FACILITY("uucp", LOG_UUCP) FACILITY("cron", LOG_CRON)               \
	FACILITY("authpriv", LOG_AUTHPRIV) FACILITY("ftp", LOG_FTP)         \
	FACILITY("local0", LOG_LOCAL0) FACILITY("local1", LOG_LOCAL1)       \
	FACILITY("local2", LOG_LOCAL2) FACILITY("local3", LOG_LOCAL3)       \
	FACILITY("local4", LOG_LOCAL4) FACILITY("local5", LOG_LOCAL5)       \
	FACILITY("local6", LOG_LOCAL6) FACILITY("local7", LOG_LOCAL7)

#define FACILITY(name, number) name,
static const char *const names[] = { FACILITIES NULL };
#undef FACILITY

#define FACILITY(name, number) number,
static const int numbers[] = { FACILITIES };
#undef FACILITY

const char *const *
xfw_syslog_facilities(void) {
	return (names);
}

int
xfw_syslog_facility(const char *name) {
	for (size_t i = 0; names[i] != NULL; i++) {
		if (strcasecmp(name, names[i]) == 0) {
			return (numbers[i]);
		}
	}
	return (strcasecmp(name, "none") == 0 ? XFW_SYSLOG_NONE
					      : XFW_SYSLOG_UNKNOWN);
}

/*--- sending ----------------------------------------------------------------*/

static struct {
	char path[108]; /* of the daemon's socket; "" for the system's */
	int fd;		/* -1: not connected */
	bool used;	/* `fd` is set */
	char *kept[XFW_SYSLOG_KEEP]; /* oldest at [first] */
	unsigned first;
	unsigned count;
	uint64_t dropped;
} out;

void
xfw_syslog_path(const char *path) {
	xfw_syslog_close();
	(void)snprintf(out.path, sizeof(out.path), "%s", path);
}

static void
disconnect(void) {
	if (out.used && out.fd >= 0) {
		(void)close(out.fd);
	}
	out.used = true;
	out.fd = -1;
}

static bool
reconnect(void) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	disconnect();
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		       out.path[0] != '\0' ? out.path : _PATH_LOG);
	out.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (out.fd >= 0 && connect(out.fd, (struct sockaddr *)&address,
				   sizeof(address)) != 0)
	{
		disconnect();
	}
	return (out.fd >= 0);
}

/* Returns false if it is to be tried again. */
static bool
send_one(const char *text) {
	size_t len = strlen(text);

	for (int tries = 0; tries < 2; tries++) {
		if ((!out.used || out.fd < 0) && !reconnect()) {
			return (false);
		}
		if (send(out.fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
		    errno == EMSGSIZE)
		{
			return (true);
		}
		if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
			return (false); /* it is there, and does not read */
		}
		disconnect(); /* it has gone; perhaps another one came */
	}
	return (false);
}

static void
keep(const char *text) {
	char *copy = strdup(text);

	if (copy == NULL) {
		out.dropped++;
		return;
	}
	if (out.count == XFW_SYSLOG_KEEP) {
		free(out.kept[out.first]);
		out.first = (out.first + 1) % XFW_SYSLOG_KEEP;
		out.count--;
		out.dropped++;
	}
	out.kept[(out.first + out.count) % XFW_SYSLOG_KEEP] = copy;
	out.count++;
}

unsigned
xfw_syslog_flush(void) {
	while (out.count > 0 && send_one(out.kept[out.first])) {
		free(out.kept[out.first]);
		out.kept[out.first] = NULL;
		out.first = (out.first + 1) % XFW_SYSLOG_KEEP;
		out.count--;
	}
	return (out.count);
}

void
xfw_syslog_close(void) {
	(void)xfw_syslog_flush();
	disconnect();
	while (out.count > 0) {
		free(out.kept[out.first]);
		out.kept[out.first] = NULL;
		out.first = (out.first + 1) % XFW_SYSLOG_KEEP;
		out.count--;
	}
}

/* RFC 3164's form, as every local daemon takes it: its months are English. */
static void
stamp(char *buf, size_t size) {
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr",
					  "May", "Jun", "Jul", "Aug",
					  "Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm tm;

	(void)localtime_r(&now, &tm);
	(void)snprintf(buf, size, "%s %2d %02d:%02d:%02d", months[tm.tm_mon],
		       tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void
xfw_syslog(int facility, xfw_severity_t severity, const char *line) {
	char text[XFW_LINE_MAX + 128];
	char when[64];

	if (facility < 0) {
		return;
	}
	/* libc lets no process but the kernel use that one either. */
	if (facility == LOG_KERN) {
		facility = LOG_DAEMON;
	}
	stamp(when, sizeof(when));
	(void)snprintf(text, sizeof(text), "<%d>%s %s[%ld]: %s",
		       facility | xfw_severity_syslog(severity), when,
		       program_invocation_short_name, (long)getpid(), line);
	/* In order: behind what still waits. */
	if (xfw_syslog_flush() > 0 || !send_one(text)) {
		keep(text);
	}
}
