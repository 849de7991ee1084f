/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "nm/nm.h"
#include "nm/nm_device.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <threading/thread.h>
#include <utils/debug.h>

/** names on the bus */
#define NM_NAME "org.freedesktop.NetworkManager"
#define NM_PATH "/org/freedesktop/NetworkManager"
#define NM_DEVICE NM_NAME ".Device"
#define BUS_NAME "org.freedesktop.DBus"
#define BUS_PATH "/org/freedesktop/DBus"
#define PROPERTIES BUS_NAME ".Properties"

/** devices we are willing to store */
#define DEVICES_MAX 4096

/** messages that are processed before changes are told, even if there are more:
 * anybody may send some */
#define MESSAGES_MAX 256

typedef struct private_mobility_nm_t private_mobility_nm_t;

/**
 * Private data of a mobility_nm_t.
 */
struct private_mobility_nm_t {

	/**
	 * Public interface.
	 */
	mobility_nm_t public;

	/**
	 * Address of the bus, NULL for the system's.
	 */
	char *address;

	/**
	 * Called on changes.
	 */
	mobility_nm_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * Held to start or stop.
	 */
	mutex_t *control;

	/**
	 * Thread that talks to the bus, NULL if not started.
	 */
	thread_t *thread;

	/**
	 * Readable when the thread has to end.
	 */
	int stop;

	/**
	 * Protects advices.
	 */
	mutex_t *mutex;

	/**
	 * What is known, by name of the interface, entry_t.
	 */
	hashtable_t *advices;

	/**
	 * Connection to the bus; this and what follows is the thread's only.
	 */
	sd_bus *bus;

	/**
	 * NetworkManager's unique name, NULL if it is not there.
	 */
	char *owner;

	/**
	 * Devices, by path, device_t.
	 */
	hashtable_t *devices;

	/**
	 * Something changed since cb was called.
	 */
	bool changed;
};

/**
 * What is known about an interface.
 */
typedef struct {
	/** its name, the key */
	char ifname[IFNAMSIZ];
	/** what is known */
	mobility_advice_t advice;
} entry_t;

/**
 * A device of NetworkManager.
 */
typedef struct {
	/** client it belongs to */
	private_mobility_nm_t *nm;
	/** path on the bus, the key */
	char *path;
	/** request for its properties, until destroyed */
	sd_bus_slot *request;
	/** what NetworkManager says */
	mobility_nm_device_t says;
} device_t;

/**
 * Destroy a device, an answer to a request for it is ignored.
 */
static void device_destroy(device_t *device)
{
	sd_bus_slot_unref(device->request);
	free(device->path);
	free(device);
}

/**
 * Forget all devices.
 */
static void forget_devices(private_mobility_nm_t *this)
{
	enumerator_t *enumerator;
	device_t *device;

	enumerator = this->devices->create_enumerator(this->devices);
	while (enumerator->enumerate(enumerator, NULL, &device))
	{
		this->devices->remove_at(this->devices, enumerator);
		device_destroy(device);
		this->changed = TRUE;
	}
	enumerator->destroy(enumerator);
}

/**
 * Create a table with strings for keys.
 */
static hashtable_t *create_table()
{
	return hashtable_create(hashtable_hash_str, hashtable_equals_str, 8);
}

/**
 * Have get() tell what is known now.
 */
