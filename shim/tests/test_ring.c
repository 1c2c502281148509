// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The consumer against rings in memory: order, wrap-around, losses at the end,
 * and what a damaged or hostile producer could show it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cm.h"
#include "ring.h"

#define SIZE	4096
#define RINGS	3

static struct {
	struct aegishv_ring_prod prod;
	struct aegishv_ring_cons cons;
	uint8_t data[2 * SIZE] __attribute__((aligned(8)));
	uint64_t seq;
} mem[RINGS];

static struct ring rings[RINGS];
static struct ring *heap[RINGS];
static struct ring_set set = { .fd = -1, .nr = RINGS, .rings = rings, .heap = heap };

static struct aegishv_hdr seen[1024];
static unsigned int nr_seen, nr_problems;
static char last_problem[256];

static int setup(void **state)
{
	uint32_t i;

	memset(mem, 0, sizeof(mem));
	memset(rings, 0, sizeof(rings));
	nr_seen = nr_problems = 0;
	for (i = 0; i < RINGS; i++) {
		mem[i].prod.size = SIZE;
		rings[i] = (struct ring){
			.cpu = i, .prod = &mem[i].prod, .cons = &mem[i].cons, .data = mem[i].data,
		};
		assert_int_equal(ring_init(&rings[i]), 0);
	}
	return 0;
}

static void on_record(void *arg, const struct aegishv_hdr *rec)
{
	if (nr_seen < 1024)
		seen[nr_seen] = *rec;
	nr_seen++;
}

static void on_problem(void *arg, const struct aegishv_hdr *near, const char *text)
{
	nr_problems++;
	snprintf(last_problem, sizeof(last_problem), "%s", text);
}

static const struct ring_sink sink = { on_record, on_problem, NULL };

/* Write as the module does: the second copy of the data is the same memory. */
static void put_bytes_at(uint32_t cpu, uint64_t pos, const void *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		size_t at = (pos + i) % SIZE;

		mem[cpu].data[at] = mem[cpu].data[at + SIZE] = ((const uint8_t *)p)[i];
	}
}

static void put_rec(uint32_t cpu, const void *rec)
{
	const struct aegishv_hdr *h = rec;

	put_bytes_at(cpu, mem[cpu].prod.head, rec, h->len);
	mem[cpu].prod.head += h->len;
}

static void put_entry(uint32_t cpu, uint64_t time_ns)
{
	struct aegishv_rec_entry e = {
		.h = { .type = AEGISHV_REC_ENTRY, .len = sizeof(e), .cpu = cpu,
		       .seq = mem[cpu].seq++, .time_ns = time_ns },
	};

	put_rec(cpu, &e);
	mem[cpu].prod.records++;
}

static void put_lost(uint32_t cpu, uint64_t count)
{
	struct aegishv_rec_lost l = {
		.h = { .type = AEGISHV_REC_LOST, .len = sizeof(l), .cpu = cpu,
		       .seq = mem[cpu].seq },
		.count = count,
	};

	mem[cpu].seq += count;
	put_rec(cpu, &l);
}

static void merges_by_time(void **state)
{
	unsigned int i;

	put_entry(0, 10);
	put_entry(0, 40);
	put_entry(1, 20);
	put_entry(1, 30);
	put_entry(2, 5);
	put_entry(2, 20);
	assert_int_equal(ring_drain(&set, &sink), 6);
	for (i = 1; i < nr_seen; i++)
		assert_true(seen[i - 1].time_ns <= seen[i].time_ns);
	assert_int_equal(seen[2].cpu, 1);
	assert_int_equal(mem[0].cons.tail, mem[0].prod.head);
	assert_int_equal(ring_drain(&set, &sink), 0);
}

static void keeps_a_cpus_order(void **state)
{
	put_entry(0, 50);
	put_entry(0, 40);
	put_entry(1, 45);
	ring_drain(&set, &sink);
	assert_int_equal(seen[0].cpu, 1);
	assert_int_equal(seen[1].seq, 0);
	assert_int_equal(seen[2].seq, 1);
}

static void wraps(void **state)
{
	unsigned int round, i;

	for (round = 0; round < 50; round++) {
		for (i = 0; i < 60; i++)
			put_entry(0, round * 100 + i);
		assert_int_equal(ring_drain(&set, &sink), 60);
	}
	assert_int_equal(nr_seen, 3000);
	assert_int_equal(nr_problems, 0);
	assert_true(mem[0].cons.tail > 10 * SIZE);
}

static void longer_records_and_new_types(void **state)
{
	struct { struct aegishv_rec_entry e; uint64_t more[4]; } big = {
		.e.h = { .type = AEGISHV_REC_ENTRY, .len = sizeof(big) },
	};
	struct { struct aegishv_hdr h; uint64_t more; } other = {
		.h = { .type = 999, .len = sizeof(other) },
	};

	put_rec(0, &big);
	put_rec(0, &other);
	put_entry(0, 1);
	assert_int_equal(ring_drain(&set, &sink), 3);
	assert_int_equal(nr_problems, 0);
}

