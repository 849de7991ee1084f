/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <ctype.h>
#include <stdio.h>

#include "scrub.h"

#include <networking/host.h>

/** hexadecimal digits from which on a number may be a key: SPIs, marks and MAC
 * addresses have less */
#define KEY_DIGITS 16

/**
 * Check if a character may be part of a word that is no path and no list.
 */
static bool is_word(char c)
{
	return isalnum((u_char)c) || (c && strchr("@._-+%", c));
}

/**
 * Add an identity, unless it is known, or an address, or stands for anything.
 * Returns its number, -1 if it is none.
 */
static int add_identity(array_t *identities, const char *identity)
{
	host_t *host;
	char *known;
	int i;

	for (i = 0; array_get(identities, i, &known); i++)
	{
		if (streq(known, identity))
		{
			return i;
		}
	}
	host = host_create_from_string((char*)identity, 0);
	if (host || !*identity || strchr(identity, '%'))
	{
		DESTROY_IF(host);
		return -1;
	}
	array_insert(identities, ARRAY_TAIL, strdup(identity));
	return i;
}

/**
 * Check if a key is that of identities.
 */
static bool is_identity(const char *key)
{
	static const char *keys[] = {
		"peer", "id", "eap_id", "xauth_id", "aaa_id", "local-id", "remote-id",
		"remote-eap-id", "remote-xauth-id", "certs", "cacerts", "groups",
	};
	int i;

	for (i = 0; i < countof(keys); i++)
	{
		if (streq(keys[i], key))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Collect identities from a member.
 */
static void collect(json_object *member, bool identity, array_t *identities)
{
	int i;

	switch (json_object_get_type(member))
	{
		case json_type_object:
			scrub_collect(member, identities);
			break;
		case json_type_array:
			for (i = 0; i < json_object_array_length(member); i++)
			{
				collect(json_object_array_get_idx(member, i), identity,
						identities);
			}
			break;
		default:
			if (identity)
			{
				add_identity(identities, json_object_get_string(member) ?: "");
			}
			break;
	}
}

/*
 * Described in header.
 */
void scrub_collect(json_object *object, array_t *identities)
{
	json_object_object_foreach(object, key, member)
	{
		collect(member, is_identity(key), identities);
	}
}

/**
 * Get the length of the longest known identity that a text begins with, as a word
 * of its own; 0 if there is none.
 */
static size_t find_known(array_t *identities, const char *text, int *number)
{
	size_t len, longest = 0;
	char *known;
	int i;

	for (i = 0; array_get(identities, i, &known); i++)
	{
		len = strlen(known);
		if (len > longest && strpfx(text, known) && !isalnum((u_char)text[len]))
		{
			longest = len;
			*number = i;
		}
	}
	return longest;
}

/**
 * Get the length of what looks like an identity: a word with a @, or a
 * distinguished name, up to the end of the line or of what is quoted; 0 if it does
 * not.
 */
static size_t find_unknown(const char *text)
{
	static const char *types[] = { "C=", "CN=", "DC=", "E=", "O=", "OU=" };
	size_t len = 0;
	int i;

	while (is_word(text[len]))
	{
		len++;
	}
	if (memchr(text, '@', len))
	{
		return len;
	}
	for (i = 0; i < countof(types); i++)
	{
		if (strpfx(text, types[i]))
		{
			return strcspn(text, "\"'\n");
		}
	}
	return 0;
}

/**
 * Get the length of a number that may be a key, 0 if it is none.
 */
static size_t find_key(const char *text)
{
	size_t prefix = strpfx(text, "0x") ? 2 : 0, len = prefix;

	while (isxdigit((u_char)text[len]))
	{
		len++;
	}
	return len - prefix >= KEY_DIGITS && !isalnum((u_char)text[len]) ? len : 0;
}

/**
 * Write what replaces the identity that a text begins with.  Returns its length, 0
 * if there is none.
 */
static size_t replace_identity(FILE *out, const char *text, array_t *identities)
{
	int number = 0;
	char *found;
	size_t len;

	len = find_known(identities, text, &number);
	if (!len)
	{
		len = find_unknown(text);
		if (len)
		{
			found = strndup(text, len);
			number = add_identity(identities, found);
			free(found);
		}
	}
	if (len)
	{
		fprintf(out, "<identity %d>", number + 1);
	}
	return len;
}

/*
 * Described in header.
 */
char *scrub_text(const char *text, array_t *secrets, array_t *identities)
{
	char *scrubbed = NULL, before = '\0';
	int number;
	size_t size, len;
	FILE *out;

	out = open_memstream(&scrubbed, &size);
	while (out && *text)
	{
		len = 0;
		if (!isalnum((u_char)before))
		{	/* a word begins here */
			len = find_known(secrets, text, &number) ?: find_key(text);
			if (len)
			{
				fprintf(out, "<hidden>");
			}
			else if (identities)
			{
				len = replace_identity(out, text, identities);
			}
		}
		if (!len)
		{
			fputc(iscntrl((u_char)*text) && !strchr("\n\t", *text) ? '?'
															: *text, out);
			len = 1;
		}
		before = text[len - 1];
		text += len;
	}
	if (out)
	{
		fclose(out);
	}
	return scrubbed;
}
