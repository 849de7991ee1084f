/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/child.h"

#include <utils/debug.h>

/** lines of output that are logged */
#define MAX_LINES 50

/** how often output is read before looking for something else */
#define MAX_READS 32

/** seconds between asking a program to end and forcing it */
#define GRACE 2

/** ms between looking for the end of a program on kernels without pidfd */
#define INTERVAL 100

typedef struct private_mobility_child_t private_mobility_child_t;

/**
 * Private data of a mobility_child_t.
 */
struct private_mobility_child_t {

	/**
	 * Public interface.
	 */
	mobility_child_t public;

	/**
	 * Path of the program.
	 */
	char *path;

	/**
	 * Process, leader of its own group, 0 if it was waited for.
	 */
	pid_t pid;

	/**
	 * Becomes readable when the process ends, -1 if there is no such thing.
	 */
	int pidfd;

	/**
	 * Its output, -1 if closed.
	 */
	int out;

	/**
	 * Begin of a line of output.
	 */
	char line[128];

	/**
	 * Length of that.
	 */
	size_t len;

	/**
	 * Number of lines logged.
	 */
	u_int lines;

	/**
	 * When it gets the next signal.
	 */
	time_t deadline;

	/**
	 * That signal.
	 */
	int signal;
};

/**
 * Log a line of output.
 */
static void log_line(private_mobility_child_t *this)
{
	size_t i;

	for (i = 0; i < this->len; i++)
	{
		if (this->line[i] < ' ' || this->line[i] > '~')
		{
			this->line[i] = '?';
		}
	}
	if (this->len && this->lines < MAX_LINES)
	{
		DBG1(DBG_CFG, "mobility: %s: %.*s%s", this->path, (int)this->len,
			 this->line,
			 ++this->lines == MAX_LINES ? " (more is not logged)" : "");
	}
	this->len = 0;
}

/**
 * Take some of its output.
 */
static void add_output(private_mobility_child_t *this, char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
	{
		if (buf[i] == '\n' || this->len == sizeof(this->line))
		{
			log_line(this);
		}
		if (buf[i] != '\n')
		{
			this->line[this->len++] = buf[i];
		}
	}
}

/**
 * Read what is there of its output.
 */
static void read_output(private_mobility_child_t *this)
{
	char buf[512];
	ssize_t len;
	int i;

	/* it may write faster than we read */
	for (i = 0; i < MAX_READS && this->out != -1; i++)
	{
		len = read(this->out, buf, sizeof(buf));
		if (len < 0)
		{
			break;
		}
		add_output(this, buf, len);
		if (len == 0)
		{
			close(this->out);
			this->out = -1;
		}
	}
}

/**
 * Check if it ended, and say how unless it was as it should.
 */
static bool has_ended(private_mobility_child_t *this)
{
	int status;
	pid_t pid;

	do
	{
		pid = waitpid(this->pid, &status, WNOHANG);
	}
	while (pid == -1 && errno == EINTR);

	if (pid == 0)
	{
		return FALSE;
	}
	if (pid == -1)
	{
		DBG1(DBG_CFG, "mobility: %s: waiting for it failed: %s", this->path,
			 strerror(errno));
	}
	else if (WIFSIGNALED(status))
	{
		DBG1(DBG_CFG, "mobility: %s: killed by signal %d", this->path,
			 WTERMSIG(status));
	}
	else if (WEXITSTATUS(status))
	{
		DBG1(DBG_CFG, "mobility: %s: failed with status %d", this->path,
			 WEXITSTATUS(status));
	}
	this->pid = 0;
	return TRUE;
}

METHOD(mobility_child_t, terminate, void,
	private_mobility_child_t *this)
{
	kill(-this->pid, this->signal);
	this->signal = SIGKILL;
	this->deadline = time_monotonic(NULL) + GRACE;
}

METHOD(mobility_child_t, get_fds, int,
	private_mobility_child_t *this, struct pollfd pfd[MOBILITY_CHILD_FDS],
	int *timeout)
{
	int fds[] = { this->pidfd, this->out }, count = 0, i, wait;

	for (i = 0; i < countof(fds); i++)
	{
		if (fds[i] != -1)
		{
			pfd[count++] = (struct pollfd){
				.fd = fds[i],
				.events = POLLIN,
			};
		}
	}
	wait = max(0, this->deadline - time_monotonic(NULL)) * 1000 + 10;
	if (this->pidfd == -1)
	{
		wait = min(wait, INTERVAL);
	}
	if (*timeout == -1 || *timeout > wait)
	{
		*timeout = wait;
	}
	return count;
}

METHOD(mobility_child_t, handle, bool,
	private_mobility_child_t *this)
{
	read_output(this);
	if (has_ended(this))
	{
		/* what it started may go on and keep the output open, but what the
		 * program itself wrote is there by now */
		read_output(this);
		log_line(this);
		return FALSE;
	}
	if (time_monotonic(NULL) >= this->deadline)
	{
		if (this->signal == SIGTERM)
		{
			DBG1(DBG_CFG, "mobility: %s: runs for too long, ending it",
				 this->path);
		}
		_terminate(this);
	}
	return TRUE;
}

METHOD(mobility_child_t, destroy, void,
	private_mobility_child_t *this)
{
	if (this->pid)
	{
		kill(-this->pid, SIGKILL);
		while (waitpid(this->pid, NULL, 0) == -1 && errno == EINTR)
		{
			/* try again */
		}
	}
	if (this->pidfd != -1)
	{
		close(this->pidfd);
	}
	if (this->out != -1)
	{
		close(this->out);
	}
	free(this->path);
	free(this);
}

/**
 * Let the program start with no signals blocked or ignored, as a process group
 * of its own.
 */
static void set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK |
							 POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

/**
 * Connect the program's output, and keep charon's files and sockets from it.
 */
static void set_files(posix_spawn_file_actions_t *actions, int out)
{
	posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
									 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(actions, out, STDERR_FILENO);
#if __GLIBC_PREREQ(2, 34)
	posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#endif
}

/**
 * Start a program.  Returns an error number.
 */
static int start(const char *path, char *const envp[], int out, pid_t *pid)
{
	char *argv[] = { (char*)path, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	set_files(&actions, out);
	set_attributes(&attr);
	error = posix_spawn(pid, path, &actions, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/*
 * Described in header.
 */
mobility_child_t *mobility_child_create(const char *path, char *const envp[],
										u_int timeout)
{
	private_mobility_child_t *this;
	int pipes[2], error;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) != 0)
	{
		DBG1(DBG_CFG, "mobility: %s: creating a pipe failed: %s", path,
			 strerror(errno));
		return NULL;
	}
	error = start(path, envp, pipes[1], &pid);
	close(pipes[1]);
	if (error)
	{
		DBG1(DBG_CFG, "mobility: %s: starting it failed: %s", path,
			 strerror(error));
		close(pipes[0]);
		return NULL;
	}
	ignore_result(fcntl(pipes[0], F_SETFL, O_NONBLOCK));

	INIT(this,
		.public = {
			.get_fds = _get_fds,
			.handle = _handle,
			.terminate = _terminate,
			.destroy = _destroy,
		},
		.path = strdup(path),
		.pid = pid,
		.pidfd = syscall(SYS_pidfd_open, pid, 0),
		.out = pipes[0],
		.deadline = time_monotonic(NULL) + timeout,
		.signal = SIGTERM,
	);
	return &this->public;
}
