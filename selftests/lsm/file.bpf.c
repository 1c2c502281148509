// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others put where we do: a BPF LSM program that denies by inode and
 * device from a hash map, as the peers do it, and an fentry program on
 * security_file_open(), which takes the only direct call there is.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct super_block {
	unsigned int s_dev;
} __attribute__((preserve_access_index));

struct inode {
	struct super_block *i_sb;
	unsigned long i_ino;
} __attribute__((preserve_access_index));

struct file {
	struct inode *f_inode;
} __attribute__((preserve_access_index));

struct key {
	__u64 ino;
	__u64 dev;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct key);
	__type(value, __u8);
} denied SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} entered SEC(".maps");

SEC("?lsm/file_open")
int BPF_PROG(deny, struct file *file)
{
	struct inode *inode = file->f_inode;
	struct key key = { .ino = inode->i_ino, .dev = inode->i_sb->s_dev };

	return bpf_map_lookup_elem(&denied, &key) ? -1 : 0;
}

SEC("?fentry/security_file_open")
int BPF_PROG(enter, struct file *file)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&entered, &zero);

	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
