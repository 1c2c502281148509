// SPDX-License-Identifier: GPL-2.0-only
/* Reads all rings of /dev/aegishv into memory, and looks records up there. */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "events.h"

#define MAX_CPUS	64

static struct aegishv_dev_info info;
static struct aegishv_ring_cons *cons[MAX_CPUS];
static struct aegishv_ring_prod *prod[MAX_CPUS];
static char *bytes;
static size_t used, room;
static uint64_t lost_before;

int events_open(void)
{
	int fd = open(AEGISHV_DEVICE, O_RDWR);
	unsigned int c;

	if (fd < 0 || ioctl(fd, AEGISHV_IOC_INFO, &info))
		return -errno;
	for (c = 0; c < info.nr_cpus && c < MAX_CPUS; c++) {
		cons[c] = mmap(NULL, info.page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			       AEGISHV_MMAP_CONS(c));
		prod[c] = mmap(NULL, info.page_bytes + 2 * info.ring_bytes, PROT_READ, MAP_SHARED,
			       fd, AEGISHV_MMAP_PROD(c));
		if (prod[c] == MAP_FAILED)
			prod[c] = NULL;
	}
	return 0;
}

static void keep(const char *data, size_t len)
{
	if (used + len > room) {
		room = (used + len) * 2;
		bytes = realloc(bytes, room);
		if (!bytes)
			abort();
	}
	memcpy(bytes + used, data, len);
	used += len;
}

static void read_ring(unsigned int c)
{
	uint64_t head = __atomic_load_n(&prod[c]->head, __ATOMIC_ACQUIRE);
	uint64_t tail = cons[c]->tail;
	const char *data = (const char *)prod[c] + info.page_bytes;

	while (tail < head) {
		const struct aegishv_hdr *h = (const void *)(data + tail % info.ring_bytes);

		keep((const char *)h, h->len);
		tail += h->len;
	}
	__atomic_store_n(&cons[c]->tail, tail, __ATOMIC_RELEASE);
}

int events_read(void)
{
	size_t at;
	unsigned int c;
	int n = 0;

	for (c = 0; c < info.nr_cpus && c < MAX_CPUS; c++)
		if (prod[c])
			read_ring(c);
	for (at = 0; at < used; at += ((struct aegishv_hdr *)(bytes + at))->len)
		n++;
	return n;
}

/* As the producers' pages say: a LOST record waits for the next one on its CPU. */
static uint64_t lost_since_load(void)
{
	uint64_t sum = 0;
	unsigned int c;

	for (c = 0; c < info.nr_cpus && c < MAX_CPUS; c++)
		if (prod[c])
			sum += prod[c]->lost[0] + prod[c]->lost[1];
	return sum;
}

void events_drop(void)
{
	events_read();
	used = 0;
	lost_before = lost_since_load();
}

uint64_t events_lost(void)
{
	return lost_since_load() - lost_before;
}

static uint32_t pid_of(const struct aegishv_hdr *h)
{
	switch (h->type) {
	case AEGISHV_REC_BLOCK:
		return ((const struct aegishv_rec_block *)h)->proc.pid;
	case AEGISHV_REC_EXEC:
	case AEGISHV_REC_FORK:
	case AEGISHV_REC_PEXIT:
		return ((const struct aegishv_rec_proc *)h)->proc.pid;
	}
	return 0;
}

const void *event(uint16_t type, uint32_t pid, int n)
{
	size_t at;

	for (at = 0; at < used;) {
		const struct aegishv_hdr *h = (const void *)(bytes + at);

		if (h->type == type && (!pid || pid_of(h) == pid) && !n--)
			return h;
		at += h->len;
	}
	return NULL;
}

unsigned int events_of(uint16_t type, uint32_t pid)
{
	unsigned int n = 0;

	while (event(type, pid, n))
		n++;
	return n;
}

static const char *text(const char *s, size_t len)
{
	static char buf[2][PATH_MAX + 1];
	static int i;

	i = !i;
	memcpy(buf[i], s, len);
	buf[i][len] = 0;
	return buf[i];
}

const char *block_path(const struct aegishv_rec_block *b)
{
	return text(b->text, b->path_len);
}

const char *block_host_path(const struct aegishv_rec_block *b)
{
	return text(b->text + b->path_len, b->host_len);
}
