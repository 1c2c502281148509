// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs that come and go while W^X, seals and traps of each and of all change at
 * random moments, and that are paused and killed:
 *   wxlives LIVES JOBS SEED COUNT
 * JOBS at a time, guests of aegishv-vmm that do COUNT units of work, some of them
 * in guests of their own. Prints "GUEST END STATUS" for each life and "asked N
 * gone N" for each job: requests, and those for a VM that was gone by then.
 * Whatever else a request is answered and however else a guest ends is said, and
 * then the status is 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nlc.h"

#define MOMENT_MS	50
#define LOG_BYTES	4096

struct job {
	struct nlc nlc;
	unsigned int id;
	uint64_t random;
	unsigned long asked, gone, wrong;
	pid_t pid;		/* of the VMM */
	uint32_t vm;
	int status;		/* of the VMM, once it ended */
};

struct guest {
	const char *name, *vcpus;
	unsigned int times;	/* of COUNT; 0 runs until it is told to stop */
	unsigned int most;	/* that it can do, 0 for any number */
};

static const struct guest guests[] = {
	{ "wx", "1", 1 }, { "patch", "1", 1 }, { "wxdeny", "1", 1 }, { "wsplit", "1", 1 },
	{ "copy", "1", 1 }, { "stepwx", "1", 1 }, { "copydeny", "1", 1 }, { "flip", "1", 100 },
	{ "selfwrite", "1", 100 }, { "wxrace", "2", 100 }, { "portio", "2", 10 },
	{ "load", "1", 0 }, { "load", "1", 0 }, { "load", "2", 0 },
	{ "vmsave", "1", 1, 500 }, { "vmexit", "1", 1, 500 }, { "npwrite", "1", 1, 500 },
};

static unsigned int draw(struct job *j, unsigned int n)
{
	j->random = j->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (j->random >> 33) % n;
}

static void moment(struct job *j)
{
	usleep(draw(j, MOMENT_MS) * 1000);
}

static void send_request(struct job *j, struct nl_msg *msg, const char *what)
{
	struct nlc_answer a = { 0 };

	nlc_ask(&j->nlc, msg, &a);
	j->asked++;
	if (a.err == -ENOENT && j->vm) {
		j->gone++;
	} else if (a.err) {
		j->wrong++;
		fprintf(stderr, "%s: %s (%s)\n", what, strerror(-a.err), a.text);
	}
}

static struct nl_msg *of_vm(struct job *j, uint16_t type, uint16_t len, uint32_t value)
{
	struct nlc_attr attrs[] = { { AEGISHV_A_VM_ID, 4, j->vm }, { type, len, value }, { 0 } };

	return nlc_new(&j->nlc, AEGISHV_CMD_VM_SET, NLM_F_ACK, attrs);
}

static void ask(struct job *j, uint16_t type, uint16_t len, uint32_t value, const char *what)
{
	send_request(j, of_vm(j, type, len, value), what);
}

static void ask_range(struct job *j, uint16_t type, uint64_t start, uint64_t end, const char *what)
{
	struct nl_msg *msg = of_vm(j, 0, 0, 0);
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest || nla_put_u64(msg, AEGISHV_A_RANGE_START, start) ||
	    nla_put_u64(msg, AEGISHV_A_RANGE_END, end))
		abort();
	nla_nest_end(msg, nest);
	send_request(j, msg, what);
}

static void set_mode(struct job *j, uint32_t mode, uint32_t action)
{
	ask(j, AEGISHV_A_VM_WX_ACTION, 4, action, "wx_action");
	ask(j, AEGISHV_A_VM_WX, 4, mode, "wx");
}

