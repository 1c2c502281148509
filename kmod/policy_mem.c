// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of rule sets, in force and staged: counted, and bounded by one number.
 * Arrays that grow, and heads of hash chains. Process context, may sleep; an
 * array belongs to its caller.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include "policy_int.h"

unsigned long ahv_policy_max_bytes = 512UL << 20;
module_param_named(policy_max_bytes, ahv_policy_max_bytes, ulong, 0444);
MODULE_PARM_DESC(policy_max_bytes,
		 "memory that rules in force and staged may take together (default 536870912)");

static atomic64_t used;

u64 ahv_policy_memory(void)
{
	return atomic64_read(&used);
}

const char *ahv_policy_why_mem(int err)
{
	switch (err) {
	case -EDQUOT:
		return "rules would take more memory than the module's policy_max_bytes";
	case -E2BIG:
		return "a policy cannot have more than 1048576 rules";
	default:
		return "the kernel has no memory for it";
	}
}

void *ahv_pmem_alloc(size_t bytes)
{
	void *mem;

	if (atomic64_add_return(bytes, &used) > READ_ONCE(ahv_policy_max_bytes)) {
		atomic64_sub(bytes, &used);
		return ERR_PTR(-EDQUOT);
	}
	mem = kvzalloc(bytes, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (mem)
		return mem;
	atomic64_sub(bytes, &used);
	return ERR_PTR(-ENOMEM);
}

void ahv_pmem_free(void *mem, size_t bytes)
{
	if (!mem)
		return;
	kvfree(mem);
	atomic64_sub(bytes, &used);
}

static int set_cap(struct ahv_vec *v, u32 cap, size_t size)
{
	void *data = ahv_pmem_alloc(cap * size);

	if (IS_ERR(data))
		return PTR_ERR(data);
	if (v->n)
		memcpy(data, v->data, v->n * size);
	ahv_pmem_free(v->data, v->cap * size);
	v->data = data;
	v->cap = cap;
	return 0;
}

/* Room for @more elements behind the last one. */
int ahv_vec_reserve(struct ahv_vec *v, u32 more, size_t size)
{
	u32 need, cap;

	if (check_add_overflow(v->n, more, &need))
		return -EDQUOT;
	if (need <= v->cap)
		return 0;
	if (check_add_overflow(v->cap, v->cap / 2, &cap))
		cap = U32_MAX;
	return set_cap(v, max3(need, cap, 64U), size);
}

int ahv_vec_copy(struct ahv_vec *to, const struct ahv_vec *from, size_t size)
{
	int err = ahv_vec_reserve(to, from->n, size);

	if (!err && from->n) {
		memcpy(to->data, from->data, from->n * size);
		to->n = from->n;
	}
	return err;
}

/* Gives back what is too much; keeps it where that cannot be had. */
void ahv_vec_trim(struct ahv_vec *v, size_t size)
{
	if (!v->n)
		ahv_vec_free(v, size);
	else if (v->cap - v->n > v->n / 8)
		set_cap(v, v->n, size);
}

void ahv_vec_free(struct ahv_vec *v, size_t size)
{
	ahv_pmem_free(v->data, v->cap * size);
	memset(v, 0, sizeof(*v));
}

int ahv_index_alloc(struct ahv_index *x, u32 n)
{
	u32 bits = ilog2(roundup_pow_of_two(max(n, 2U)));
	u32 *heads = ahv_pmem_alloc(sizeof(u32) << bits);

	if (IS_ERR(heads))
		return PTR_ERR(heads);
	x->heads = heads;
	x->shift = 64 - bits;
	return 0;
}

int ahv_index_copy(struct ahv_index *to, const struct ahv_index *from)
{
	u32 slots = ahv_index_slots(from);
	int err;

	if (!slots)
		return 0;
	err = ahv_index_alloc(to, slots);
	if (!err)
		memcpy(to->heads, from->heads, slots * sizeof(u32));
	return err;
}

void ahv_index_free(struct ahv_index *x)
{
	ahv_pmem_free(x->heads, ahv_index_slots(x) * sizeof(u32));
	x->heads = NULL;
}
