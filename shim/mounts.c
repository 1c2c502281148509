// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mountinfo, see proc_pid_mountinfo(5): "36 35 98:0 /root /point opts ... - type
 * source opts", with blanks and backslashes of paths as \ooo. No state.
 */
#include "mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

bool mounts_parse(char *line, struct mount_line *m)
{
	char *save, *word, *point = NULL;
	unsigned int major, minor;
	int i;

	word = strtok_r(line, " ", &save);
	for (i = 0; word && i < 5; i++) {
		if (i == 0)
			m->id = strtoull(word, NULL, 10);
		if (i == 2 && sscanf(word, "%u:%u", &major, &minor) != 2)
			return false;
		if (i == 4)
			point = word;
		word = strtok_r(NULL, " \n", &save);
	}
	while (word && strcmp(word, "-"))
		word = strtok_r(NULL, " \n", &save);
	if (!word || !point)
		return false;
	m->fstype = strtok_r(NULL, " \n", &save);
	m->point = point;
	m->dev = makedev(major, minor);
	unescape(point);
	return m->fstype;
}

int mounts_walk(bool (*fn)(void *arg, const struct mount_line *m), void *arg)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct mount_line m;
	char *line = NULL;
	bool go_on = true;
	size_t size = 0;

	if (!f)
		return -errno;
	while (go_on && getline(&line, &size, f) > 0) {
		if (mounts_parse(line, &m))
			go_on = fn(arg, &m);
	}
	free(line);
	fclose(f);
	return 0;
}
