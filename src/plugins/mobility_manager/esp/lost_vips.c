/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp/lost_vips.h"
#include "esp/vip_marks.h"

#include <daemon.h>
#include <collections/linked_list.h>
#include <threading/mutex.h>

typedef struct private_mobility_lost_vips_t private_mobility_lost_vips_t;
typedef struct vip_t vip_t;

/**
 * A virtual IP address.
 */
struct vip_t {
	/** address */
	host_t *host;
	/** IKE_SAs that have it */
	u_int holders;
	/** threads that delete it just now */
	u_int going;
};

/**
 * Private data of a mobility_lost_vips_t object.
 */
struct private_mobility_lost_vips_t {

	/**
	 * Public interface.
	 */
	mobility_lost_vips_t public;

	/**
	 * Socket for requests.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * Addresses of IKE_SAs, vip_t*.
	 */
	linked_list_t *vips;

	/**
	 * Who is told that an address is gone, NULL if nobody is.
	 */
	mobility_lost_vips_cb_t gone;

	/**
	 * User data for that.
	 */
	void *data;

	/**
	 * Locks vips, and keeps threads from deleting any while one is put back.
	 */
	mutex_t *mutex;

	/**
	 * Methods of kernel_interface_t as they were.
	 */
	struct {
		status_t (*add_ip)(kernel_interface_t *this, host_t *vip, int prefix,
						   char *iface);
		status_t (*del_ip)(kernel_interface_t *this, host_t *vip, int prefix,
						   bool wait);
	} stock;
};

/**
 * The methods of the kernel interface have no place for user data.
 */
static private_mobility_lost_vips_t *instance;

CALLBACK(match_host, bool,
	vip_t *vip, va_list args)
{
	host_t *host;

	VA_ARGS_VGET(args, host);
	return vip->host->ip_equals(vip->host, host);
}

/**
 * Find an address, the mutex must be held.
 */
static vip_t *find(private_mobility_lost_vips_t *this, host_t *host)
{
	vip_t *vip = NULL;

	this->vips->find_first(this->vips, match_host, (void**)&vip, host);
	return vip;
}

/**
 * Destroy an address.
 */
static void vip_destroy(vip_t *vip)
{
	vip->host->destroy(vip->host);
	free(vip);
}

/**
 * Check if charon has addresses of some kinds, and this is among them.
 */
