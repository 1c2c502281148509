/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole files: read at once, replaced at once.
 */
#ifndef AHV_SHIM_WFILE_H
#define AHV_SHIM_WFILE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * struct wfile - a file that is being replaced
 * @path: it
 * @tmp: the file beside it that will take its place
 * @mode: its permissions
 */
struct wfile {
	char path[4096];
	char tmp[4112];
	mode_t mode;
};

/* Write beside @path and get it to the disk; 0 or a negative errno, nothing left. */
int wfile_stage(struct wfile *w, const char *path, const char *text, size_t len);

/* Put it in place; the directory is to be synced by wfile_sync_dir(). */
int wfile_publish(struct wfile *w);
void wfile_abort(struct wfile *w);

/* Get the names of a directory's files to the disk. */
int wfile_sync_dir(const char *dir);

/* Both, for a file that others read at any moment; "-" is standard output. */
int wfile_replace(const char *path, const char *text, size_t len);

/**
 * wfile_read() - a file's bytes
 * @path: the file, "-" for standard input
 * @max: refuse more than that with -EFBIG
 * @len: how many there are
 * @text: them, to be freed, a NUL behind
 *
 * Return: 0 or a negative errno.
 */
int wfile_read(const char *path, size_t max, size_t *len, char **text);

#endif
