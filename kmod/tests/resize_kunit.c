// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings of another size: what waits for a consumer moves along, a loss that is
 * not reported yet too, and a size that cannot hold it is refused; so is any
 * while the device is open. On the module's own per-CPU rings and device.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kthread.h>
#include <linux/pid.h>
#include "ring_fixture.h"
#include "suites.h"

#define TELEMETRY	AEGISHV_CLASS_TELEMETRY
#define ALERT		AEGISHV_CLASS_ALERT

/* Most tests write to the ring of one CPU, and none other writes anywhere. */
static int resize_init(struct kunit *test)
{
	struct fx *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int err;

	if (!f)
		return -ENOMEM;
	err = ahv_rings_init(FX_BYTES);
	if (err)
		return err;
	err = ahv_dev_init();
	if (err) {
		ahv_rings_exit();
		return err;
	}
	f->r = per_cpu(ahv_ring, cpumask_first(cpu_online_mask));
	test->priv = f;
	return 0;
}

static void resize_exit(struct kunit *test)
{
	if (!test->priv)
		return;
	ahv_dev_exit();
	ahv_rings_exit();
}

static int resize(struct fx *f, u32 bytes)
{
	const char *why = NULL;
	int err = ahv_rings_resize(bytes, &why);

	f->r = per_cpu(ahv_ring, cpumask_first(cpu_online_mask));
	return err;
}

static void unread_records_move_along(struct kunit *test)
{
	static const u32 sizes[] = {
		4 * FX_BYTES, 2 * FX_BYTES, FX_BYTES, 8 * FX_BYTES, FX_BYTES,
	};
	struct fx *f = test->priv;
	u64 written = 0, read = 0;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* most of a small ring, and across its end */
		for (k = 0; k < 700; k++)
			written += fx_write(f->r, FX_MIN_LEN + k % 5 * 8, TELEMETRY, written);
		fx_expect_ids(test, f, read, 300);
		read += 300;
		KUNIT_ASSERT_EQ(test, resize(f, sizes[i]), 0);
		KUNIT_EXPECT_EQ(test, f->r->size, sizes[i]);
		KUNIT_EXPECT_EQ(test, f->r->prod->size, sizes[i]);
		KUNIT_EXPECT_EQ(test, f->r->prod->alert_reserve,
				sizes[i] / AHV_RING_ALERT_PART);
		KUNIT_EXPECT_EQ(test, ahv_rings_bytes(), sizes[i]);
		KUNIT_EXPECT_EQ(test, f->r->cons->tail, f->tail);
		KUNIT_EXPECT_EQ(test, f->r->prod->records, written);
		fx_expect_ids(test, f, read, 400);
		read += 400;
	}
	KUNIT_EXPECT_EQ(test, written, read);
	KUNIT_EXPECT_EQ(test, f->lost, 0ULL);
}

static void a_loss_to_report_moves_along(struct kunit *test)
{
	struct fx *f = test->priv;
	u64 n = fx_fill(f->r, TELEMETRY, 0);
	struct aegishv_rec_lost *l;

	fx_write(f->r, 48, TELEMETRY, 0);
	f->r->cons->tail = f->r->prod->head + 8;
	fx_write(f->r, 48, ALERT, 0);
	f->r->cons->tail = f->tail;
	KUNIT_ASSERT_EQ(test, resize(f, 2 * FX_BYTES), 0);
	KUNIT_EXPECT_EQ(test, f->r->prod->lost[TELEMETRY], 2ULL);
	KUNIT_EXPECT_EQ(test, f->r->prod->lost[ALERT], 1ULL);
	KUNIT_EXPECT_EQ(test, local_read(&f->r->bad_tail), 1L);
	fx_expect_ids(test, f, 0, n);
	KUNIT_EXPECT_TRUE(test, fx_write(f->r, 48, TELEMETRY, n));
	l = (void *)fx_next(test, f);
	KUNIT_ASSERT_NOT_NULL(test, l);
	KUNIT_EXPECT_EQ(test, l->h.type, (u16)AEGISHV_REC_LOST);
	KUNIT_EXPECT_EQ(test, l->count, 3ULL);
	fx_expect_ids(test, f, n, 1);
}

static void what_does_not_fit_is_refused(struct kunit *test)
{
	struct fx *f = test->priv;
	struct ahv_ring *old;
	u64 n;

	KUNIT_ASSERT_EQ(test, resize(f, 2 * FX_BYTES), 0);
	n = fx_fill(f->r, TELEMETRY, 0);
	old = f->r;
	KUNIT_EXPECT_EQ(test, resize(f, FX_BYTES), -ENOSPC);
	KUNIT_EXPECT_PTR_EQ(test, f->r, old);
	KUNIT_EXPECT_EQ(test, ahv_rings_bytes(), 2 * FX_BYTES);
	fx_expect_ids(test, f, 0, n);
	KUNIT_EXPECT_EQ(test, resize(f, FX_BYTES), 0);
	KUNIT_EXPECT_TRUE(test, fx_write(f->r, 48, TELEMETRY, n));
	fx_expect_ids(test, f, n, 1);
}