static void disturb(struct job *j)
{
	switch (draw(j, 10)) {
	case 0:
		return ask(j, AEGISHV_A_VM_WX, 4, AEGISHV_WX_MODE_DETECT, "wx=detect");
	case 1:
		return set_mode(j, AEGISHV_WX_MODE_ENFORCE, draw(j, AEGISHV_WX_ACTION_KILL + 1));
	case 2:
		return draw(j, 2) ? ask(j, AEGISHV_A_VM_WX, 4, AEGISHV_WX_MODE_OFF, "wx=off") :
				    ask(j, AEGISHV_A_VM_WX_INHERIT, 0, 0, "wx=inherit");
	case 3:
		return ask(j, AEGISHV_A_VM_WX_GRANULARITY, 4, draw(j, 2), "wx_granularity");
	case 4:
		return ask_range(j, AEGISHV_A_VM_SEAL, 0x400000, 0x402fff, "seal");
	case 5:
		return draw(j, 2) ?
			ask_range(j, AEGISHV_A_VM_TRAP, 0x10000, 0x10fff, "trap") :
			ask_range(j, AEGISHV_A_VM_TRAP, 0x400000, 0x41ffff, "trap");
	case 6:
		return draw(j, 2) ? ask(j, AEGISHV_A_VM_UNSEAL, 0, 0, "unseal") :
				    ask(j, AEGISHV_A_VM_UNTRAP, 0, 0, "untrap");
	case 7:
		return ask(j, AEGISHV_A_VM_PAUSE, 0, 0, "pause");
	case 8:
		return ask(j, AEGISHV_A_VM_RESUME, 0, 0, "resume");
	default:
		return ask(j, AEGISHV_A_VM_TRAP_REARM_MS, 4, 20, "trap_rearm_ms");
	}
}

static const char *log_of(const struct job *j)
{
	static char name[32];

	snprintf(name, sizeof(name), "vmm.%u", j->id);
	return name;
}

static void exec_vmm(const struct job *j, const struct guest *g, unsigned long count)
{
	int log = open(log_of(j), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	char times[24];

	count *= g->times;
	if (g->most && count > g->most)
		count = g->most;
	snprintf(times, sizeof(times), "%lu", count);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log, 1);
	dup2(log, 2);
	execl("./aegishv-vmm", "aegishv-vmm", g->name, "--vcpus", g->vcpus,
	      g->times ? "--count" : NULL, times, NULL);
	perror("aegishv-vmm");
	_exit(127);
}

static bool ended(struct job *j, int how)
{
	return waitpid(j->pid, &j->status, how) == j->pid;
}

/* Return: false when it has ended before it was seen. */
static bool find_vm(struct job *j)
{
	struct nlc_vm vms[64];
	int i, n;

	while (!ended(j, WNOHANG)) {
		n = nlc_dump_vms(&j->nlc, vms, 64);
		for (i = 0; i < n && i < 64; i++) {
			if (vms[i].tgid != (uint32_t)j->pid)
				continue;
			j->vm = vms[i].id;
			return true;
		}
		usleep(2000);
	}
	return false;
}

/*
 * Nothing pauses it any more, but what is being answered just now. A guest whose
 * stack is sealed may be refused the same push for ever.
 */
static void end_well(struct job *j, const struct guest *g)
{
	set_mode(j, AEGISHV_WX_MODE_OFF, AEGISHV_WX_ACTION_LOG);
	ask(j, AEGISHV_A_VM_UNSEAL, 0, 0, "unseal");
	if (!g->times)
		kill(j->pid, SIGTERM);
	while (!ended(j, WNOHANG)) {
		ask(j, AEGISHV_A_VM_RESUME, 0, 0, "resume");
		moment(j);
	}
}

static const char *end(struct job *j, const struct guest *g)
{
	unsigned int how = draw(j, 6);

	if (how < 3) {
		end_well(j, g);
		return "well";
	}
	if (how > 3)
		ask(j, AEGISHV_A_VM_PAUSE, 0, 0, "pause");
	if (how > 4)
		moment(j);
	kill(j->pid, SIGKILL);
	ended(j, 0);
	return how == 3 ? "killed" : how == 4 ? "paused,killed" : "paused,later,killed";
}

