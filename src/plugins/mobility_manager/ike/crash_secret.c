/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/crash_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>

/** What is to be done about a file that can't be used. */
#define REMEDY "no tokens for clients that tell of a crash"

/**
 * Say why a file can't be used.
 */
static status_t refuse(const char *path, const char *why)
{
	DBG1(DBG_CFG, "mobility: %s: %s, " REMEDY, path, why);
	return FAILED;
}

/**
 * Get what is wrong with a file that is open, NULL if nothing is.
 */
static const char *find_fault(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
	{
		return strerror(errno);
	}
	if (!S_ISREG(st.st_mode))
	{
		return "is no file";
	}
	if (st.st_uid != geteuid() || st.st_mode & (S_IRWXG | S_IRWXO))
	{
		return "others may read or write it, should be mode 0600 and charon's";
	}
	if (st.st_size != MOBILITY_CRASH_SECRET_LEN)
	{
		return "has not the length of a secret, remove it to have a new one";
	}
	if (flock(fd, LOCK_EX | LOCK_NB))
	{
		return errno == EWOULDBLOCK ? "another daemon uses it"
									: strerror(errno);
	}
	return NULL;
}

/*
 * Described in header.
 */
status_t mobility_crash_secret_open(const char *path,
									mobility_crash_secret_t *secret)
{
	const char *fault;

	secret->fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (secret->fd == -1)
	{
		return errno == ENOENT ? NOT_FOUND : refuse(path, strerror(errno));
	}
	fault = find_fault(secret->fd);
	if (!fault && read(secret->fd, secret->secret, sizeof(secret->secret)) !=
													sizeof(secret->secret))
	{
		fault = "can't be read";
	}
	if (fault)
	{
		mobility_crash_secret_close(secret);
		return refuse(path, fault);
	}
	return SUCCESS;
}

/**
 * Write a new secret to a file that nobody else has.
 */
static bool write_secret(const char *path)
{
	uint8_t secret[MOBILITY_CRASH_SECRET_LEN];
	bool written = FALSE;
	rng_t *rng;
	int fd;

	rng = lib->crypto->create_rng(lib->crypto, RNG_STRONG);
	if (!rng || !rng->get_bytes(rng, sizeof(secret), secret))
	{
		DESTROY_IF(rng);
		errno = ENOSYS;
		return FALSE;
	}
	rng->destroy(rng);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd != -1)
	{	/* what a client got has to be on the disk before the power fails */
		written = write(fd, secret, sizeof(secret)) == sizeof(secret) &&
				  fsync(fd) == 0;
		close(fd);
	}
	memwipe(secret, sizeof(secret));
	return written;
}

/*
 * Described in header.
 */
bool mobility_crash_secret_create(const char *path,
								  mobility_crash_secret_t *secret)
{
	char new[PATH_MAX], *slash;
	status_t status;

	status = mobility_crash_secret_open(path, secret);
	if (status != NOT_FOUND)
	{
		return status == SUCCESS;
	}
	snprintf(new, sizeof(new), "%s", path);
	slash = strrchr(new, '/');
	if (slash && slash != new)
	{	/* else the file can't be created either */
		*slash = '\0';
		ignore_result(mkdir(new, 0755));
	}
	if (snprintf(new, sizeof(new), "%s.new", path) >= sizeof(new) ||
		!write_secret(new) || rename(new, path))
	{
		refuse(path, strerror(errno));
		unlink(new);
		return FALSE;
	}
	DBG1(DBG_CFG, "mobility: created %s for tokens that tell clients of a "
		 "crash", path);
	return mobility_crash_secret_open(path, secret) == SUCCESS;
}

/*
 * Described in header.
 */
void mobility_crash_secret_close(mobility_crash_secret_t *secret)
{
	memwipe(secret->secret, sizeof(secret->secret));
	close(secret->fd);
	secret->fd = -1;
}

/*
 * Described in header.
 */
bool mobility_crash_secret_make_token(const mobility_crash_secret_t *secret,
									uint64_t initiator_spi,
									uint64_t responder_spi,
									uint8_t token[MOBILITY_CRASH_TOKEN_LEN])
{
	uint8_t hash[HASH_SIZE_SHA256];
	uint64_t spis[] = { initiator_spi, responder_spi };
	prf_t *prf;
	bool made;

	prf = lib->crypto->create_prf(lib->crypto, PRF_HMAC_SHA2_256);
	made = prf && prf->set_key(prf, chunk_from_thing(secret->secret)) &&
		   prf->get_bytes(prf, chunk_from_thing(spis), hash);
	DESTROY_IF(prf);
	if (made)
	{
		memcpy(token, hash, MOBILITY_CRASH_TOKEN_LEN);
		memwipe(hash, sizeof(hash));
	}
	return made;
}
