/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "fake_nm.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include <threading/mutex.h>
#include <threading/thread.h>

/** names on the bus */
#define NAME "org.freedesktop.NetworkManager"
#define PATH "/org/freedesktop/NetworkManager"

/** number of devices, and length of their paths */
#define DEVICES 8
#define PATH_LEN 64

typedef struct private_fake_nm_t private_fake_nm_t;

/**
 * A device, of which the first ones are missing.
 */
typedef struct {
	bool present;
	char name[64];
	char ifname[64];
	mobility_nm_device_t says;
} device_t;

/**
 * Private data of a fake_nm_t.
 */
struct private_fake_nm_t {

	/**
	 * Public interface.
	 */
	fake_nm_t public;

	/**
	 * Protects everything.
	 */
	mutex_t *mutex;

	/**
	 * Connection to the bus.
	 */
	sd_bus *bus;

	/**
	 * Devices, by number.
	 */
	device_t devices[DEVICES];

	/**
	 * Does not tell which devices there are.
	 */
	bool quiet;

	/**
	 * Answers calls.
	 */
	thread_t *thread;

	/**
	 * Readable when the thread has to end.
	 */
	int stop;
};

/** the bus */
static struct {
	char address[64];
	pid_t pid;
} bus;

/*
 * Described in header.
 */
bool fake_bus_available(void)
{
	if (system("dbus-daemon --version >/dev/null 2>&1") == 0)
	{
		return TRUE;
	}
	fprintf(stderr, "there is no dbus-daemon, tests are left out\n");
	return FALSE;
}

/*
 * Described in header.
 */
const char *fake_bus_start(void)
{
	const char *dir = mobility_suite_dir();
	char conf[512], line[256];
	int fds[2];

	snprintf(bus.address, sizeof(bus.address), "unix:path=%s/bus", dir);
	snprintf(conf, sizeof(conf), "<busconfig><type>session</type><listen>%s"
			 "</listen><policy context='default'>"
			 "<allow send_destination='*'/><allow receive_sender='*'/>"
			 "<allow own='*'/></policy></busconfig>\n", bus.address);
	mobility_suite_write("/conf", conf);

	ck_assert_int_eq(pipe(fds), 0);
	bus.pid = fork();
	ck_assert_int_ne(bus.pid, -1);
	if (bus.pid == 0)
	{	/* whatever becomes of the test */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		/* it complains about limits in containers, in the middle of our lines */
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		snprintf(line, sizeof(line), "--config-file=%s/conf", dir);
		execlp("dbus-daemon", "dbus-daemon", line, "--nofork", "--nosyslog",
			   "--nopidfile", "--print-address=1", NULL);
		_exit(127);
	}
	/* it is there when it says where */
	close(fds[1]);
	ck_assert_int_gt(read(fds[0], line, sizeof(line)), 0);
	close(fds[0]);
	return bus.address;
}

/*
 * Described in header.
 */
void fake_bus_stop(void)
{
	if (bus.pid)
	{
		kill(bus.pid, SIGTERM);
		waitpid(bus.pid, NULL, 0);
		bus.pid = 0;
	}
}

/**
 * Check a result of sd-bus.
 */
#define must(call) ck_assert_int_ge(call, 0)

/**
 * Get the path of a device.
 */
static char *get_path(u_int number, char *buf)
{
	snprintf(buf, PATH_LEN, PATH "/Devices/%u", number);
	return buf;
}

/**
 * Append all properties of a device.
 */
static void append_properties(sd_bus_message *msg, device_t *device)
{
	must(sd_bus_message_append(msg, "a{sv}", 8,
							   "Udi", "s", "/sys/devices/something",
							   "Interface", "s", device->name,
							   "IpInterface", "s", device->ifname,
							   "Ports", "ao", 1, "/a",
							   "State", "u", device->says.state,
							   "Metered", "u", device->says.metered,
							   "Ip4Connectivity", "u", device->says.ip4,
							   "Ip6Connectivity", "u", device->says.ip6));
}

/**
 * Answer a call of GetDevices.
 */
static void answer_devices(private_fake_nm_t *this, sd_bus_message *reply)
{
	char path[PATH_LEN];
	int i;

	must(sd_bus_message_open_container(reply, 'a', "o"));
	for (i = 0; i < DEVICES; i++)
	{
		if (this->devices[i].present)
		{
			must(sd_bus_message_append(reply, "o", get_path(i, path)));
		}
	}
	must(sd_bus_message_close_container(reply));
}

/**
 * Answer a call, a sd_bus_message_handler_t.
 */
static int answer(sd_bus_message *msg, void *data, sd_bus_error *error)
{
	private_fake_nm_t *this = data;
	sd_bus_message *reply = NULL;
	char path[PATH_LEN];
	int i;

	if (sd_bus_message_is_method_call(msg, NAME, "GetDevices") && !this->quiet)
	{
		must(sd_bus_message_new_method_return(msg, &reply));
		answer_devices(this, reply);
	}
	else if (sd_bus_message_is_method_call(msg,
									"org.freedesktop.DBus.Properties", "GetAll"))
	{
		for (i = 0; i < DEVICES && !reply; i++)
		{
			if (this->devices[i].present &&
				streq(sd_bus_message_get_path(msg), get_path(i, path)))
			{
				must(sd_bus_message_new_method_return(msg, &reply));
				append_properties(reply, &this->devices[i]);
			}
		}
	}
	if (!reply)
	{
		return 0;
	}
	must(sd_bus_send(NULL, reply, NULL));
	sd_bus_message_unref(reply);
	return 1;
}

