// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal takes lines over a stream socket, so they go the way of all
 * lines: collected, counted when it takes no more. Main thread.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include "log.h"
#include "out.h"

struct out *journal_open(void)
{
	int fd = sd_journal_stream_fd("aegishv", LOG_INFO, 0);
	struct out *o = NULL;

	if (fd < 0)
		errno = -fd;
	else if (!fcntl(fd, F_SETFL, O_NONBLOCK))
		o = out_take(fd, "the journal");
	if (!o)
		log_error("the journal: %s; is systemd-journald running? --log stdout works without",
			  strerror(errno));
	return o;
}
