/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "mobility_suite.h"

#include <dirent.h>
#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include <threading/mutex.h>
#include <utils/debug.h>

/**
 * What was logged. Not a strongSwan object, as it lives longer than the library.
 */
static struct {
	/** recording at all? */
	bool enabled;
	/** messages of several threads do not mix */
	pthread_mutex_t mutex;
	/** signaled when there is another message */
	pthread_cond_t cond;
	/** the messages */
	char buf[64 * 1024];
	/** length of the messages */
	size_t len;
} record = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.cond = PTHREAD_COND_INITIALIZER,
};

/**
 * Whether to print what is logged. Asked for once: threads log while tests change
 * the environment.
 */
static bool verbose;

/**
 * Directory of the test, empty if it has none
 */
static char dir[32];

/**
 * Number of threads before the library was initialized
 */
static u_int threads;

/**
 * Replaces libstrongswan's default logger
 */
static void log_message(debug_t group, level_t level, char *fmt, ...)
{
	char message[2048];
	va_list args;
	int len;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);

	if (level <= 1)
	{
		pthread_mutex_lock(&record.mutex);
		if (record.enabled)
		{
			len = snprintf(record.buf + record.len,
						   sizeof(record.buf) - record.len, "%s\n", message);
			record.len = min(record.len + len, sizeof(record.buf) - 1);
			pthread_cond_broadcast(&record.cond);
		}
		pthread_mutex_unlock(&record.mutex);
	}
	if (verbose)
	{
		fprintf(stderr, "# [%d] %s\n", level, message);
	}
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
const char *__tsan_default_suppressions(void);

/**
 * libstrongswan is not instrumented: when it joins its threads the sanitizer
 * does not see what keeps them from being freed too early.
 */
const char *__tsan_default_suppressions(void)
{
	return "race:srunner_run_teardown\n"
		   "race:mobility_suite_end_threads\n";
}
#endif
#endif

/*
 * Described in header
 */
void mobility_suite_log_start(void)
{
	pthread_mutex_lock(&record.mutex);
	record.enabled = TRUE;
	record.len = 0;
	record.buf[0] = '\0';
	pthread_mutex_unlock(&record.mutex);
}

/*
 * Described in header
 */
const char *mobility_suite_log(void)
{
	static char copy[sizeof(record.buf)];

	/* other threads may go on to log */
	pthread_mutex_lock(&record.mutex);
	memcpy(copy, record.buf, sizeof(copy));
	pthread_mutex_unlock(&record.mutex);
	return copy;
}

/*
 * Described in header
 */
void mobility_suite_log_wait(const char *text)
{
	struct timespec deadline;
	bool found, late = FALSE;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += 30;
	pthread_mutex_lock(&record.mutex);
	while (!(found = strstr(record.buf, text)) && !late)
	{
		late = pthread_cond_timedwait(&record.cond, &record.mutex,
									  &deadline) != 0;
	}
	pthread_mutex_unlock(&record.mutex);
	ck_assert_msg(found, "no '%s' in: %s", text, mobility_suite_log());
}

/**
 * Threads there are
 */
static u_int count_threads(void)
{
	struct dirent *entry;
	u_int count = 0;
	DIR *dir;

	dir = opendir("/proc/self/task");
	ck_assert(dir);
	while ((entry = readdir(dir)))
	{
		count += entry->d_name[0] != '.';
	}
	closedir(dir);
	return count;
}

/*
 * Described in header
 */
void mobility_suite_setup_conf(const char *conf)
{
	threads = count_threads();
	/* a name that cannot exist is quieter than a file that does not */
	ck_assert(library_init("", "charon"));
	ck_assert(lib->settings->load_string(lib->settings, (char*)conf, TRUE));
	dbg = log_message;
}

/*
 * Described in header
 */
void mobility_suite_setup(void)
{
	mobility_suite_setup_conf("");
}

/**
 * A function of its own, so that its caller is in what the sanitizer reports
 */
static __attribute__((noinline)) void cancel_threads(void)
{
	lib->processor->set_threads(lib->processor, 0);
	lib->processor->cancel(lib->processor);
	__asm__ volatile ("" ::: "memory");
}

/*
 * Described in header
 */
__attribute__((noinline)) void mobility_suite_end_threads(void)
{
	cancel_threads();
	__asm__ volatile ("" ::: "memory");
}

/*
 * Described in header
 */
void mobility_suite_await_threads(void)
{
	u_int i;

	for (i = 0; count_threads() > threads && i < 100000; i++)
	{
		sched_yield();
	}
}

/**
 * Remove a file, for nftw()
 */
static int remove_file(const char *path, const struct stat *sb, int type,
					   struct FTW *ftw)
{
	return remove(path);
}

/*
 * Described in header
 */
void mobility_suite_teardown(void)
{
	record.enabled = FALSE;
	library_deinit();
	if (*dir)
	{
		ck_assert_int_eq(nftw(dir, remove_file, 8, FTW_DEPTH | FTW_PHYS), 0);
		*dir = '\0';
	}
}

/*
 * Described in header
 */
const char *mobility_suite_dir(void)
{
	if (!*dir)
	{
		strcpy(dir, "/tmp/mobility.XXXXXX");
		ck_assert(mkdtemp(dir));
	}
	return dir;
}

/*
 * Described in header
 */
void mobility_suite_write(const char *path, const char *content)
{
	char *full, *pos;
	FILE *file;

	ck_assert(asprintf(&full, "%s%s", mobility_suite_dir(), path) > 0);
	for (pos = full + strlen(dir) + 1; (pos = strchr(pos, '/')); pos++)
	{
		*pos = '\0';
		mkdir(full, 0700);
		*pos = '/';
	}
	file = fopen(full, "w");
	ck_assert_msg(file, "writing %s failed", full);
	fputs(content, file);
	fclose(file);
	free(full);
}

/*
 * Described in header
 */
void mobility_suite_bus_log(bus_t *bus, debug_t group, level_t level,
							char *format, ...)
{
	char buf[256];
	va_list args;

	va_start(args, format);
	vsnprintf(buf, sizeof(buf), format, args);
	va_end(args);
	dbg(group, level, "%s", buf);
}

/*
 * Described in header
 */
char *mobility_suite_file(const char *name)
{
	char *path, *srcdir;

	srcdir = getenv("MOBILITY_SRCDIR");
	ck_assert(asprintf(&path, "%s/suites/%s", srcdir ?: ".", name) > 0);
	return path;
}

int main(int argc, char *argv[])
{
	SRunner *runner;
	int failed;

	/* strongSwan's leak detective would report libcheck's own allocations */
	verbose = getenv("MOBILITY_VERBOSE") != NULL;
	setenv("LEAK_DETECTIVE_DISABLE", "1", 1);
	dbg = log_message;

	runner = srunner_create(mobility_suite_create());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