/**
 * Answer calls until stopped.
 */
static void *serve(private_fake_nm_t *this)
{
	struct pollfd fds[2] = {
		{ .fd = this->stop, .events = POLLIN },
		{ .events = POLLIN },
	};
	int res = 1;

	while (!fds[0].revents && res >= 0)
	{
		this->mutex->lock(this->mutex);
		while ((res = sd_bus_process(this->bus, NULL)) > 0)
		{
			/* go on */
		}
		fds[1].fd = sd_bus_get_fd(this->bus);
		this->mutex->unlock(this->mutex);
		if (res >= 0)
		{
			poll(fds, countof(fds), -1);
		}
	}
	return NULL;
}

/**
 * Say that a device was added or removed.
 */
static void say(private_fake_nm_t *this, const char *signal, u_int number)
{
	char path[PATH_LEN];

	must(sd_bus_emit_signal(this->bus, PATH, NAME, signal, "o",
							get_path(number, path)));
	must(sd_bus_flush(this->bus));
}

METHOD(fake_nm_t, set_quiet, void,
	private_fake_nm_t *this, bool quiet)
{
	this->mutex->lock(this->mutex);
	this->quiet = quiet;
	this->mutex->unlock(this->mutex);
}

METHOD(fake_nm_t, add, void,
	private_fake_nm_t *this, u_int number, const char *name,
	const char *ifname, mobility_nm_device_t says)
{
	device_t *device = &this->devices[number];

	this->mutex->lock(this->mutex);
	device->present = TRUE;
	strcpy(device->name, name);
	strcpy(device->ifname, ifname);
	device->says = says;
	if (!this->quiet)
	{
		say(this, "DeviceAdded", number);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(fake_nm_t, change, void,
	private_fake_nm_t *this, u_int number, mobility_nm_device_t says)
{
	device_t *device = &this->devices[number];
	sd_bus_message *msg;
	char path[PATH_LEN];

	this->mutex->lock(this->mutex);
	device->says = says;
	must(sd_bus_message_new_signal(this->bus, &msg, get_path(number, path),
								   "org.freedesktop.DBus.Properties",
								   "PropertiesChanged"));
	must(sd_bus_message_append(msg, "s", NAME ".Device"));
	append_properties(msg, device);
	must(sd_bus_message_append(msg, "as", 0));
	must(sd_bus_send(this->bus, msg, NULL));
	sd_bus_message_unref(msg);
	must(sd_bus_flush(this->bus));
	this->mutex->unlock(this->mutex);
}

METHOD(fake_nm_t, remove_, void,
	private_fake_nm_t *this, u_int number)
{
	this->mutex->lock(this->mutex);
	this->devices[number].present = FALSE;
	say(this, "DeviceRemoved", number);
	this->mutex->unlock(this->mutex);
}

METHOD(fake_nm_t, garble, void,
	private_fake_nm_t *this, u_int number)
{
	char path[PATH_LEN];

	this->mutex->lock(this->mutex);
	get_path(number, path);
	must(sd_bus_emit_signal(this->bus, path, "org.freedesktop.DBus.Properties",
							"PropertiesChanged", "sa{sv}as", NAME ".Device", 2,
							"Metered", "u", 1, "State", "s", "none", 0));
	must(sd_bus_emit_signal(this->bus, path, "org.freedesktop.DBus.Properties",
							"PropertiesChanged", "s", NAME ".Device"));
	must(sd_bus_emit_signal(this->bus, path, "org.freedesktop.DBus.Properties",
							"PropertiesChanged", "sas", NAME ".Device", 1,
							"Metered"));
	must(sd_bus_emit_signal(this->bus, PATH, NAME, "DeviceRemoved", "u", 1));
	must(sd_bus_emit_signal(this->bus, PATH, NAME, "DeviceAdded", "o", "/x"));
	must(sd_bus_flush(this->bus));
	this->mutex->unlock(this->mutex);
}

METHOD(fake_nm_t, destroy, void,
	private_fake_nm_t *this)
{
	uint64_t count = 1;

	ck_assert_int_eq(write(this->stop, &count, sizeof(count)), sizeof(count));
	this->thread->join(this->thread);
	sd_bus_flush(this->bus);
	sd_bus_close(this->bus);
	sd_bus_unref(this->bus);
	close(this->stop);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
fake_nm_t *fake_nm_create(bool real)
{
	private_fake_nm_t *this;

	INIT(this,
		.public = {
			.set_quiet = _set_quiet,
			.add = _add,
			.change = _change,
			.remove = _remove_,
			.garble = _garble,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.stop = eventfd(0, EFD_CLOEXEC),
	);
	must(sd_bus_new(&this->bus));
	must(sd_bus_set_address(this->bus, bus.address));
	must(sd_bus_set_bus_client(this->bus, TRUE));
	must(sd_bus_start(this->bus));
	must(sd_bus_add_filter(this->bus, NULL, answer, this));
	if (real)
	{
		must(sd_bus_request_name(this->bus, NAME, 0));
	}
	this->thread = thread_create((thread_main_t)serve, this);
	return &this->public;
}
