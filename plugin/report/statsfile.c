/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The watch over named's statistics file, and the appending to it.
 * Runs in the monitor's thread.
 *
 * named opens the file by name for each dump, appends, and closes it, and tells
 * nobody. So the name is looked up every 100 ms, which finds whatever befell the
 * file or the directories above it (moved, removed, another link, chdir), and
 * costs one stat(2) while nothing has. On Linux the file itself is watched as
 * well, so that its closing is heard of at once. Not its directory: that is where
 * named writes its zone files, and a watch there would wake us for each.
 *
 * named does not lock the file. That our block does not fall into a dump rests on
 * the content (no dump half written) and, with inotify, on nobody having opened
 * the file since it was read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#include <xfrwatch/report.h>

#include "dumps.h"

#define LOOK_MS	 100 /* between looks, */
#define CALM_MS	 500 /* while no dump is to be expected */
#define RETRY_MS 10  /* while somebody has the file open */
#define HOLD_MS	 70  /* that long at most */
#define LOOKS_MAX 3  /* in a row */

/*
 * A file not seen before may hold old dumps (a link that was turned to another
 * file, an edited file): only those begun since the last look are owed, less
 * this much for the seconds being whole ones and for a dump that takes long.
 */
#define SLACK_S 2

#define PROBLEM_NOT_REGULAR (-1)

struct xfw_statsfile {
	uv_loop_t *loop;
	uv_timer_t timer;
	uv_poll_t poll;
	unsigned int handles; /* that are open yet */
	bool closing;
	bool calm;
	char *path;
	xfw_statsfile_ops_t ops;
	xfw_text_t block;
	int said;	   /* the problem that was said last: errno, 0 for none */
	bool said_blind;   /* that the file cannot be watched */
	int64_t looked_s;  /* realtime of the last look */
	bool known;	   /* `seen` and `dumps` are of a file */
	struct stat seen;  /* as it was when it was read last */
	xfw_dumps_t dumps;
	int inotify;	   /* descriptor, -1: none */
	int watch;	   /* of the file, -1: none */
	bool busy;	   /* somebody else opened it and has not closed it yet */
	bool woken;	   /* somebody closed it */
	bool retry;	   /* owed, but somebody had it open */
	uint64_t held_ns;  /* monotonic: since when we hold back; 0: we do not */
};

static void
look(xfw_statsfile_t *file);

/*--- what is said -----------------------------------------------------------*/

static void
say(xfw_statsfile_t *file, xfw_severity_t severity, const char *what,
    const char *why) {
	char buf[XFW_LINE_MAX] = "";
	xfw_text_t text = XFW_TEXT_FIXED(buf, sizeof(buf));

	xfw_text_printf(&text, "%s statistics file '", what);
	xfw_text_prose(&text, file->path);
	xfw_text_printf(&text, "'%s%s", (why != NULL) ? ": " : "",
			(why != NULL) ? why : "");
	file->ops.say(file->ops.arg, severity, buf);
}

/* Each problem is said when it comes up, not at each dump. */
static void
problem(xfw_statsfile_t *file, int code) {
	if (file->said == code) {
		return;
	}
	file->said = code;
	say(file, XFW_SEVERITY_ERR, "cannot append to",
	    (code == PROBLEM_NOT_REGULAR) ? "not a regular file"
					  : strerror(code));
}

static void
no_problem(xfw_statsfile_t *file) {
	if (file->said != 0) {
		file->said = 0;
		say(file, XFW_SEVERITY_NOTICE, "appending again to", NULL);
	}
}

static void
blind(xfw_statsfile_t *file, int error) {
	if (!file->said_blind) {
		file->said_blind = true;
		say(file, XFW_SEVERITY_INFO, "looking every 100 ms at",
		    strerror(error));
	}
}

/*--- inotify ----------------------------------------------------------------*/

#ifdef __linux__

static void
take_event(xfw_statsfile_t *file, const struct inotify_event *event) {
	if ((event->mask & IN_Q_OVERFLOW) != 0) {
		file->woken = true;
	}
	if (event->wd != file->watch) {
		return; /* of a file that was watched before */
	}
	if ((event->mask & IN_OPEN) != 0) {
		file->busy = true;
	}
	if ((event->mask & IN_CLOSE_WRITE) != 0) {
		file->busy = false;
		file->woken = true;
	}
	if ((event->mask & IN_IGNORED) != 0) {
		file->watch = -1; /* the file is gone */
		file->busy = false;
		file->woken = true;
	}
}

