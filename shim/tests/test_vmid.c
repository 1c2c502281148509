// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VM names from command lines and cgroups, honest and hostile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cm.h"
#include "vmid.h"

static struct vmid id;

#define CMDLINE(args) cmdline(args, sizeof(args) - 1)

static const char *cmdline(const char *args, size_t len)
{
	char *exact = malloc(len ? len : 1);	/* ASan sees a read behind it */

	memcpy(exact, args, len);
	memset(&id, 0, sizeof(id));
	vmid_cmdline(&id, exact, len);
	free(exact);
	return id.name;
}

static void qemu(void **state)
{
	assert_string_equal(CMDLINE("qemu\0-name\0web-01\0"), "web-01");
	assert_string_equal(CMDLINE("qemu\0-name\0guest=web-01,debug-threads=on\0"), "web-01");
	assert_string_equal(CMDLINE("qemu\0-name\0debug-threads=on,guest=web-01\0"), "web-01");
	assert_string_equal(CMDLINE("qemu\0-name\0web-01,process=qemu-web\0"), "web-01");
	assert_string_equal(CMDLINE("qemu\0-name\0guest=a,,b\0"), "a,b");
	assert_string_equal(CMDLINE("qemu\0--name\0guest=a\0"), "a");
	assert_string_equal(CMDLINE("qemu\0-name\0debug-threads=on\0"), "");
	assert_string_equal(CMDLINE("qemu\0-m\0" "512\0"), "");
}

static void uuid(void **state)
{
	CMDLINE("qemu\0-uuid\0" "01234567-89ab-cdef-0123-456789ABCDEF\0-name\0x\0");
	assert_string_equal(id.uuid, "01234567-89ab-cdef-0123-456789ABCDEF");
	CMDLINE("qemu\0-uuid\0" "01234567-89ab-cdef-0123-456789ABCDE\0");
	assert_string_equal(id.uuid, "");
	CMDLINE("qemu\0-uuid\0" "01234567x89ab-cdef-0123-456789ABCDEF\0");
	assert_string_equal(id.uuid, "");
}

static void firecracker(void **state)
{
	assert_string_equal(CMDLINE("/usr/bin/firecracker\0--id\0fc-7\0--api-sock\0s\0"), "fc-7");
	assert_string_equal(CMDLINE("./firecracker-v1\0--id=fc-8\0"), "fc-8");
	assert_string_equal(CMDLINE("other\0--id\0fc-7\0"), "");
}

static void hostile_cmdline(void **state)
{
	char big[70000];

	assert_string_equal(CMDLINE(""), "");
	assert_string_equal(CMDLINE("\0\0\0"), "");
	assert_string_equal(CMDLINE("-name"), "");
	assert_string_equal(CMDLINE("-name\0"), "");
	assert_string_equal(CMDLINE("-name\0,,,,"), ",,");
	assert_string_equal(CMDLINE("-name\0guest=\0"), "");
	assert_string_equal(CMDLINE("q\0-name\0cut"), "cut");
	memset(big, 'A', sizeof(big));
	memcpy(big, "q\0-name", 8);
	assert_int_equal(strlen(cmdline(big, sizeof(big))), VM_NAME_MAX - 1);
}

static const char *cgroup(const char *text)
{
	memset(&id, 0, sizeof(id));
	vmid_cgroup(&id, text);
	return id.name;
}

static void libvirt(void **state)
{
	assert_string_equal(cgroup("0::/machine.slice/machine-qemu\\x2d3\\x2dweb\\x2d01.scope/libvirt/emulator\n"),
			    "web-01");
	assert_string_equal(cgroup("0::/machine.slice/machine-qemu\\x2d12\\x2da.scope\n"), "a");
	assert_string_equal(cgroup("0::/user.slice\n"), "");
	assert_string_equal(cgroup("0::/machine-\n"), "");
	assert_string_equal(cgroup("0::/machine-x.scope"), "");
	assert_string_equal(cgroup("0::/machine-qemu\\x2dweb.scope"), "");
	assert_string_equal(cgroup("0::/machine-qemu\\x2d1\\x2d\\x.scope"), "\\x");
	assert_string_equal(cgroup("0::/machine-a\n0::/b.scope"), "");
	assert_string_equal(cgroup(""), "");
}

static void write_proc(const char *dir, const char *file, const char *text, size_t len)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/77", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/77/%s", dir, file);
	f = fopen(path, "w");
	assert_non_null(f);
	fwrite(text, 1, len, f);
	fclose(f);
}

#define WRITE_PROC(dir, file, text) write_proc(dir, file, text, sizeof(text) - 1)

static void lookup(void **state)
{
	char dir[] = "/tmp/aegishv-vmid-XXXXXX";
	char cmd[128];

	assert_non_null(mkdtemp(dir));
	vmid_lookup(&id, dir, 77, "qemu");
	assert_string_equal(id.name, "qemu-77");
	WRITE_PROC(dir, "cgroup", "0::/machine.slice/machine-qemu\\x2d1\\x2ddb.scope\n");
	vmid_lookup(&id, dir, 77, "qemu");
	assert_string_equal(id.name, "db");
	WRITE_PROC(dir, "cmdline", "qemu\0-name\0web\0");
	vmid_lookup(&id, dir, 77, "qemu");
	assert_string_equal(id.name, "web");
	vmid_lookup(&id, dir, 0, "");
	assert_string_equal(id.name, "vmm-0");
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	assert_int_equal(system(cmd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu), cmocka_unit_test(uuid), cmocka_unit_test(firecracker),
		cmocka_unit_test(hostile_cmdline), cmocka_unit_test(libvirt),
		cmocka_unit_test(lookup),
	};

	return RUN(tests);
}
