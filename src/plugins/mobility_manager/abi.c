/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <link.h>

#include "abi.h"

/* The logger used here is libstrongswan's. The one in charon's bus.h goes
 * through daemon_t, and that this looks as we think is what we have to find
 * out first. */
#include <utils/debug.h>

/**
 * A macro that shapes strongSwan's interfaces
 */
typedef struct {
	/** its name, as it is told to users */
	const char *name;
	/** symbol that only exists if strongSwan was built with the macro */
	const char *symbol;
	/** TRUE if our headers were configured with it */
	bool wanted;
} macro_t;

static const macro_t macros[] = {
	/* methods of ike_sa_t and peer_cfg_t, members of daemon_t */
	{ "ME", "connect_manager_create",
#ifdef ME
		TRUE
#endif
	},
	/* which functions printf() and its kin are, and so if %H and others work */
	{ "builtin printf", "builtin_vsnprintf",
#ifdef USE_BUILTIN_PRINTF
		TRUE
#endif
	},
	{ "Vstr", "vstr_wrapper_vsnprintf",
#ifdef USE_VSTR
		TRUE
#endif
	},
};

/**
 * Length of the version at the beginning of the given string, 0 if there is
 * none. Versions are 5.9.8, 6.0.0rc1, 5.9.13dr2 or 6.0.0beta6.
 */
static size_t version_length(const char *str, size_t len)
{
	static const char *suffixes[] = { "dr", "rc", "beta" };
	size_t pos = 0, start, part, i;

	for (part = 0; part < 3; part++)
	{
		if (part && (pos == len || str[pos++] != '.'))
		{
			return 0;
		}
		for (start = pos; pos < len && isdigit(str[pos]); pos++)
		{
			/* skip the digits */
		}
		if (pos == start)
		{
			return 0;
		}
	}
	for (i = 0; i < countof(suffixes); i++)
	{
		part = strlen(suffixes[i]);
		if (len - pos > part && strneq(&str[pos], suffixes[i], part) &&
			isdigit(str[pos + part]))
		{
			for (pos += part; pos < len && isdigit(str[pos]); pos++)
			{
				/* skip the digits */
			}
			break;
		}
	}
	/* 1.2.3.4 is an address, and there may be any kind of longer text */
	if (pos < len && (isalnum(str[pos]) || str[pos] == '.'))
	{
		return 0;
	}
	return pos < MOBILITY_ABI_VERSION_LEN ? pos : 0;
}

/**
 * Find the version in a single string
 *
 * @param named		set if the version is named as that of strongSwan
 */
static size_t find_in_string(const char *str, size_t len, const char **version,
							 bool *named)
{
	static const char word[] = "strongSwan ";
	const char *found;
	size_t length;

	length = version_length(str, len);
	if (length && length == len)
	{
		*version = str;
		*named = FALSE;
		return length;
	}
	found = memmem(str, len, word, strlen(word));
	if (found)
	{
		found += strlen(word);
		length = version_length(found, str + len - found);
		if (length)
		{
			*version = found;
			*named = TRUE;
			return length;
		}
	}
	return 0;
}

/*
 * Described in header
 */
bool mobility_abi_find_version(chunk_t data, const char *wanted, char *buf)
{
	const char *str, *end, *stop, *version;
	bool named, have_named = FALSE;
	size_t len;

	str = (const char*)data.ptr;
	stop = data.len ? str + data.len : str;
	while (str < stop && !streq(buf, wanted))
	{
		end = memchr(str, '\0', stop - str);
		if (!end)
		{
			break;
		}
		len = find_in_string(str, end - str, &version, &named);
		if (len)
		{
			if ((strlen(wanted) == len && strneq(version, wanted, len)) ||
				!*buf || (named && !have_named))
			{
				memcpy(buf, version, len);
				buf[len] = '\0';
				have_named = named;
			}
		}
		str = end + 1;
	}
	return *buf;
}

/**
 * Callback for dl_iterate_phdr(): search the constants of the main program
 */
static int search_program(struct dl_phdr_info *info, size_t size, void *buf)
{
	const ElfW(Phdr) *header;
	chunk_t data;
	int i;

	for (i = 0; i < info->dlpi_phnum; i++)
	{
		header = &info->dlpi_phdr[i];
		if (header->p_type == PT_LOAD && header->p_flags & PF_R &&
			!(header->p_flags & PF_W))
		{
			data = chunk_create((u_char*)info->dlpi_addr + header->p_vaddr,
								header->p_filesz);
			mobility_abi_find_version(data, VERSION, buf);
		}
	}
	/* the program itself is the first object, the others are its libraries,
	 * and in the plugins among them other versions may be found */
	return 1;
}

/**
 * Describe a charon in a few words
 */
static void describe(char *buf, size_t len, const char *version, bool found[])
{
	size_t pos, i;

	pos = snprintf(buf, len, "strongSwan %s", version);
	for (i = 0; i < countof(macros) && pos < len; i++)
	{
		/* everybody has ME or not, the others are only of interest if there */
		if (i == 0 || found[i])
		{
			pos += snprintf(buf + pos, len - pos, " %s %s",
							found[i] ? "with" : "without", macros[i].name);
		}
	}
}

/*
 * Described in header
 */
bool mobility_abi_check_version(const char *version)
{
	char want_str[128], have_str[128];
	bool have[countof(macros)], want[countof(macros)], fits;
	size_t i;

	fits = streq(version, VERSION);
	for (i = 0; i < countof(macros); i++)
	{
		want[i] = macros[i].wanted;
		have[i] = dlsym(RTLD_DEFAULT, macros[i].symbol) != NULL;
		fits = fits && want[i] == have[i];
	}
	if (fits)
	{
		return TRUE;
	}
	describe(want_str, sizeof(want_str), VERSION, want);
	describe(have_str, sizeof(have_str), *version ? version : "of unknown version",
			 have);
	DBG1(DBG_CFG, "mobility: the plugin mobility-manager is not used: it was "
		 "built for %s, but this daemon is %s (install the package "
		 "strongswan-mobility-manager for that version, or build it again with "
		 "--with-strongswan naming sources of that version configured like "
		 "that)", want_str, have_str);
	return FALSE;
}

/*
 * Described in header
 */
bool mobility_abi_check(void)
{
	char version[MOBILITY_ABI_VERSION_LEN] = "";

	dl_iterate_phdr(search_program, version);
	return mobility_abi_check_version(version);
}

/*
 * Described in header
 */
bool mobility_abi_check_file(const char *path, char *buf)
{
	chunk_t *file;

	*buf = '\0';
	file = chunk_map((char*)path, FALSE);
	if (file)
	{
		mobility_abi_find_version(*file, VERSION, buf);
		chunk_unmap(file);
	}
	return !*buf || streq(buf, VERSION);
}
