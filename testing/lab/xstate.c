/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Lets User Mode Linux run on processors with a large extended register state.
 *
 * UML saves and restores the registers of its processes with ptrace(2) and a
 * buffer of fixed size.  Reading into a buffer that is too small truncates, but
 * writing from one is refused with EFAULT, so on processors with AMX (the state
 * has about 11 KiB) the first process of the guest already dies.
 *
 * Preloaded into UML, this completes a short write with what the process has
 * at that moment.  Guest programs don't use the registers beyond UML's buffer.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* More than any processor has today; UML is single-threaded where it counts. */
static char full[65536];

static long (*real_ptrace)(int, int, void *, void *);

__attribute__((constructor)) static void find_ptrace(void)
{
	real_ptrace = (long (*)(int, int, void *, void *))dlsym(RTLD_NEXT,
															"ptrace");
}

static long set_xstate(int pid, struct iovec *part)
{
	struct iovec whole = { full, sizeof(full) };
	long res;

	res = real_ptrace(PTRACE_SETREGSET, pid, (void*)NT_X86_XSTATE, part);
	if (res == 0 || errno != EFAULT)
	{
		return res;
	}
	res = real_ptrace(PTRACE_GETREGSET, pid, (void*)NT_X86_XSTATE, &whole);
	if (res != 0 || whole.iov_len < part->iov_len)
	{
		return res ? res : -1;
	}
	memcpy(full, part->iov_base, part->iov_len);
	return real_ptrace(PTRACE_SETREGSET, pid, (void*)NT_X86_XSTATE, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list args;
	int pid;
	void *addr, *data;

	va_start(args, request);
	pid = va_arg(args, int);
	addr = va_arg(args, void*);
	data = va_arg(args, void*);
	va_end(args);

	if (request == PTRACE_SETREGSET && addr == (void*)NT_X86_XSTATE)
	{
		return set_xstate(pid, data);
	}
	return real_ptrace(request, pid, addr, data);
}
