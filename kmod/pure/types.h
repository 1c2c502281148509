/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The integer types of kmod/pure, which is compiled into the module and into
 * the shim and its tests from the same files.
 */
#ifndef AHV_PURE_TYPES_H
#define AHV_PURE_TYPES_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;
#endif

#endif
