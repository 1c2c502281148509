// SPDX-License-Identifier: GPL-2.0-only
/* A library that makes another program read the file $SECRET_FILE. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void steal(void)
{
	char c;
	int fd = open(getenv("SECRET_FILE"), O_RDONLY);

	_exit(fd >= 0 && read(fd, &c, 1) == 1 && c == 'T' ? 42 : 126);
}
