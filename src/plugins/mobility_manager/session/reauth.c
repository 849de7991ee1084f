/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/reauth.h"
#include "session/session.h"

typedef struct search_t search_t;

/**
 * A search through the registry.
 */
struct search_t {
	/** registry that calls */
	mobility_registry_t *registry;
	/** IKE_SA it is about */
	mobility_subject_t *subject;
	/** unique id of the IKE_SA that replaces it */
	uint32_t successor;
};

/**
 * Find the session that an IKE_SA goes on with.
 */
static bool is_predecessor(void *data, mobility_entry_t *entry)
{
	mobility_subject_t *subject = data;
	mobility_path_history_t *records;

	if (entry->successor != subject->id)
	{
		return FALSE;
	}
	if (!entry->ike_sa)
	{
		entry->ike_sa = subject->ike_sa;
		subject->entry = entry;
		return TRUE;
	}
	entry->replaced = TRUE;
	entry->successor = 0;
	subject->number = entry->number;
	records = entry->session->records;
	subject->records = records->get_ref(records);
	return TRUE;
}

/**
 * Check if a session ended with an IKE_SA, or if that was to replace its own,
 * and if there is nothing it has to wait for then.
 */
static bool is_gone(void *data, mobility_entry_t *entry)
{
	mobility_subject_t *subject = data;

	if (entry->ended && entry->ike_sa == subject->ike_sa)
	{
		entry->ike_sa = NULL;
	}
	if (entry->successor == subject->id)
	{
		entry->successor = 0;
	}
	return !entry->ike_sa && !entry->successor;
}

/**
 * Note the IKE_SA that is going to replace another one.
 */
static bool set_successor(void *data, mobility_entry_t *entry)
{
	search_t *search = data;

	if (entry->ike_sa != search->subject->ike_sa)
	{
		return FALSE;
	}
	entry->successor = search->successor;
	return TRUE;
}

/**
 * Have an IKE_SA reauthenticate again if another was initiated in vain.
 */
static bool retry(void *data, mobility_entry_t *entry)
{
	search_t *search = data;

	if (entry->successor == search->subject->id)
	{
		search->registry->queue_locked(search->registry, entry,
									   MOBILITY_WORK_REAUTH);
	}
	return FALSE;
}

/*
 * Described in header.
 */
mobility_subject_t mobility_reauth_subject(ike_sa_t *ike_sa)
{
	return (mobility_subject_t){
		.ike_sa = ike_sa,
		.id = ike_sa->get_unique_id(ike_sa),
	};
}

/*
 * Described in header.
 */
void mobility_reauth_replace(mobility_registry_t *registry,
							 mobility_subject_t *subject)
{
	registry->for_each(registry, is_predecessor, subject);
}

/*
 * Described in header.
 */
void mobility_reauth_expect(mobility_registry_t *registry,
							mobility_subject_t *subject,
							uint32_t successor)
{
	search_t search = {
		.subject = subject,
		.successor = successor,
	};

	registry->for_each(registry, set_successor, &search);
}

/*
 * Described in header.
 */
void mobility_reauth_unreachable(mobility_registry_t *registry,
								 mobility_subject_t *subject)
{
	search_t search = {
		.registry = registry,
		.subject = subject,
	};

	registry->for_each(registry, retry, &search);
}

/*
 * Described in header.
 */
void mobility_reauth_forget_gone(mobility_registry_t *registry,
								 mobility_subject_t *subject)
{
	registry->forget(registry, is_gone, subject);
}