/* Takes all events that have come. */
static void
drain(xfw_statsfile_t *file) {
	union {
		struct inotify_event align;
		char bytes[4096];
	} buf;
	ssize_t len;

	while (file->inotify != -1 &&
	       (len = read(file->inotify, buf.bytes, sizeof(buf))) > 0)
	{
		for (const char *p = buf.bytes; p < buf.bytes + len;) {
			const struct inotify_event *event = (const void *)p;

			take_event(file, event);
			p += sizeof(*event) + event->len;
		}
	}
}

static void
unwatch(xfw_statsfile_t *file) {
	if (file->watch != -1) {
		(void)inotify_rm_watch(file->inotify, file->watch);
	}
	file->watch = -1;
	file->busy = false;
}

static void
watch(xfw_statsfile_t *file) {
	if (file->inotify == -1) {
		return;
	}
	file->watch = inotify_add_watch(file->inotify, file->path,
					IN_OPEN | IN_CLOSE_WRITE);
	if (file->watch == -1 && errno != ENOENT && errno != EACCES) {
		blind(file, errno);
	}
}

static void
on_poll(uv_poll_t *poll, int status, int events) {
	xfw_statsfile_t *file = poll->data;

	(void)events;
	if (status < 0) {
		(void)uv_poll_stop(poll);
		blind(file, -status);
		return;
	}
	drain(file);
	if (file->woken) {
		look(file);
	}
}

static void
start_inotify(xfw_statsfile_t *file) {
	int error;

	file->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (file->inotify == -1) {
		blind(file, errno);
		return;
	}
	error = uv_poll_init(file->loop, &file->poll, file->inotify);
	if (error == 0) {
		file->handles++;
		file->poll.data = file;
		error = uv_poll_start(&file->poll, UV_READABLE, on_poll);
	}
	if (error != 0) {
		blind(file, -error);
	}
}

#else /* __linux__ */

static void
drain(xfw_statsfile_t *file) {
	(void)file;
}

static void
unwatch(xfw_statsfile_t *file) {
	(void)file;
}

static void
watch(xfw_statsfile_t *file) {
	(void)file;
}

static void
start_inotify(xfw_statsfile_t *file) {
	blind(file, ENOSYS);
}

#endif /* __linux__ */

/*
 * open(2) and close(2), without taking what we do for what somebody else does:
 * the events that they bring are taken at once, and `busy` is left as it was.
 * (Like events in a row are merged, so they cannot be told apart by counting.)
 */
static int
open_file(xfw_statsfile_t *file, int flags) {
	bool busy;
	int fd;

	drain(file);
	busy = file->busy;
	fd = open(file->path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd != -1) {
		drain(file);
		file->busy = busy;
	}
	return (fd);
}

static void
close_file(xfw_statsfile_t *file, int fd) {
	bool busy;

	drain(file);
	busy = file->busy;
	(void)close(fd);
	drain(file);
	file->busy = busy;
}

static bool
same_file(const struct stat *a, const struct stat *b) {
	return (a->st_dev == b->st_dev && a->st_ino == b->st_ino);
}

/* True if `fd` is the file that was looked at: the name may have moved on. */
static bool
is_seen(const xfw_statsfile_t *file, int fd, struct stat *st) {
	return (fstat(fd, st) == 0 && S_ISREG(st->st_mode) &&
		same_file(st, &file->seen));
}

/*--- writing ----------------------------------------------------------------*/

/*
 * Makes sure that there is room for `len` bytes, so that no write is cut short:
 * what was written would have to be taken away again, and named, which does not
 * lock, may have appended to it in between. Returns 0 or errno.
 */
static int
make_room(int fd, size_t len) {
	struct rlimit limit;
	struct stat st;

	if (fstat(fd, &st) != 0) {
		return (errno);
	}
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY &&
	    (rlim_t)st.st_size + len > limit.rlim_cur)
	{
		return (EFBIG);
	}
#ifdef FALLOC_FL_KEEP_SIZE
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size, (off_t)len) != 0 &&
	    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO))
	{
		return (errno);
	}
#endif
	return (0);
}

/* Takes our `len` bytes at `at` away, if nobody has appended to them. */
static void
take_back(int fd, off_t at, size_t len) {
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_size == at + (off_t)len) {
		(void)!ftruncate(fd, at);
	}
}

