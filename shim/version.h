/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Version of the shim. The module's own is asked over netlink; that of the
 * records is AEGISHV_EVENTS_VERSION.
 */
#ifndef AHV_SHIM_VERSION_H
#define AHV_SHIM_VERSION_H

#define SHIM_VERSION "0.1.0"

#endif