static void publish(private_mobility_nm_t *this)
{
	enumerator_t *enumerator;
	device_t *device;
	entry_t *entry;
	const char *name;

	this->mutex->lock(this->mutex);
	this->advices->destroy_function(this->advices, (void*)free);
	this->advices = create_table();
	enumerator = this->devices->create_enumerator(this->devices);
	while (enumerator->enumerate(enumerator, NULL, &device))
	{
		name = device->says.ifname[0] ? device->says.ifname
									  : device->says.name;
		if (*name && strlen(name) < IFNAMSIZ)
		{
			INIT(entry,
				.advice = mobility_nm_device_conclude(&device->says),
			);
			strcpy(entry->ifname, name);
			free(this->advices->put(this->advices, entry->ifname, entry));
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

/**
 * Tell about what changed, if something did.
 */
static void tell(private_mobility_nm_t *this)
{
	if (this->changed)
	{
		this->changed = FALSE;
		publish(this);
		this->cb(this->data);
	}
}

/**
 * Read properties of a device.  While NetworkManager activates one it says a
 * lot that makes no difference.
 */
static void read_properties(device_t *device, sd_bus_message *msg)
{
	mobility_nm_device_t says = device->says;
	int res;

	res = mobility_nm_device_read(&says, msg);
	if (res < 0)
	{
		DBG2(DBG_NET, "NetworkManager's %s is not as expected: %s",
			 device->path, strerror(-res));
		return;
	}
	device->nm->changed |= mobility_nm_device_differs(&device->says, &says);
	device->says = says;
}

/**
 * Call a method of somebody, who is not started for that.
 */
static void call(private_mobility_nm_t *this, const char *dest,
				 const char *path, const char *interface, const char *method,
				 const char *arg, sd_bus_message_handler_t cb, void *data,
				 sd_bus_slot **slot)
{
	sd_bus_message *msg = NULL;
	int res;

	res = sd_bus_message_new_method_call(this->bus, &msg, dest, path, interface,
										 method);
	if (res >= 0)
	{
		res = sd_bus_message_set_auto_start(msg, FALSE);
	}
	if (res >= 0 && arg)
	{
		res = sd_bus_message_append(msg, "s", arg);
	}
	if (res >= 0)
	{
		res = sd_bus_call_async(this->bus, slot, msg, cb, data, 0);
	}
	sd_bus_message_unref(msg);
	if (res < 0)
	{
		DBG2(DBG_NET, "calling %s of %s failed: %s", method, path,
			 strerror(-res));
	}
}

/**
 * Check if a message is from NetworkManager, the one that runs now.
 */
static bool is_from_nm(private_mobility_nm_t *this, sd_bus_message *msg)
{
	const char *sender = sd_bus_message_get_sender(msg);

	return this->owner && sender && streq(this->owner, sender);
}

/**
 * Check if a message is an answer that is no error.
 */
static bool is_answer(sd_bus_message *msg)
{
	const sd_bus_error *error = sd_bus_message_get_error(msg);

	if (error)
	{
		DBG2(DBG_NET, "NetworkManager: %s", error->message ?: error->name);
	}
	return !error;
}

/**
 * Answer to the request for the properties of a device.
 */
static int got_properties(sd_bus_message *msg, void *data, sd_bus_error *error)
{
	device_t *device = data;

	if (is_answer(msg) && is_from_nm(device->nm, msg))
	{
		read_properties(device, msg);
	}
	return 0;
}

/**
 * Add a device, and ask for its properties.
 */
static void add_device(private_mobility_nm_t *this, const char *path)
{
	device_t *device;

	if (!strpfx(path, NM_PATH "/") || this->devices->get(this->devices, path) ||
		this->devices->get_count(this->devices) >= DEVICES_MAX)
	{
		return;
	}
	INIT(device,
		.nm = this,
		.path = strdup(path),
	);
	this->devices->put(this->devices, device->path, device);
	call(this, this->owner, path, PROPERTIES, "GetAll", NM_DEVICE,
		 got_properties, device, &device->request);
}

/**
 * Answer with the list of devices.
 */
static int got_devices(sd_bus_message *msg, void *data, sd_bus_error *error)
{
	private_mobility_nm_t *this = data;
	const char *path;
	int res;

	if (!is_answer(msg) || !is_from_nm(this, msg))
	{
		return 0;
	}
	res = sd_bus_message_enter_container(msg, 'a', "o");
	while (res > 0 && (res = sd_bus_message_read(msg, "o", &path)) > 0)
	{
		add_device(this, path);
	}
	return 0;
}

/**
 * NetworkManager is there, or not anymore.
 */
static void set_owner(private_mobility_nm_t *this, const char *owner)
{
	forget_devices(this);
	free(this->owner);
	this->owner = NULL;
	if (*owner)
	{
		DBG2(DBG_NET, "NetworkManager is %s on the bus", owner);
		this->owner = strdup(owner);
		call(this, owner, NM_PATH, NM_NAME, "GetDevices", NULL, got_devices,
			 this, NULL);
	}
}

/**
 * Answer to who is NetworkManager.
 */
static int got_owner(sd_bus_message *msg, void *data, sd_bus_error *error)
{
	private_mobility_nm_t *this = data;
	const char *owner;

	if (is_answer(msg) && !this->owner &&
		sd_bus_message_read(msg, "s", &owner) >= 0)
	{
		set_owner(this, owner);
	}
	return 0;
}

/**
 * The bus says that NetworkManager has started or ended.
 */
static int owner_changed(sd_bus_message *msg, void *data, sd_bus_error *error)
{
	private_mobility_nm_t *this = data;
	const char *sender = sd_bus_message_get_sender(msg), *name, *old, *new;

	if (sender && streq(sender, BUS_NAME) &&
		sd_bus_message_read(msg, "sss", &name, &old, &new) >= 0 &&
		streq(name, NM_NAME))
	{
		set_owner(this, new);
	}
	return 0;
}

/**
 * Properties of a device changed.
 */
static int properties_changed(sd_bus_message *msg, void *data,
							  sd_bus_error *error)
{
	private_mobility_nm_t *this = data;
	const char *interface, *path = sd_bus_message_get_path(msg);
	device_t *device;

	if (is_from_nm(this, msg) && path &&
		sd_bus_message_read(msg, "s", &interface) >= 0 &&
		streq(interface, NM_DEVICE))
	{
		device = this->devices->get(this->devices, path);
		if (device)
		{
			read_properties(device, msg);
		}
		else
		{	/* NetworkManager has its name before it answers: while it starts
			 * there may be no list of devices */
			add_device(this, path);
		}
	}
	return 0;
}

/**
 * A device was added or removed.
 */
static int devices_changed(sd_bus_message *msg, void *data,
						   sd_bus_error *error)
{
	private_mobility_nm_t *this = data;
	device_t *device;
	const char *path;

	if (!is_from_nm(this, msg) || sd_bus_message_read(msg, "o", &path) < 0)
	{
		return 0;
	}
	if (sd_bus_message_is_signal(msg, NM_NAME, "DeviceAdded"))
	{
		add_device(this, path);
	}
	else if (sd_bus_message_is_signal(msg, NM_NAME, "DeviceRemoved"))
	{
		device = this->devices->remove(this->devices, path);
		if (device)
		{
			device_destroy(device);
			this->changed = TRUE;
		}
	}
	return 0;
}

/**
 * Connect to the bus and ask for all we want to know.
 */
static int connect_bus(private_mobility_nm_t *this)
{
	static const struct {
		const char *match;
		sd_bus_message_handler_t cb;
	} matches[] = {
		{ "type='signal',sender='" BUS_NAME "',interface='" BUS_NAME "',"
		  "member='NameOwnerChanged',arg0='" NM_NAME "'", owner_changed },
		{ "type='signal',sender='" NM_NAME "',interface='" PROPERTIES "',"
		  "member='PropertiesChanged',arg0='" NM_DEVICE "'",
		  properties_changed },
		{ "type='signal',sender='" NM_NAME "',interface='" NM_NAME "',"
		  "member='DeviceAdded'", devices_changed },
		{ "type='signal',sender='" NM_NAME "',interface='" NM_NAME "',"
		  "member='DeviceRemoved'", devices_changed },
	};
	int i, res;

	if (this->address)
	{
		res = sd_bus_new(&this->bus);
		if (res >= 0)
		{
			res = sd_bus_set_address(this->bus, this->address);
		}
		if (res >= 0)
		{
			res = sd_bus_set_bus_client(this->bus, TRUE);
		}
		if (res >= 0)
		{
			res = sd_bus_start(this->bus);
		}
	}
	else
	{
		res = sd_bus_open_system(&this->bus);
	}
	for (i = 0; res >= 0 && i < countof(matches); i++)
	{
		res = sd_bus_add_match_async(this->bus, NULL, matches[i].match,
									 matches[i].cb, NULL, this);
	}
	if (res >= 0)
	{
		call(this, BUS_NAME, BUS_PATH, BUS_NAME, "GetNameOwner", NM_NAME,
			 got_owner, this, NULL);
	}
	return res;
}

/**
 * Wait until there is something to do on the bus.  Returns 0 if the thread has
 * to end.
 */
static int wait_bus(private_mobility_nm_t *this)
{
	struct pollfd fds[2] = {
		{ .fd = this->stop, .events = POLLIN },
		{ .fd = sd_bus_get_fd(this->bus) },
	};
	struct timespec now;
	uint64_t timeout, usec;
	int events, wait = -1;

	events = sd_bus_get_events(this->bus);
	if (events < 0)
	{
		return events;
	}
	fds[1].events = events;
	if (sd_bus_get_timeout(this->bus, &timeout) > 0 && timeout != UINT64_MAX)
	{	/* of a request that got no answer yet */
		clock_gettime(CLOCK_MONOTONIC, &now);
		usec = now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
		wait = timeout > usec ? min((timeout - usec) / 1000 + 1, 60000) : 0;
	}
	if (poll(fds, countof(fds), wait) == -1 && errno != EINTR)
	{
		return -errno;
	}
	return !fds[0].revents;
}

/**
 * Forget all, the bus is gone or not needed anymore.
 */
static void disconnect_bus(private_mobility_nm_t *this)
{
	forget_devices(this);
	if (this->bus)
	{
		sd_bus_close(this->bus);
		this->bus = sd_bus_unref(this->bus);
	}
	free(this->owner);
	this->owner = NULL;
}

/**
 * Talk to the bus, until it is gone or somebody stops us.
 */
static void *talk(private_mobility_nm_t *this)
{
	int res, count;

	res = connect_bus(this);
	while (res >= 0)
	{
		count = 0;
		do
		{
			res = sd_bus_process(this->bus, NULL);
		}
		while (res > 0 && ++count < MESSAGES_MAX);
		tell(this);
		if (res < 0)
		{
			break;
		}
		res = wait_bus(this);
		if (res == 0)
		{
			disconnect_bus(this);
			this->changed = FALSE;
			publish(this);
			return NULL;
		}
	}
	DBG2(DBG_NET, "NetworkManager is not asked: %s", strerror(-res));
	disconnect_bus(this);
	tell(this);
	return NULL;
}

METHOD(mobility_nm_t, start, void,
	private_mobility_nm_t *this)
{
	this->control->lock(this->control);
	if (!this->thread)
	{
		this->thread = thread_create((thread_main_t)talk, this);
	}
	this->control->unlock(this->control);
}

METHOD(mobility_nm_t, stop, void,
	private_mobility_nm_t *this)
{
	uint64_t count = 1;

	this->control->lock(this->control);
	if (this->thread)
	{
		ignore_result(write(this->stop, &count, sizeof(count)));
		this->thread->join(this->thread);
		this->thread = NULL;
		ignore_result(read(this->stop, &count, sizeof(count)));
	}
	this->control->unlock(this->control);
}

METHOD(mobility_nm_t, get, bool,
	private_mobility_nm_t *this, const char *ifname, mobility_advice_t *advice)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->advices->get(this->advices, ifname);
	if (entry)
	{
		*advice = entry->advice;
	}
	this->mutex->unlock(this->mutex);
	return entry != NULL;
}

METHOD(mobility_nm_t, destroy, void,
	private_mobility_nm_t *this)
{
	stop(this);
	this->advices->destroy_function(this->advices, (void*)free);
	this->devices->destroy(this->devices);
	this->mutex->destroy(this->mutex);
	this->control->destroy(this->control);
	close(this->stop);
	free(this->address);
	free(this);
}

/*
 * Described in header.
 */
mobility_nm_t *mobility_nm_create(const char *address, mobility_nm_cb_t cb,
								  void *data)
{
	private_mobility_nm_t *this;

	INIT(this,
		.public = {
			.start = _start,
			.stop = _stop,
			.get = _get,
			.destroy = _destroy,
		},
		.address = strdupnull(address),
		.cb = cb,
		.data = data,
		.control = mutex_create(MUTEX_TYPE_DEFAULT),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.stop = eventfd(0, EFD_CLOEXEC),
		.advices = create_table(),
		.devices = create_table(),
	);
	if (this->stop == -1)
	{
		DBG1(DBG_NET, "mobility: creating eventfd failed: %s", strerror(errno));
		destroy(this);
		return NULL;
	}
	return &this->public;
}
