// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading. What an event needs is brought up before the sources,
 * the device that shows events after them; all is taken down the other way
 * round.
 */
#include <linux/module.h>
#include <linux/string.h>
#include "aegishv.h"
#include "detect.h"
#include "lsm/lsm.h"
#include "policy.h"
#include "ring.h"
#include "ringpos.h"

static unsigned int ring_bytes = 512U << 10;
module_param(ring_bytes, uint, 0444);
MODULE_PARM_DESC(ring_bytes,
		 "bytes of each CPU's event ring, a power of two from 65536 to 67108864 (default 524288)");

static char *proc_events = "exec";
module_param(proc_events, charp, 0444);
MODULE_PARM_DESC(proc_events,
		 "process events to begin with: off, exec or all (default exec)");

static char *wx = "off";
module_param(wx, charp, 0444);
MODULE_PARM_DESC(wx, "W^X of new VMs from their first page on: off, detect or enforce (default off)");

static const struct ahv_source *const sources[] = {
	&ahv_kvm_source,
	&ahv_lsm_source,
};

void ahv_sources_config_changed(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		sources[i]->config_changed();
}

static void stop_sources(int n)
{
	while (n--)
		sources[n]->stop();
}

static int start_sources(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		err = sources[i]->start();
		if (err) {
			pr_err("cannot start the %s source (%d)\n", sources[i]->name, err);
			stop_sources(i);
			return err;
		}
	}
	return 0;
}

static int __init take_proc_events(void)
{
	static const char *const words[] __initconst = { "off", "exec", "all" };
	int i = match_string(words, ARRAY_SIZE(words), proc_events);

	if (i < 0) {
		pr_err("proc_events=%s is none of off, exec, all\n", proc_events);
		return -EINVAL;
	}
	ahv_config.proc_events = i;
	return 0;
}

static int __init take_wx(void)
{
	static const char *const words[] __initconst = { "off", "detect", "enforce" };
	int i = match_string(words, ARRAY_SIZE(words), wx);

	if (i < 0) {
		pr_err("wx=%s is none of off, detect, enforce\n", wx);
		return -EINVAL;
	}
	ahv_config.wx.mode = i;
	return 0;
}

static int __init aegishv_init(void)
{
	int err;

	if (!ahv_ring_bytes_valid(ring_bytes)) {
		pr_err("ring_bytes=%u is not a power of two from %u to %u\n",
		       ring_bytes, AHV_RING_MIN_BYTES, AHV_RING_MAX_BYTES);
		return -EINVAL;
	}
	err = take_proc_events() ?: take_wx();
	if (err)
		return err;
	err = ahv_rings_init(ring_bytes);
	if (err)
		return err;
	ahv_vm_init();
	err = ahv_policy_init();
	if (err)
		goto vm;
	err = ahv_netlink_init();
	if (err)
		goto policy;
	err = start_sources();
	if (err)
		goto netlink;
	/* Last: a file that was opened would outlive a module that fails to load. */
	err = ahv_dev_init();
	if (err)
		goto sources;
	return 0;

sources:
	stop_sources(ARRAY_SIZE(sources));
	ahv_vms_gone();
netlink:
	ahv_netlink_exit();
policy:
	ahv_policy_exit();
vm:
	ahv_vm_exit();
	ahv_detect_drop_all();
	ahv_rings_exit();
	return err;
}
module_init(aegishv_init);

static void __exit aegishv_exit(void)
{
	ahv_dev_exit();
	stop_sources(ARRAY_SIZE(sources));
	ahv_vms_gone();
	ahv_netlink_exit();
	ahv_policy_exit();
	ahv_vm_exit();
	ahv_detect_drop_all();
	ahv_rings_exit();
}
module_exit(aegishv_exit);

MODULE_AUTHOR("AegisHV");
MODULE_DESCRIPTION("Watches and protects KVM guests and their host");
MODULE_LICENSE("GPL");
MODULE_VERSION(AHV_VERSION);