static void bad_record(uint16_t len, uint16_t type, uint16_t cpu)
{
	struct aegishv_rec_entry e = { .h = { .type = type, .len = len, .cpu = cpu } };

	setup(NULL);
	put_entry(0, 1);
	put_bytes_at(0, mem[0].prod.head, &e, sizeof(e));
	mem[0].prod.head += sizeof(e);
	assert_int_equal(ring_drain(&set, &sink), 1);
	assert_int_equal(nr_problems, 1);
	/* It goes on behind what could not be read. */
	assert_int_equal(mem[0].cons.tail, mem[0].prod.head);
	put_entry(0, 2);
	assert_int_equal(ring_drain(&set, &sink), 1);
}

static void damaged_records(void **state)
{
	bad_record(0, AEGISHV_REC_ENTRY, 0);
	bad_record(8, AEGISHV_REC_ENTRY, 0);
	bad_record(47, AEGISHV_REC_ENTRY, 0);
	bad_record(40, AEGISHV_REC_ENTRY, 0);
	bad_record(56, AEGISHV_REC_ENTRY, 0);
	bad_record(65528, AEGISHV_REC_ENTRY, 0);
	bad_record(24, 999, 0);
	bad_record(48, AEGISHV_REC_EXIT, 0);
	bad_record(48, AEGISHV_REC_ENTRY, 1);
}

static void head_out_of_range(void **state)
{
	mem[0].prod.head = SIZE + 8;
	put_entry(1, 1);
	assert_int_equal(ring_drain(&set, &sink), 1);
	assert_int_equal(nr_problems, 1);
	assert_int_equal(mem[0].cons.tail, SIZE + 8);
	mem[0].prod.head = 12;
	ring_drain(&set, &sink);
	assert_int_equal(nr_problems, 2);
}

static void random_damage(void **state)
{
	uint32_t x = 12345;
	unsigned int round, i;

	for (round = 0; round < 3000; round++) {
		setup(NULL);
		for (i = 0; i < 40; i++)
			put_entry(round % RINGS, i);
		for (i = 0; i < 8; i++) {
			x = x * 1664525 + 1013904223;
			mem[round % RINGS].data[(x >> 8) % SIZE] = x >> 24;
			mem[round % RINGS].data[(x >> 8) % SIZE + SIZE] = x >> 24;
		}
		ring_drain(&set, &sink);
		assert_true(nr_seen <= 41 * 2);
	}
}

static void bad_producer_page(void **state)
{
	struct ring r = { .prod = &mem[0].prod, .cons = &mem[0].cons, .data = mem[0].data };

	mem[0].prod.size = 0;
	assert_int_not_equal(ring_init(&r), 0);
	mem[0].prod.size = 5000;
	assert_int_not_equal(ring_init(&r), 0);
	mem[0].prod.size = 8;
	assert_int_not_equal(ring_init(&r), 0);
}

static void tail_loss(void **state)
{
	struct aegishv_rec_lost l;

	put_entry(0, 1);
	mem[0].prod.lost[0] = 5;
	put_lost(0, 5);
	put_entry(0, 2);
	mem[0].prod.lost[0] += 7;
	mem[0].prod.lost[1] += 2;
	assert_false(ring_tail_loss(&rings[0], &l));	/* unread records first */
	ring_drain(&set, &sink);
	assert_true(ring_tail_loss(&rings[0], &l));
	assert_int_equal(l.count, 9);
	assert_int_equal(l.h.seq, 7);
	assert_int_equal(l.total[0], 12);
	assert_int_equal(l.total[1], 2);
	assert_false(ring_tail_loss(&rings[1], &l));
}

static void tail_loss_of_a_silent_ring(void **state)
{
	struct aegishv_rec_lost l;

	mem[0].prod.lost[0] = 100;
	mem[0].prod.records = 50;
	setup(state);
	mem[0].prod.lost[0] = 100;
	mem[0].prod.records = 50;
	ring_init(&rings[0]);
	assert_false(ring_tail_loss(&rings[0], &l));
	mem[0].prod.lost[0] = 103;
	assert_true(ring_tail_loss(&rings[0], &l));
	assert_int_equal(l.count, 3);
	assert_int_equal(l.h.seq, 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(merges_by_time, setup),
		cmocka_unit_test_setup(keeps_a_cpus_order, setup),
		cmocka_unit_test_setup(wraps, setup),
		cmocka_unit_test_setup(longer_records_and_new_types, setup),
		cmocka_unit_test_setup(damaged_records, setup),
		cmocka_unit_test_setup(head_out_of_range, setup),
		cmocka_unit_test_setup(random_damage, setup),
		cmocka_unit_test_setup(bad_producer_page, setup),
		cmocka_unit_test_setup(tail_loss, setup),
		cmocka_unit_test_setup(tail_loss_of_a_silent_ring, setup),
	};

	return RUN(tests);
}
