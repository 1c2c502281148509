// SPDX-License-Identifier: GPL-2.0-only
/*
 * A Linux guest: one vCPU, KVM's own interrupt controllers and timer, a serial
 * port, and nothing else: ports without a device read as all ones. The guest
 * ends by a reset through the keyboard controller, a triple fault, or by
 * halting with interrupts off, which is what a kernel without ACPI calls
 * power off. KVM does not report such a halt, so the vCPU is interrupted once
 * a second and looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "boot_x86.h"
#include "serial_8250.h"

#define TSS_GPA		0xfffbd000ULL
#define KBD_STATUS	0x64
#define KBD_RESET	0xfe
#define KBD_ABSENT	0x01	/* output that never drains: no controller, free for a reset */
#define RTC_DATA	0x71
#define RFLAGS_IF	(1ULL << 9)

struct machine {
	struct vm vm;
	struct boot boot;
	struct serial serial;
	const char *_Atomic end;	/* how the guest ended, NULL while it runs */
};

bool arch_has_linux(void)
{
	return true;
}

static uint8_t read_port(struct machine *m, uint16_t port)
{
	if (port >= SERIAL_PORT && port < SERIAL_PORT + SERIAL_PORTS)
		return serial_read(&m->serial, port - SERIAL_PORT);
	if (port == KBD_STATUS)
		return KBD_ABSENT;
	if (port == RTC_DATA)
		return 0;	/* no update in progress */
	return 0xff;
}

static void write_port(struct machine *m, uint16_t port, uint8_t value)
{
	if (port >= SERIAL_PORT && port < SERIAL_PORT + SERIAL_PORTS)
		serial_write(&m->serial, port - SERIAL_PORT, value);
	else if (port == KBD_STATUS && value == KBD_RESET)
		m->end = "reset";
}

static void handle_io(struct machine *m, struct kvm_run *run)
{
	uint8_t *p = (uint8_t *)run + run->io.data_offset;

	for (uint32_t i = 0; i < run->io.count; i++) {
		for (uint8_t b = 0; b < run->io.size; b++, p++) {
			uint16_t port = run->io.port + b;

			if (run->io.direction == KVM_EXIT_IO_OUT)
				write_port(m, port, *p);
			else
				*p = read_port(m, port);
		}
	}
}

static bool halted_for_good(struct vcpu *v)
{
	struct kvm_mp_state mp;
	struct kvm_regs r;

	return !ioctl(v->fd, KVM_GET_MP_STATE, &mp) && mp.mp_state == KVM_MP_STATE_HALTED &&
	       !ioctl(v->fd, KVM_GET_REGS, &r) && !(r.rflags & RFLAGS_IF);
}

static void handle_exit(struct machine *m, struct vcpu *v)
{
	switch (v->run->exit_reason) {
	case KVM_EXIT_IO:
		handle_io(m, v->run);
		return;
	case KVM_EXIT_MMIO:
		if (!v->run->mmio.is_write)
			memset(v->run->mmio.data, 0xff, sizeof(v->run->mmio.data));
		return;
	case KVM_EXIT_SHUTDOWN:
		m->end = "triple fault";
		return;
	}
	vmm_error("linux: unexpected return from KVM_RUN, reason %u", v->run->exit_reason);
	v->failed = true;
}

static void *vcpu_thread(void *arg)
{
	struct machine *m = arg;
	struct vcpu *v = &m->vm.vcpu[0];

	pthread_setname_np(pthread_self(), "CPU 0/KVM");
	run_set_kick(v->run);
	while (!m->end && !m->vm.stop && !v->failed) {
		bool interrupted = ioctl(v->fd, KVM_RUN, 0) < 0;

		v->run->immediate_exit = 0;
		if (!interrupted) {
			handle_exit(m, v);
		} else if (errno != EINTR && errno != EAGAIN) {
			vmm_error("linux: KVM_RUN: %s", strerror(errno));
			v->failed = true;
		} else if (halted_for_good(v)) {
			m->end = "halt";
		}
	}
	wait_wake(&m->vm);
	return NULL;
}

static int create_chips(struct vm *vm)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };

	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_GPA) || ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) ||
	    ioctl(vm->fd, KVM_CREATE_PIT2, &pit)) {
		vmm_error("interrupt controller and timer: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int create(struct machine *m, const struct options *o)
{
	struct vcpu *v = &m->vm.vcpu[0];
	int ret;

	if (vm_create(&m->vm, o) || create_chips(&m->vm))
		return -1;
	m->vm.low_bytes = o->mem_mib << 20;
	m->vm.low = vm_map(&m->vm, 0, 0, m->vm.low_bytes);
	if (!m->vm.low)
		return -1;
	m->boot.ram = m->vm.low;
	m->boot.bytes = m->vm.low_bytes;
	if (boot_load(&m->boot, o) || vcpu_create(v))
		return -1;
	ret = arch_set_cpuid(v);
	if (!ret)
		ret = boot_vcpu(&m->boot, v);
	if (ret)
		vmm_error("linux: first state of the vCPU: %s", strerror(-ret));
	return ret;
}

static void feed_stdin(struct machine *m)
{
	uint8_t buf[SERIAL_ROOM];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n > 0)
		serial_feed(&m->serial, buf, n);
	else
		wait_forget_stdin();
}

static void watch(struct machine *m)
{
	for (;;) {
		enum wait_stdin in = serial_listens(&m->serial) ? STDIN_GUEST : STDIN_IGNORE;

		switch (wait_event(m->vm.wake, in, 1000)) {
		case WAIT_STOP:
		case WAIT_WAKE:
			return;
		case WAIT_STDIN:
			feed_stdin(m);
			break;
		case WAIT_TIMEOUT:
			serial_flush(&m->serial);
			pthread_kill(m->vm.vcpu[0].thread, RUN_KICK);
			break;
		}
	}
}

/* Idle time, which passes while nobody types, is none of it. */
static void say_end(const struct machine *m, const struct options *o)
{
	struct timespec t;

	fprintf(stderr, "aegishv-vmm: linux: guest ended by %s\n", m->end ? m->end : "signal");
	if (!o->time)
		return;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	fprintf(stderr, "aegishv-vmm: linux: ran for %llu ns\n",
		t.tv_sec * 1000000000ULL + t.tv_nsec);
}

static int run(struct machine *m, const struct options *o)
{
	struct vcpu *v = &m->vm.vcpu[0];
	int ret = pthread_create(&v->thread, NULL, vcpu_thread, m);

	if (ret) {
		vmm_error("linux: thread of the vCPU: %s", strerror(ret));
		return 1;
	}
	v->started = true;
	watch(m);
	vm_stop(&m->vm);
	serial_flush(&m->serial);
	if (v->failed)
		return 1;
	say_end(m, o);
	return 0;
}

int run_linux(const struct options *o)
{
	static struct machine m;
	int out = STDOUT_FILENO, ret = 1;

	if (!o->kernel) {
		vmm_error("linux: name a kernel by --kernel BZIMAGE");
		return 2;
	}
	if (o->vcpus != 1) {
		vmm_error("linux: has one vCPU, since nothing would tell it of more; leave --vcpus out");
		return 2;
	}
	if (o->console)
		out = open(o->console, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0) {
		vmm_error("--console %s: %s", o->console, strerror(errno));
		return 1;
	}
	if (!create(&m, o)) {
		serial_init(&m.serial, m.vm.fd, out);
		ret = run(&m, o);
	}
	vm_destroy(&m.vm);
	return ret;
}