static bool is_believed(host_t *host, kernel_address_type_t which)
{
	enumerator_t *enumerator;
	host_t *current;
	bool found = FALSE;

	enumerator = charon->kernel->create_address_enumerator(charon->kernel,
														   which);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		found = current->ip_equals(current, host);
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Have charon add an address, and mark it if that is why there is one: somebody
 * may have configured it, or charon is told to add none.
 */
static status_t add_ip(private_mobility_lost_vips_t *this, host_t *host,
					   int prefix, char *iface)
{
	status_t status;

	status = this->stock.add_ip(charon->kernel, host, prefix, iface);
	if (status == SUCCESS &&
		is_believed(host, ADDR_TYPE_ALL & ~ADDR_TYPE_REGULAR))
	{
		mobility_vip_marks_set(this->rtnl, host);
	}
	return status;
}

/**
 * Hook for kernel_interface_t.add_ip()
 */
static status_t hook_add_ip(kernel_interface_t *kernel, host_t *host,
							int prefix, char *iface)
{
	private_mobility_lost_vips_t *this = instance;
	status_t status;
	vip_t *vip;

	status = add_ip(this, host, prefix, iface);
	if (status == SUCCESS)
	{
		this->mutex->lock(this->mutex);
		vip = find(this, host);
		if (!vip)
		{
			INIT(vip,
				.host = host->clone(host),
			);
			this->vips->insert_last(this->vips, vip);
		}
		vip->holders++;
		this->mutex->unlock(this->mutex);
	}
	return status;
}

/**
 * Hook for kernel_interface_t.del_ip()
 */
static status_t hook_del_ip(kernel_interface_t *kernel, host_t *host,
							int prefix, bool wait)
{
	private_mobility_lost_vips_t *this = instance;
	mobility_lost_vips_cb_t gone = NULL;
	status_t status;
	vip_t *vip;

	this->mutex->lock(this->mutex);
	vip = find(this, host);
	if (vip)
	{
		vip->going++;
	}
	this->mutex->unlock(this->mutex);

	status = this->stock.del_ip(kernel, host, prefix, wait);

	this->mutex->lock(this->mutex);
	if (vip)
	{
		vip->going--;
		vip->holders -= vip->holders ? 1 : 0;
		if (!vip->holders && !vip->going)
		{
			this->vips->remove(this->vips, vip, NULL);
			vip_destroy(vip);
			gone = this->gone;
		}
	}
	this->mutex->unlock(this->mutex);
	if (gone)
	{
		gone(this->data);
	}
	return status;
}

/**
 * Put an address back on an interface, or where charon is told to have them, for
 * all IKE_SAs that have it.  The mutex must be held.
 */
static void put_back(private_mobility_lost_vips_t *this, vip_t *vip,
					 ike_sa_t *ike_sa, host_t *host, char *ifname)
{
	u_int i, holders = vip ? max(1, vip->holders) : 1;

	for (i = 0; i < holders; i++)
	{
		if (add_ip(this, host, -1, ifname) != SUCCESS)
		{
			return;
		}
	}
	if (is_believed(host, ADDR_TYPE_ALL))
	{
		DBG1(DBG_IKE, "mobility: %s: somebody has deleted the virtual IP %H, put "
			 "it back", ike_sa->get_name(ike_sa), host);
	}
}

/**
 * Put an address back on the interface that has the IKE_SA's address, as charon
 * does.  Returns FALSE if that is too early.
 */
static bool restore_vip(private_mobility_lost_vips_t *this, ike_sa_t *ike_sa,
						host_t *host)
{
	host_t *me = ike_sa->get_my_host(ike_sa);
	bool early;
	char *ifname;
	vip_t *vip;

	if (!charon->kernel->get_interface(charon->kernel, me, &ifname))
	{
		return TRUE;
	}
	this->mutex->lock(this->mutex);
	vip = find(this, host);
	early = (vip && vip->going) ||
			is_believed(host, ADDR_TYPE_ALL);
	if (!early)
	{
		put_back(this, vip, ike_sa, host, ifname);
	}
	this->mutex->unlock(this->mutex);
	free(ifname);
	return !early;
}

METHOD(mobility_lost_vips_t, restore, bool,
	private_mobility_lost_vips_t *this, ike_sa_t *ike_sa,
	mobility_monitor_t *monitor)
{
	enumerator_t *enumerator;
	char owner[IFNAMSIZ];
	bool complete = TRUE;
	host_t *host;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE);
	while (enumerator->enumerate(enumerator, &host))
	{
		if (!monitor->get_owner(monitor, host, owner))
		{
			complete &= restore_vip(this, ike_sa, host);
		}
	}
	enumerator->destroy(enumerator);
	return complete;
}

METHOD(mobility_lost_vips_t, is_held, bool,
	private_mobility_lost_vips_t *this, host_t *host)
{
	bool held;

	this->mutex->lock(this->mutex);
	held = find(this, host) != NULL;
	this->mutex->unlock(this->mutex);
	return held;
}

METHOD(mobility_lost_vips_t, set_gone, void,
	private_mobility_lost_vips_t *this, mobility_lost_vips_cb_t cb, void *data)
{
	this->mutex->lock(this->mutex);
	this->gone = cb;
	this->data = data;
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_lost_vips_t, destroy, void,
	private_mobility_lost_vips_t *this)
{
	charon->kernel->add_ip = this->stock.add_ip;
	charon->kernel->del_ip = this->stock.del_ip;
	instance = NULL;
	this->vips->destroy_function(this->vips, (void*)vip_destroy);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_lost_vips_t *mobility_lost_vips_create(mobility_rtnl_t *rtnl)
{
	private_mobility_lost_vips_t *this;

	INIT(this,
		.public = {
			.restore = _restore,
			.is_held = _is_held,
			.set_gone = _set_gone,
			.destroy = _destroy,
		},
		.rtnl = rtnl,
		.vips = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.stock = {
			.add_ip = charon->kernel->add_ip,
			.del_ip = charon->kernel->del_ip,
		},
	);
	mobility_vip_marks_sweep(rtnl);
	instance = this;
	charon->kernel->add_ip = hook_add_ip;
	charon->kernel->del_ip = hook_del_ip;
	return &this->public;
}