/* It did all that it was made for, was killed, or was refused something. */
static bool as_expected(const struct job *j, char *text)
{
	int fd = open(log_of(j), O_RDONLY);
	ssize_t n = read(fd, text, LOG_BYTES - 1);

	close(fd);
	text[n > 0 ? n : 0] = 0;
	if (WIFSIGNALED(j->status))
		return WTERMSIG(j->status) == SIGKILL;
	return !WEXITSTATUS(j->status) ||
	       (WEXITSTATUS(j->status) == 1 &&
		strstr(text, "the guest did not do what its script says"));
}

static pid_t must_fork(void)
{
	pid_t pid = fork();

	if (pid >= 0)
		return pid;
	perror("wxlives: fork");
	exit(1);
}

static void life(struct job *j, unsigned long count)
{
	const struct guest *g = &guests[draw(j, sizeof(guests) / sizeof(guests[0]))];
	const char *how = "itself";
	char text[LOG_BYTES];

	j->vm = 0;
	j->pid = must_fork();
	if (!j->pid)
		exec_vmm(j, g, count);
	if (find_vm(j)) {
		moment(j);
		for (unsigned int n = draw(j, 5); n; n--) {
			disturb(j);
			moment(j);
		}
		how = end(j, g);
	}
	if (!as_expected(j, text)) {
		j->wrong++;
		fprintf(stderr, "%s, %s: ended with 0x%x:\n%s", g->name, how, j->status, text);
	}
	printf("%s %s %d\n", g->name, how,
	       WIFSIGNALED(j->status) ? 128 + WTERMSIG(j->status) : WEXITSTATUS(j->status));
	fflush(stdout);
}

static void connect_job(struct job *j, unsigned int id, uint64_t seed)
{
	j->id = id;
	j->random = seed * 1000 + id;
	if (!nlc_connect(&j->nlc))
		return;
	fprintf(stderr, "wxlives: no netlink family: load aegishv.ko first\n");
	_exit(1);
}

static void start_job(unsigned int id, uint64_t seed, unsigned long lives, unsigned long count)
{
	struct job j = { 0 };

	if (must_fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	connect_job(&j, id, seed);
	while (lives--)
		life(&j, count);
	printf("asked %lu gone %lu\n", j.asked, j.gone);
	fflush(stdout);
	_exit(j.wrong > 0);
}

static void change_defaults(struct job *j)
{
	struct nlc_attr attrs[] = {
		{ AEGISHV_A_CONFIG_WX, 4, draw(j, AEGISHV_WX_MODE_ENFORCE + 1) },
		{ AEGISHV_A_CONFIG_WX_ACTION, 4, draw(j, AEGISHV_WX_ACTION_KILL + 1) },
		{ AEGISHV_A_CONFIG_WX_GRANULARITY, 4, draw(j, 2) }, { 0 }
	};

	send_request(j, nlc_new(&j->nlc, AEGISHV_CMD_CONFIG_SET, NLM_F_ACK, attrs), "config");
	usleep(draw(j, 20 * MOMENT_MS) * 1000);
}

int main(int argc, char **argv)
{
	unsigned long n[4], failed = 0, left;
	struct job all = { 0 };
	int status;

	if (argc != 5) {
		fprintf(stderr, "usage: wxlives LIVES JOBS SEED COUNT\n");
		return 2;
	}
	for (int i = 0; i < 4; i++)
		n[i] = strtoul(argv[i + 1], NULL, 10);
	for (left = n[1]; left; left--)
		start_job(left, n[2], n[0] / n[1], n[3]);
	connect_job(&all, 0, n[2]);
	for (left = n[1]; left;) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0) {
			perror("wxlives: wait");
			return 1;
		}
		if (!pid) {
			change_defaults(&all);
			continue;
		}
		left--;
		failed += status != 0;
	}
	return failed || all.wrong;
}
