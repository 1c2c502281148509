// SPDX-License-Identifier: GPL-2.0-only
/* The file in an overlay, and in the layers below it. */
#include <sys/mount.h>

#include "fs.h"

static int mount_overlay(struct env *e)
{
	char options[PATH_MAX];
	int err;

	if (mkdir(in(e, "lower"), 0755) || mkdir(in(e, "upper"), 0755) ||
	    mkdir(in(e, "work"), 0755) || mkdir(in(e, "m"), 0755))
		return -errno;
	err = put_secret(e, "lower/d", "secret");
	if (err)
		return err;
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s",
		 in(e, "lower"), in(e, "upper"), in(e, "work"));
	if (!mount("overlay", in(e, "m"), "overlay", 0, options))
		return 0;
	return errno == ENODEV ? skip("this kernel has no overlayfs") : -errno;
}

/* The rule is about the file as the overlay shows it. */
static int rule_on_merged(struct env *e)
{
	int err = mount_overlay(e);

	snprintf(e->dir, sizeof(e->dir), "%s/m/d", e->base);
	snprintf(e->file, sizeof(e->file), "%s/m/d/secret", e->base);
	return err;
}

static int open_merged(struct env *e)
{
	return open_and_read(in(e, "m/d/secret"));
}

static int open_lower(struct env *e)
{
	return open_and_read(in(e, "lower/d/secret"));
}

static int copy_up_then_merged(struct env *e)
{
	if (chmod(in(e, "m/d/secret"), 0600))
		return -errno;
	return open_merged(e);
}

static int copy_up_then_upper(struct env *e)
{
	if (chmod(in(e, "m/d/secret"), 0600))
		return -errno;
	return open_and_read(in(e, "upper/d/secret"));
}

static int copied_up_before(struct env *e)
{
	return rule_on_merged(e) ?: result(chmod(in(e, "m/d/secret"), 0600));
}

static int open_upper(struct env *e)
{
	return open_and_read(in(e, "upper/d/secret"));
}

/* Deleting in the overlay leaves the lower file, and a new one goes above it. */
static int recreate_merged(struct env *e)
{
	int err;

	if (unlink(in(e, "m/d/secret")))
		return -errno;
	err = write_file(in(e, "m/d/secret"), SECRET);
	return err ?: open_merged(e);
}

static int overlay_again(struct env *e)
{
	char options[PATH_MAX];

	if (mkdir(in(e, "upper2"), 0755) || mkdir(in(e, "work2"), 0755) ||
	    mkdir(in(e, "m2"), 0755))
		return -errno;
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s",
		 in(e, "lower"), in(e, "upper2"), in(e, "work2"));
	if (mount("overlay", in(e, "m2"), "overlay", 0, options))
		return -errno;
	return open_and_read(in(e, "m2/d/secret"));
}

const struct way overlay_ways[] = {
	{ .name = "overlay-merged", .kinds = ALL, .blocked = ALL,
	  .prepare = rule_on_merged, .attempt = open_merged },
	{ .name = "overlay-lower-of-merged", .kinds = ALL, .blocked = FILES,
	  .prepare = rule_on_merged, .attempt = open_lower },
	{ .name = "overlay-merged-of-lower", .kinds = FILES, .blocked = FILES,
	  .prepare = mount_overlay, .attempt = open_merged },
	{ .name = "overlay-other-of-lower", .kinds = FILES, .blocked = FILES,
	  .prepare = mount_overlay, .attempt = overlay_again },
	{ .name = "overlay-copy-up", .kinds = ALL, .blocked = ALL,
	  .prepare = rule_on_merged, .attempt = copy_up_then_merged },
	{ .name = "overlay-copied-up-before", .kinds = FILES, .blocked = FILES,
	  .prepare = copied_up_before, .attempt = open_upper },
	/* copying up reads the lower file, which is denied as well */
	{ .name = "overlay-copy-up-upper", .kinds = FILES, .blocked = FILES,
	  .prepare = rule_on_merged, .attempt = copy_up_then_upper },
	{ .name = "overlay-recreate", .kinds = PATH | DIR_, .blocked = PATH | DIR_,
	  .prepare = rule_on_merged, .attempt = recreate_merged },
	{ }
};
