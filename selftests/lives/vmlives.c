// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlives LIVES [VCPUS [WRITES]]: makes, runs and destroys LIVES VMs one after
 * the other, without pause; each vCPU does WRITES port writes. LIVES 0 goes on
 * until killed. One VM more lives beside them from first to last and never runs:
 * KVM patches the kernel's code for the first VM and after the last one, which
 * an emulated machine takes a hundred times longer for than for a life. A VM that the kernel refuses for want of memory is counted and
 * is no failure: the tests that make memory scarce want to go on. At the end:
 * "lives N refused N exits N", exits being what the guests surely caused.
 *
 * vmlives hold [VCPUS]: makes one VM, says "held", and lets each vCPU write once
 * to a port whenever SIGUSR1 comes ("ran"), until SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "life.h"

struct tally {
	unsigned long lives, refused, exits;
};

static void one(struct tally *t, int vcpus, int writes)
{
	struct life l;

	if (life_make(&l, vcpus)) {
		t->refused++;
		return;
	}
	for (int i = 0; i < vcpus; i++) {
		if (life_run(&l, i, writes))
			t->refused++;
		else
			t->exits += writes + 1;
	}
	life_end(&l);
	t->lives++;
}

static int hold(int vcpus)
{
	struct life l;
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (life_make(&l, vcpus))
		return 1;
	puts("held");
	while (!fflush(stdout) && !sigwait(&set, &sig) && sig == SIGUSR1) {
		for (int i = 0; i < vcpus; i++)
			if (life_run(&l, i, 1))
				return 1;
		puts("ran");
	}
	life_end(&l);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long lives = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	int vcpus = argc > 2 ? atoi(argv[2]) : 1;
	int writes = argc > 3 ? atoi(argv[3]) : 1;
	struct tally t = { 0 };
	struct life keeper;

	if (vcpus < 1 || vcpus > LIFE_MAX_VCPUS || writes < 1 || writes > 65535) {
		fprintf(stderr, "usage: vmlives LIVES|hold [VCPUS 1-%d [WRITES 1-65535]]\n",
			LIFE_MAX_VCPUS);
		return 2;
	}
	if (argc > 1 && !strcmp(argv[1], "hold"))
		return life_open_kvm() || hold(vcpus);
	if (life_open_kvm() || life_make(&keeper, 1))
		return 1;
	for (unsigned long i = 0; !lives || i < lives; i++)
		one(&t, vcpus, writes);
	life_end(&keeper);
	printf("lives %lu refused %lu exits %lu\n", t.lives, t.refused, t.exits);
	return 0;
}