/* Appends all of it or nothing. Returns 0 or errno; `at` is where it landed. */
static int
append(int fd, const char *data, size_t len, off_t *at) {
	size_t done = 0;
	int error = 0;

	while (done < len) {
		ssize_t n = write(fd, data + done, len - done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			error = (n < 0) ? errno : ENOSPC;
			break;
		}
		if (done == 0) {
			*at = lseek(fd, 0, SEEK_CUR) - n;
		}
		done += (size_t)n;
	}
	if (error != 0 && done > 0) {
		take_back(fd, *at, done);
	}
	return (error);
}

/*
 * True if the file may be written to now. Somebody who has opened it may be named,
 * with the first bytes of a dump still in its buffer: then we wait, but not for
 * ever, because a reader may hold it open as long as it likes.
 */
static bool
is_free(xfw_statsfile_t *file) {
	drain(file);
	if (!file->busy) {
		return (true);
	}
	if (file->held_ns == 0) {
		file->held_ns = uv_hrtime();
	}
	if (uv_hrtime() - file->held_ns >= (uint64_t)HOLD_MS * 1000000) {
		return (true);
	}
	file->retry = true;
	return (false);
}

/* Writes the blocks that are owed. Returns 0 or errno. */
static int
write_blocks(xfw_statsfile_t *file, int in, int out) {
	const xfw_text_t *block = &file->block;
	off_t at = 0;

	while (file->dumps.owed > 0) {
		int error = make_room(out, block->used);

		if (error != 0) {
			return (error);
		}
		/*
		 * What was read may be old by now. From here to the write no time
		 * is to be lost.
		 */
		error = xfw_dumps_read(&file->dumps, in);
		if (error != 0) {
			return (error);
		}
		if (file->dumps.owed == 0 || !xfw_dumps_complete(&file->dumps) ||
		    !is_free(file))
		{
			return (0);
		}
		error = append(out, block->data, block->used, &at);
		if (error != 0) {
			return (error);
		}
		if (at == file->dumps.offset) {
			xfw_dumps_wrote(&file->dumps, block->data, block->used);
		}
		/* Else somebody was faster, and ours is found when it is read. */
		no_problem(file);
	}
	return (0);
}

static int
pay(xfw_statsfile_t *file, int in) {
	struct stat st;
	int error = 0;
	int out = open_file(file, O_WRONLY | O_APPEND);

	if (out == -1) {
		return (errno == ENOENT ? 0 : errno);
	}
	if (is_seen(file, out, &st)) {
		xfw_text_reset(&file->block);
		file->ops.render(file->ops.arg, &file->block);
		if (file->block.failed || file->block.used == 0) {
			error = ENOMEM;
		} else {
			error = write_blocks(file, in, out);
		}
	}
	close_file(file, out);
	return (error);
}

/*--- looking ----------------------------------------------------------------*/

/* The file cannot be read: what is in it now will never be owed anything. */
static void
give_up(xfw_statsfile_t *file, const struct stat *st, int error) {
	xfw_dumps_skip(&file->dumps, -1, st->st_size);
	file->seen = *st;
	problem(file, error);
}

/* Reads what is new in the file and appends what is owed. */
static void
serve(xfw_statsfile_t *file, const struct stat *found, int64_t since_s) {
	struct stat st;
	int error;
	int in = open_file(file, O_RDONLY);

	if (in == -1) {
		if (errno != ENOENT) {
			give_up(file, found, errno);
		}
		return;
	}
	if (!is_seen(file, in, &st)) {
		(void)close(in);
		return;
	}
	if (!xfw_dumps_continued(&file->dumps, in, st.st_size)) {
		xfw_dumps_begin(&file->dumps, st.st_size, since_s);
	}
	file->seen = st;
	error = xfw_dumps_read(&file->dumps, in);
	if (error == 0 && file->dumps.owed > 0 && xfw_dumps_complete(&file->dumps)) {
		error = pay(file, in);
	}
	if (error != 0) {
		/* The next dump brings the next try. */
		file->dumps.owed = 0;
		problem(file, error);
	}
	/* What we wrote ourselves is nothing new; what else came is. */
	if (fstat(in, &st) == 0 && st.st_size == file->dumps.offset) {
		file->seen = st;
	}
	(void)close(in);
}

static void
forget(xfw_statsfile_t *file) {
	unwatch(file);
	file->known = false;
	file->dumps.owed = 0;
}

/* A file that was not seen before. */
static void
adopt(xfw_statsfile_t *file, const struct stat *st, int64_t since_s) {
	unwatch(file);
	file->known = true;
	file->seen = *st;
	xfw_dumps_begin(&file->dumps, st->st_size, since_s);
	watch(file);
}

