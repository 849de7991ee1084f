/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/course.h"
#include "net/clock.h"

/*
 * Described in header.
 */
void mobility_course_look(mobility_course_t *course)
{
	mobility_candidates_t *candidates = course->candidates;
	mobility_monitor_t *monitor = course->monitor;
	mobility_heading_t *heading = &course->heading;
	host_t *local, *remote;
	mobility_path_t *path;
	bool improved;

	local = course->ike_sa->get_my_host(course->ike_sa);
	remote = course->ike_sa->get_other_host(course->ike_sa);
	if (!mobility_path_has(heading->path, local, remote))
	{
		mobility_heading_use(heading,
							 monitor->find_path(monitor, local, remote));
	}
	if (heading->path)
	{
		candidates->pin(candidates, heading->path);
		if (heading->state != MOBILITY_MOVING)
		{
			candidates->remotes->know(candidates->remotes,
									  heading->path->remote);
		}
	}
	mobility_path_destroy(course->hop);
	course->changed |= candidates->collect(candidates, course->ike_sa,
										   heading->path, mobility_now(),
										   &improved);
	course->improved |= improved;
	path = candidates->find_hop(candidates, heading->path);
	course->hop = path ? mobility_path_clone(path) : NULL;
}

/*
 * Described in header.
 */
bool mobility_course_changed(mobility_course_t *course,
							 mobility_fsm_event_t *event)
{
	mobility_candidates_t *candidates = course->candidates;
	bool changed = course->changed;

	event->candidates = candidates->count(candidates, course->heading.path);
	event->improved = course->improved && candidates->count(candidates, NULL);
	course->changed = course->improved = FALSE;
	return changed;
}
