// SPDX-License-Identifier: GPL-2.0-only
/*
 * For scripts: enforce one rule and no other, or make a file without opening it.
 *	deny path|inode|dir FILE | deny nothing | deny mknod FILE
 */
#include <linux/aegishv_genl.h>

#include "bypass.h"

static const char *const kinds[] = {
	[AEGISHV_RULE_KIND_DENY_PATH] = "path",
	[AEGISHV_RULE_KIND_DENY_INODE] = "inode",
	[AEGISHV_RULE_KIND_DENY_DIR] = "dir",
};

static int enforce(uint32_t kind, const char *file)
{
	struct setting s = { AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE };
	struct rule r = { .kind = kind, .path = file };

	if (!file)
		s.value = AEGISHV_FILE_MODE_AUDIT;
	if (nl_open() || nl_apply(&r, file ? 1 : 0) || nl_set(&s, 1)) {
		fprintf(stderr, "deny: %s: %s\n", file ?: "nothing", nl_words);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t k;

	if (argc == 2 && !strcmp(argv[1], "nothing"))
		return enforce(0, NULL);
	if (argc == 3 && !strcmp(argv[1], "mknod"))
		return mknod(argv[2], S_IFREG | 0644, 0) != 0;
	for (k = 1; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (argc == 3 && !strcmp(argv[1], kinds[k]))
			return enforce(k, argv[2]);
	fputs("usage: deny path|inode|dir FILE | deny nothing | deny mknod FILE\n", stderr);
	return 2;
}