/* Nobody can read on from such a place: there is nothing to keep. */
static void a_position_out_of_range_is_put_right(struct kunit *test)
{
	struct fx *f = test->priv;
	u64 n = fx_fill(f->r, TELEMETRY, 0);

	f->r->cons->tail = f->r->prod->head + 1;
	KUNIT_ASSERT_EQ(test, resize(f, 2 * FX_BYTES), 0);
	KUNIT_EXPECT_EQ(test, f->r->cons->tail, f->r->prod->head);
	f->tail = f->r->prod->head;
	f->seq = n;
	KUNIT_EXPECT_TRUE(test, fx_write(f->r, 48, TELEMETRY, 5));
	fx_expect_ids(test, f, 5, 1);
	KUNIT_EXPECT_EQ(test, f->lost, 1ULL);
}

/* As the first process would: since 7.x, at the latest, a kernel thread sees an empty root. */
static struct file *open_device(void)
{
	struct task_struct *init = get_pid_task(find_vpid(1), PIDTYPE_PID);
	struct file *dev = ERR_PTR(-ESRCH);
	struct path root = {};

	if (!init)
		return dev;
	task_lock(init);
	if (init->fs)
		get_fs_root(init->fs, &root);
	task_unlock(init);
	put_task_struct(init);
	if (root.mnt) {
		dev = file_open_root(&root, AEGISHV_DEVICE, O_RDWR, 0);
		path_put(&root);
	}
	return dev;
}

static void an_open_device_refuses(struct kunit *test)
{
	struct fx *f = test->priv;
	struct ahv_ring *old = f->r;
	char comm[TASK_COMM_LEN];
	struct file *dev, *second;

	dev = open_device();
	if (IS_ERR(dev))
		kunit_skip(test, "no " AEGISHV_DEVICE " to open (%ld)", PTR_ERR(dev));
	KUNIT_EXPECT_EQ(test, resize(f, 2 * FX_BYTES), -EBUSY);
	KUNIT_EXPECT_PTR_EQ(test, f->r, old);
	KUNIT_EXPECT_EQ(test, ahv_consumer(comm), task_tgid_nr(current));
	second = open_device();
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(second), -EBUSY);
	filp_close(dev, NULL);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, ahv_consumer(comm), 0);
	KUNIT_EXPECT_EQ(test, resize(f, 2 * FX_BYTES), 0);
}

/* Its CPU's ring is full, then empty, and so on, for a consumer that is not there. */
static int fill_and_empty(void *arg)
{
	bool fill = true;

	for (; !kthread_should_stop(); fill = !fill) {
		struct ahv_ring *r;

		preempt_disable();
		r = *this_cpu_ptr(&ahv_ring);
		if (fill)
			fx_fill(r, TELEMETRY, 0);
		else
			r->cons->tail = r->prod->head;
		preempt_enable();
		usleep_range(50, 100);	/* a swap waits while something is being written */
	}
	return 0;
}

/* The last ring fills after the first ones were replaced: none keeps the new size. */
static void late_refusals_change_nothing(struct kunit *test)
{
	unsigned int cpu, last = cpumask_last(cpu_online_mask);
	struct fx *f = test->priv;
	struct task_struct *t;
	int i, err, refused = 0;

	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU");
	t = kthread_create(fill_and_empty, NULL, "ahv-fill");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t));
	kthread_bind(t, last);
	wake_up_process(t);
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_EQ(test, resize(f, 2 * FX_BYTES), 0);
		err = resize(f, FX_BYTES);
		refused += err == -ENOSPC;
		for_each_online_cpu(cpu)
			KUNIT_EXPECT_EQ(test, per_cpu(ahv_ring, cpu)->size, ahv_rings_bytes());
		KUNIT_EXPECT_EQ(test, ahv_rings_bytes(), err ? 2 * FX_BYTES : FX_BYTES);
	}
	kthread_stop(t);
	KUNIT_EXPECT_GT(test, refused, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(unread_records_move_along),
	KUNIT_CASE(a_loss_to_report_moves_along),
	KUNIT_CASE(what_does_not_fit_is_refused),
	KUNIT_CASE(a_position_out_of_range_is_put_right),
	KUNIT_CASE(an_open_device_refuses),
	KUNIT_CASE(late_refusals_change_nothing),
	{}
};

struct kunit_suite ahv_resize_suite = {
	.name = "aegishv_resize",
	.init = resize_init,
	.exit = resize_exit,
	.test_cases = cases,
};
