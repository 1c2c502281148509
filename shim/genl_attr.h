/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes one by one. Lengths are checked by nla_ok() and by the getters.
 */
#ifndef AHV_SHIM_GENL_ATTR_H
#define AHV_SHIM_GENL_ATTR_H

#include <string.h>
#include <netlink/attr.h>

#define for_each_attr(a, head, len, rem) \
	for ((a) = (head), (rem) = (len); nla_ok(a, rem); (a) = nla_next(a, &(rem)))

static inline uint32_t get_u32(const struct nlattr *a)
{
	return nla_len(a) >= 4 ? nla_get_u32(a) : 0;
}

static inline uint64_t get_u64(const struct nlattr *a)
{
	uint64_t v = 0;

	if (nla_len(a) >= 8)
		memcpy(&v, nla_data(a), sizeof(v));
	return v;
}

#endif
