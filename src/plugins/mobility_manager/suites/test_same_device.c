/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "anchor/same_device.h"

/** Addresses that are had by the one that was there first */
#define VIP "10.3.0.1"
#define VIP6 "fec3::1"

/**
 * Two devices of one user, and what is known of them
 */
static const struct {
	/** IDi of the one that logs in, what it asks for */
	const char *idi, *requested;
	/** IDi of the other one */
	const char *other;
	/** others have the same */
	bool shared;
	mobility_device_t device;
} devices[] = {
	{ "laptop.example.org", "0.0.0.0", "laptop.example.org", FALSE,
	  MOBILITY_DEVICE_SAME },
	{ "laptop.example.org", NULL, "laptop.example.org", FALSE,
	  MOBILITY_DEVICE_SAME },
	{ "laptop.example.org", "0.0.0.0", "laptop.example.org", TRUE,
	  MOBILITY_DEVICE_UNKNOWN },
	{ "laptop.example.org", "10.3.0.2", "laptop.example.org", FALSE,
	  MOBILITY_DEVICE_SAME },
	{ "phone.example.org", "0.0.0.0", "laptop.example.org", FALSE,
	  MOBILITY_DEVICE_OTHER },
	{ "phone.example.org", "0.0.0.0", "laptop.example.org", TRUE,
	  MOBILITY_DEVICE_OTHER },
	{ "phone.example.org", VIP, "laptop.example.org", FALSE,
	  MOBILITY_DEVICE_SAME },
	/* addresses say nothing, not even the same one */
	{ "10.0.0.2", "0.0.0.0", "10.0.0.2", FALSE, MOBILITY_DEVICE_UNKNOWN },
	{ "10.0.0.2", "::", "192.168.0.2", FALSE, MOBILITY_DEVICE_UNKNOWN },
	{ "fe80::1", "::", "fe80::1", FALSE, MOBILITY_DEVICE_UNKNOWN },
	{ "10.0.0.2", "10.3.0.2", "10.0.0.2", FALSE, MOBILITY_DEVICE_UNKNOWN },
	{ "10.0.0.2", VIP, "192.168.0.2", FALSE, MOBILITY_DEVICE_SAME },
	{ "10.0.0.2", VIP6, "192.168.0.2", TRUE, MOBILITY_DEVICE_SAME },
	{ "phone.example.org", "::", "192.168.0.2", FALSE,
	  MOBILITY_DEVICE_UNKNOWN },
	{ "10.0.0.2", "::", "laptop.example.org", FALSE,
	  MOBILITY_DEVICE_UNKNOWN },
};

START_TEST(test_devices)
{
	identification_t *idi, *other;
	array_t *requested = NULL;
	mobility_device_t device;
	linked_list_t *vips;

	idi = identification_create_from_string((char*)devices[_i].idi);
	other = identification_create_from_string((char*)devices[_i].other);
	vips = linked_list_create_with_items(host_create_from_string(VIP6, 0),
										 host_create_from_string(VIP, 0), NULL);
	if (devices[_i].requested)
	{
		array_insert_create(&requested, ARRAY_TAIL, host_create_any(AF_INET));
		array_insert_create(&requested, ARRAY_TAIL,
				host_create_from_string((char*)devices[_i].requested, 0));
	}
	device = mobility_same_device(idi, requested, other, vips,
								  devices[_i].shared);
	ck_assert_int_eq(device, devices[_i].device);

	/* who has no virtual address can't be asked for one */
	vips->destroy_offset(vips, offsetof(host_t, destroy));
	vips = linked_list_create();
	device = mobility_same_device(idi, requested, other, vips, TRUE);
	ck_assert(device != MOBILITY_DEVICE_SAME);

	array_destroy_offset(requested, offsetof(host_t, destroy));
	vips->destroy(vips);
	idi->destroy(idi);
	other->destroy(other);
}
END_TEST

/** short names for the table below */
#define STAYS MOBILITY_DUPLICATE_STAYS
#define GOES MOBILITY_DUPLICATE_GOES
#define REPLACED MOBILITY_DUPLICATE_REPLACED
#define STOCK MOBILITY_DUPLICATE_STOCK

/**
 * What happens to an IKE_SA at another address, by what is known of the devices:
 * other, unknown, same
 */
static const struct {
	unique_policy_t unique;
	bool contact, asleep;
	mobility_duplicate_t what[3];
} verdicts[] = {
	{ UNIQUE_NEVER, FALSE, FALSE, { STAYS, STAYS, STAYS } },
	{ UNIQUE_NEVER, FALSE, TRUE, { STAYS, STAYS, STAYS } },
	{ UNIQUE_NEVER, TRUE, FALSE, { STAYS, STAYS, STAYS } },
	{ UNIQUE_NEVER, TRUE, TRUE, { STAYS, STAYS, STAYS } },
	{ UNIQUE_NO, FALSE, FALSE, { STAYS, STAYS, STAYS } },
	{ UNIQUE_NO, FALSE, TRUE, { STAYS, STAYS, GOES } },
	{ UNIQUE_NO, TRUE, FALSE, { STAYS, GOES, GOES } },
	{ UNIQUE_NO, TRUE, TRUE, { STAYS, GOES, GOES } },
	{ UNIQUE_REPLACE, FALSE, FALSE, { STOCK, STOCK, REPLACED } },
	{ UNIQUE_REPLACE, FALSE, TRUE, { GOES, GOES, GOES } },
	{ UNIQUE_REPLACE, TRUE, FALSE, { GOES, GOES, GOES } },
	{ UNIQUE_REPLACE, TRUE, TRUE, { GOES, GOES, GOES } },
	{ UNIQUE_KEEP, FALSE, FALSE, { STOCK, STOCK, STOCK } },
	{ UNIQUE_KEEP, FALSE, TRUE, { STAYS, STAYS, GOES } },
	{ UNIQUE_KEEP, TRUE, FALSE, { GOES, GOES, GOES } },
	{ UNIQUE_KEEP, TRUE, TRUE, { STAYS, GOES, GOES } },
};

START_TEST(test_verdicts)
{
	mobility_duplicate_t what, expected;
	mobility_device_t device;

	for (device = MOBILITY_DEVICE_OTHER; device <= MOBILITY_DEVICE_SAME;
		 device++)
	{
		expected = verdicts[_i].what[device];
		what = mobility_judge_duplicate(verdicts[_i].unique,
							verdicts[_i].contact, verdicts[_i].asleep, device,
							TRUE);
		ck_assert_int_eq(what, expected);

		/* who is connected at the same address may be reauthenticating */
		what = mobility_judge_duplicate(verdicts[_i].unique,
							verdicts[_i].contact, verdicts[_i].asleep, device,
							FALSE);
		ck_assert_int_eq(what, expected == REPLACED ? STOCK : expected);
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("same_device");

	tc = tcase_create("devices");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_loop_test(tc, test_devices, 0, countof(devices));
	suite_add_tcase(s, tc);

	tc = tcase_create("verdicts");
	tcase_add_loop_test(tc, test_verdicts, 0, countof(verdicts));
	suite_add_tcase(s, tc);

	return s;
}
