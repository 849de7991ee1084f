/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "mobility_netns.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

/**
 * Format a string
 */
static char *format(const char *fmt, va_list args)
{
	char *str;

	ck_assert(vasprintf(&str, fmt, args) >= 0);
	return str;
}

/*
 * Described in header
 */
bool mobility_netns_available(void)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0)
	{
		_exit(unshare(CLONE_NEWNET) == 0 &&
			  system("ip link set lo up >/dev/null 2>&1") == 0 ? 0 : 1);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		WEXITSTATUS(status) == 0)
	{
		return TRUE;
	}
	fprintf(stderr, "# not allowed to create networks (needs CAP_SYS_ADMIN and "
			"the ip command): tests that need one are left out\n");
	return FALSE;
}

/*
 * Described in header
 */
void mobility_netns_create(void)
{
	ck_assert_msg(unshare(CLONE_NEWNET) == 0, "creating a network failed");
	mobility_netns_ip("link set lo up");
}

/*
 * Described in header
 */
void mobility_netns_setup(void)
{
	mobility_netns_create();
	mobility_suite_setup();
}

/*
 * Described in header
 */
void mobility_netns_ip(const char *fmt, ...)
{
	char *args, *command;
	va_list list;

	va_start(list, fmt);
	args = format(fmt, list);
	va_end(list);
	ck_assert(asprintf(&command, "ip %s", args) > 0);
	ck_assert_msg(system(command) == 0, "'%s' failed", command);
	free(command);
	free(args);
}

/*
 * Described in header
 */
bool mobility_netns_run(const char *fmt, ...)
{
	va_list list;
	char *command;
	int status;

	va_start(list, fmt);
	command = format(fmt, list);
	va_end(list);
	status = system(command);
	free(command);
	return status == 0;
}

/*
 * Described in header
 */
char *mobility_netns_output(const char *fmt, ...)
{
	static const size_t size = 256 * 1024;
	char *command, *output;
	va_list list;
	size_t len;
	FILE *pipe;

	va_start(list, fmt);
	command = format(fmt, list);
	va_end(list);
	output = malloc(size);
	pipe = popen(command, "r");
	ck_assert(pipe);
	len = fread(output, 1, size - 1, pipe);
	if (pclose(pipe) != 0)
	{
		len = 0;
	}
	output[len] = '\0';
	free(command);
	return output;
}

/*
 * Described in header
 */
void mobility_netns_sysctl(const char *value, const char *fmt, ...)
{
	char *name, path[256];
	va_list list;
	FILE *file;

	va_start(list, fmt);
	name = format(fmt, list);
	va_end(list);
	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	file = fopen(path, "w");
	ck_assert_msg(file, "no %s", path);
	fprintf(file, "%s\n", value);
	ck_assert_msg(fclose(file) == 0, "writing %s failed", path);
	free(name);
}

/*
 * Described in header
 */
void mobility_netns_link(const char *name)
{
	mobility_netns_ip("link add %s type veth peer name x%s", name, name);
	mobility_netns_ip("link set x%s up", name);
	mobility_netns_ip("link set %s up", name);
	/* the kernel notices the carrier a moment later, on a busy host much later */
	mobility_netns_wait(mobility_netns_run("ip -o link show %s | "
										   "grep -q 'state UP'", name));
}

/*
 * Described in header
 */
uint64_t mobility_netns_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Described in header
 */
mobility_path_t *mobility_netns_path(const char *ifname, char *local,
									 char *remote, char *gateway)
{
	mobility_path_t *path;

	INIT(path,
		.ifindex = if_nametoindex(ifname),
		.local = host_create_from_string(local, 0),
		.remote = host_create_from_string(remote, 0),
		.gateway = gateway ? host_create_from_string(gateway, 0) : NULL,
	);
	ck_assert(path->ifindex && path->local && path->remote);
	snprintf(path->ifname, sizeof(path->ifname), "%s", ifname);
	return path;
}