static bool
has_changed(const xfw_statsfile_t *file, const struct stat *st) {
	return (st->st_size != file->seen.st_size ||
		st->st_mtim.tv_sec != file->seen.st_mtim.tv_sec ||
		st->st_mtim.tv_nsec != file->seen.st_mtim.tv_nsec);
}

/* True if there is a file to be appended to. */
static bool
find(xfw_statsfile_t *file, struct stat *st) {
	if (stat(file->path, st) != 0) {
		/* named will make it, or say why it cannot. */
		if (errno != ENOENT && errno != ENOTDIR) {
			problem(file, errno);
		}
		return (false);
	}
	if (!S_ISREG(st->st_mode)) {
		problem(file, PROBLEM_NOT_REGULAR);
		return (false);
	}
	return (true);
}

static int64_t
realtime_s(void) {
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (ts.tv_sec);
}

static void
look_once(xfw_statsfile_t *file) {
	struct stat st;
	int64_t since_s = file->looked_s - SLACK_S;
	bool retry = file->retry;

	file->looked_s = realtime_s();
	file->retry = false;
	file->woken = false;
	if (!find(file, &st)) {
		forget(file);
		return;
	}
	if (!file->known || !same_file(&st, &file->seen)) {
		adopt(file, &st, since_s);
	} else if (!retry && !has_changed(file, &st)) {
		return;
	} else if (file->watch == -1) {
		watch(file);
	}
	serve(file, &st, since_s);
}

static void
on_timer(uv_timer_t *timer);

static void
set_pace(xfw_statsfile_t *file) {
	uint64_t pace = file->retry ? RETRY_MS : file->calm ? CALM_MS : LOOK_MS;

	if (uv_timer_get_repeat(&file->timer) != pace) {
		(void)uv_timer_start(&file->timer, on_timer, pace, pace);
	}
}

static void
on_timer(uv_timer_t *timer) {
	xfw_statsfile_t *file = timer->data;

	drain(file);
	look(file);
}

static void
look(xfw_statsfile_t *file) {
	/* Again if it was closed meanwhile; if by us, that costs a stat(2). */
	for (int i = 0; i < LOOKS_MAX && (i == 0 || file->woken); i++) {
		look_once(file);
	}
	if (!file->retry) {
		file->held_ns = 0;
	}
	set_pace(file);
}

void
xfw_statsfile_calm(xfw_statsfile_t *file, bool calm) {
	if (file->calm != calm && !file->closing) {
		file->calm = calm;
		set_pace(file);
	}
}

/*--- life -------------------------------------------------------------------*/

/* The dumps that are there already are none of ours. */
static void
skip_present(xfw_statsfile_t *file) {
	struct stat st;
	int fd;

	file->looked_s = realtime_s();
	if (!find(file, &st)) {
		return;
	}
	adopt(file, &st, file->looked_s);
	fd = open_file(file, O_RDONLY);
	if (fd != -1 && is_seen(file, fd, &st)) {
		file->seen = st;
	}
	xfw_dumps_skip(&file->dumps, fd, file->seen.st_size);
	if (fd != -1) {
		(void)close(fd);
	}
}

xfw_statsfile_t *
xfw_statsfile_open(struct uv_loop_s *loop, const char *path,
		   const xfw_statsfile_ops_t *ops) {
	xfw_statsfile_t *file = calloc(1, sizeof(*file));

	if (file == NULL) {
		return (NULL);
	}
	*file = (xfw_statsfile_t){ .loop = loop,
				   .path = strdup(path),
				   .ops = *ops,
				   .inotify = -1,
				   .watch = -1 };
	if (file->path == NULL) {
		free(file);
		return (NULL);
	}
	(void)uv_timer_init(loop, &file->timer);
	file->handles++;
	file->timer.data = file;
	start_inotify(file);
	skip_present(file);
	(void)uv_timer_start(&file->timer, on_timer, LOOK_MS, LOOK_MS);
	return (file);
}

static void
on_close(uv_handle_t *handle) {
	xfw_statsfile_t *file = handle->data;

	if (--file->handles > 0) {
		return;
	}
	if (file->inotify != -1) {
		(void)close(file->inotify);
	}
	xfw_text_free(&file->block);
	free(file->path);
	free(file);
}

void
xfw_statsfile_close(xfw_statsfile_t *file) {
	bool polled = file->handles > 1;

	if (file->closing) {
		return;
	}
	file->closing = true;
	if (polled) {
		uv_close((uv_handle_t *)&file->poll, on_close);
	}
	uv_close((uv_handle_t *)&file->timer, on_close);
}

const char *
xfw_statsfile_path(const xfw_statsfile_t *file) {
	return (file->path);
}
