/* SPDX-License-Identifier: GPL-2.0-only */
/* An 8250 serial port for a Linux guest: enough for a console with interrupts. */
#ifndef VMM_SERIAL_8250_H
#define VMM_SERIAL_8250_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIAL_PORT	0x3f8
#define SERIAL_PORTS	8
#define SERIAL_IRQ	4
#define SERIAL_ROOM	256

/**
 * struct serial - state of the port
 * @lock: guards everything; the vCPU reads and writes registers while the main
 *	thread feeds input
 * @out_fd: where transmitted bytes go
 * @vm_fd: VM whose interrupt line SERIAL_IRQ is ours
 */
struct serial {
	pthread_mutex_t lock;
	int out_fd, vm_fd;
	uint8_t ier, lcr, mcr, scr, dll, dlm, fcr;
	bool thr_pending;	/* "transmitter empty" not yet told */
	bool line;		/* level of the interrupt line */
	uint8_t in[4096];
	size_t in_head, in_tail;
	uint8_t out[256];
	size_t out_len;
};

void serial_init(struct serial *s, int vm_fd, int out_fd);
void serial_write(struct serial *s, unsigned int reg, uint8_t value);
uint8_t serial_read(struct serial *s, unsigned int reg);
bool serial_listens(struct serial *s);
void serial_feed(struct serial *s, const uint8_t *p, size_t n);
void serial_flush(struct serial *s);

#endif
