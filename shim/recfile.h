/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings: the records of the rings as they are, in a file. A header tells
 * what machine they are from; then come records of linux/aegishv.h, one behind
 * the other, whole or not at all but for the last one of a writer that was
 * killed. Numbers are in the byte order of the machine that wrote them.
 * Single threaded.
 */
#ifndef AHV_SHIM_RECFILE_H
#define AHV_SHIM_RECFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/aegishv.h>

#define RECFILE_MAGIC		"AEGISREC"
#define RECFILE_MAGIC_LEN	8
#define RECFILE_VERSION		1
#define RECFILE_ENDIAN		0x01020304U
#define RECFILE_ERR_LEN		256

/**
 * struct recfile_head - starts a recording
 * @magic: %RECFILE_MAGIC
 * @version: %RECFILE_VERSION; readers refuse others
 * @endian: %RECFILE_ENDIAN
 * @len: bytes from here to the first record, a multiple of 8; may grow
 * @events_version: %AEGISHV_EVENTS_VERSION of the records
 * @isa: enum aegishv_isa of the machine, 0 when not known
 * @page_bytes: its page size
 * @real_ns: CLOCK_REALTIME when the recording began
 * @mono_ns: CLOCK_MONOTONIC at the same moment
 * @rsvd: 0
 * @release: its kernel's release, NUL-padded
 */
struct recfile_head {
	char magic[RECFILE_MAGIC_LEN];
	uint32_t version;
	uint32_t endian;
	uint32_t len;
	uint32_t events_version;
	uint32_t isa;
	uint32_t page_bytes;
	uint64_t real_ns;
	uint64_t mono_ns;
	uint64_t rsvd;
	char release[72];
};

static_assert(sizeof(struct recfile_head) == 128, "recfile_head is 128 bytes");

struct recfile;

/**
 * recfile_create() - begin a recording
 * @path: the file; "-" is standard output
 * @isa: of this machine, 0 when not known
 * @replace: an existing file is overwritten
 * @err: %RECFILE_ERR_LEN bytes for what went wrong
 *
 * Kernel release, page size and clocks are filled in; a CLOCK record is the
 * first one.
 *
 * Return: the recording, or NULL.
 */
struct recfile *recfile_create(const char *path, uint32_t isa, bool replace, char *err);

/**
 * recfile_write() - add a record
 * @r: the recording
 * @rec: a record that rec_valid() accepts
 *
 * Records are kept in a buffer that is written when it is full. When it cannot
 * be written (the disk is full) and there is no more room, the record is
 * dropped and counted, and a LOST record takes its place once there is room.
 *
 * Return: 0, or -errno of the write that failed; the record may still have
 * been kept, see recfile_dropped().
 */
int recfile_write(struct recfile *r, const struct aegishv_hdr *rec);

/**
 * recfile_clock() - add a CLOCK record of this moment
 * @r: the recording
 *
 * Return: as recfile_write().
 */
int recfile_clock(struct recfile *r);

/**
 * recfile_flush() - write what is in the buffer
 * @r: the recording
 *
 * After a failure a later call goes on where this one stopped.
 *
 * Return: 0 or -errno.
 */
int recfile_flush(struct recfile *r);

/**
 * recfile_close() - flush, tell the disk, close, release
 * @r: the recording, or NULL
 *
 * Return: 0 or -errno; in any case it is gone.
 */
int recfile_close(struct recfile *r);

/* Records dropped so far, and bytes in the file. */
uint64_t recfile_dropped(const struct recfile *r);
uint64_t recfile_bytes(const struct recfile *r);

struct pipeline;
struct recread;

/**
 * struct recread_stats - what was read
 * @records: records given to the pipeline
 * @unreadable: records that were not, since they make no sense
 * @bytes: bytes consumed
 * @truncated: bytes of an incomplete record at the end
 */
struct recread_stats {
	uint64_t records;
	uint64_t unreadable;
	uint64_t bytes;
	uint64_t truncated;
};

/**
 * recread_is() - whether a file is a recording
 * @buf: its first bytes
 * @len: how many; fewer than %RECFILE_MAGIC_LEN is no recording
 */
bool recread_is(const void *buf, size_t len);

/**
 * recread_new() - read a recording
 * @p: where records go
 * @name: of the input, for messages; not copied
 *
 * Return: the reader, or NULL when memory is short.
 */
struct recread *recread_new(struct pipeline *p, const char *name);
void recread_free(struct recread *r);

/**
 * recread_feed() - read bytes
 * @r: the reader
 * @buf: the bytes, from where the last call stopped; aligned to 8
 * @len: how many
 *
 * Return: bytes consumed, a multiple of 8; what is left is less than one
 * record or header. -EBADMSG when the file is damaged such that nothing behind
 * can be read, -EPROTO when this program cannot read such a recording:
 * recread_error() says why.
 */
long recread_feed(struct recread *r, const void *buf, size_t len);

/**
 * recread_end() - the input is over
 * @r: the reader
 * @len: bytes that recread_feed() left
 *
 * Return: 0; -EBADMSG when the file has not even a header.
 */
int recread_end(struct recread *r, size_t len);

const char *recread_error(const struct recread *r);
const struct recread_stats *recread_stats(const struct recread *r);

/* The header, NULL before it was read. */
const struct recfile_head *recread_head(const struct recread *r);

#endif
