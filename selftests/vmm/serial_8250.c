// SPDX-License-Identifier: GPL-2.0-only
/*
 * An 8250 serial port (National Semiconductor PC16550D, sections 8.1 to 8.7):
 * transmitting takes no time, the receiver holds 4095 bytes. Called by the
 * vCPU's thread and, for input, by the main thread.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <linux/serial_reg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "serial_8250.h"
#include "vmm.h"

void serial_init(struct serial *s, int vm_fd, int out_fd)
{
	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	s->vm_fd = vm_fd;
	s->out_fd = out_fd;
}

static bool has_input(const struct serial *s)
{
	return s->in_head != s->in_tail;
}

/* Highest priority first: received data, then transmitter empty. */
static uint8_t cause(const struct serial *s)
{
	if (s->ier & UART_IER_RDI && has_input(s))
		return UART_IIR_RDI;
	if (s->ier & UART_IER_THRI && s->thr_pending)
		return UART_IIR_THRI;
	return UART_IIR_NO_INT;
}

static void update_line(struct serial *s)
{
	bool level = cause(s) != UART_IIR_NO_INT;
	struct kvm_irq_level l = { .irq = SERIAL_IRQ, .level = level };

	if (level == s->line)
		return;
	s->line = level;
	if (ioctl(s->vm_fd, KVM_IRQ_LINE, &l))
		vmm_error("KVM_IRQ_LINE: %s", strerror(errno));
}

static void flush(struct serial *s)
{
	size_t done = 0;

	while (done < s->out_len) {
		ssize_t n = write(s->out_fd, s->out + done, s->out_len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += n;
	}
	s->out_len = 0;
}

static void transmit(struct serial *s, uint8_t c)
{
	s->thr_pending = true;
	if (s->mcr & UART_MCR_LOOP) {
		size_t next = (s->in_tail + 1) % sizeof(s->in);

		if (next != s->in_head) {
			s->in[s->in_tail] = c;
			s->in_tail = next;
		}
		return;
	}
	s->out[s->out_len++] = c;
	if (c == '\n' || s->out_len == sizeof(s->out))
		flush(s);
}

static void write_fcr(struct serial *s, uint8_t v)
{
	s->fcr = v & UART_FCR_ENABLE_FIFO;
	if (v & UART_FCR_CLEAR_RCVR)
		s->in_head = s->in_tail;
}

static void write_ier(struct serial *s, uint8_t v)
{
	if (v & ~s->ier & UART_IER_THRI)
		s->thr_pending = true;
	s->ier = v & 0x0f;
}

void serial_write(struct serial *s, unsigned int reg, uint8_t v)
{
	bool dlab = s->lcr & UART_LCR_DLAB;

	pthread_mutex_lock(&s->lock);
	switch (reg) {
	case UART_TX:
		if (dlab)
			s->dll = v;
		else
			transmit(s, v);
		break;
	case UART_IER:
		if (dlab)
			s->dlm = v;
		else
			write_ier(s, v);
		break;
	case UART_FCR:
		write_fcr(s, v);
		break;
	case UART_LCR:
		s->lcr = v;
		break;
	case UART_MCR:
		s->mcr = v & 0x1f;
		break;
	case UART_SCR:
		s->scr = v;
		break;
	}
	update_line(s);
	pthread_mutex_unlock(&s->lock);
}

static uint8_t receive(struct serial *s)
{
	uint8_t c = 0;

	if (has_input(s)) {
		c = s->in[s->in_head];
		s->in_head = (s->in_head + 1) % sizeof(s->in);
	}
	return c;
}

static uint8_t read_iir(struct serial *s)
{
	uint8_t c = cause(s);

	if (c == UART_IIR_THRI)
		s->thr_pending = false;
	return c | (s->fcr ? 0xc0 : 0);
}

/* In loopback the modem control outputs come back as inputs, section 8.7. */
static uint8_t read_msr(const struct serial *s)
{
	uint8_t m = s->mcr, v = 0;

	if (!(m & UART_MCR_LOOP))
		return UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS;
	v |= m & UART_MCR_DTR ? UART_MSR_DSR : 0;
	v |= m & UART_MCR_RTS ? UART_MSR_CTS : 0;
	v |= m & UART_MCR_OUT1 ? UART_MSR_RI : 0;
	v |= m & UART_MCR_OUT2 ? UART_MSR_DCD : 0;
	return v;
}

static uint8_t read_reg(struct serial *s, unsigned int reg)
{
	bool dlab = s->lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_RX:
		return dlab ? s->dll : receive(s);
	case UART_IER:
		return dlab ? s->dlm : s->ier;
	case UART_IIR:
		return read_iir(s);
	case UART_LCR:
		return s->lcr;
	case UART_MCR:
		return s->mcr;
	case UART_LSR:
		return UART_LSR_TEMT | UART_LSR_THRE | (has_input(s) ? UART_LSR_DR : 0);
	case UART_MSR:
		return read_msr(s);
	}
	return s->scr;
}

uint8_t serial_read(struct serial *s, unsigned int reg)
{
	uint8_t v;

	pthread_mutex_lock(&s->lock);
	v = read_reg(s, reg);
	update_line(s);
	pthread_mutex_unlock(&s->lock);
	return v;
}

static size_t in_used(const struct serial *s)
{
	return (s->in_tail + sizeof(s->in) - s->in_head) % sizeof(s->in);
}

/* Whether the guest waits for input and serial_feed() has SERIAL_ROOM bytes of room. */
bool serial_listens(struct serial *s)
{
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = s->ier & UART_IER_RDI && in_used(s) + SERIAL_ROOM < sizeof(s->in);
	pthread_mutex_unlock(&s->lock);
	return yes;
}

void serial_feed(struct serial *s, const uint8_t *p, size_t n)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < n; i++) {
		s->in[s->in_tail] = p[i];
		s->in_tail = (s->in_tail + 1) % sizeof(s->in);
	}
	update_line(s);
	pthread_mutex_unlock(&s->lock);
}

void serial_flush(struct serial *s)
{
	pthread_mutex_lock(&s->lock);
	flush(s);
	pthread_mutex_unlock(&s->lock);
}
