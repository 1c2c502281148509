// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writable or executable. See wx.h.
 *
 * An entry is made by the first write or by an execution that is told; a page
 * without one was, as far as is known, never written, and may be read and
 * executed. A fault that finds such a page mapped and forbidden shows that it
 * was writable and has been forgotten; where mappings go meanwhile, a bit for
 * each page that was forgotten does.
 */
#include "since.h"
#include "wx.h"

#define TICK_SHIFT	20	/* struct ahv_wx_page keeps some times in 2^20 ns */

static_assert(AHV_WX_CHUNK * sizeof(struct ahv_wx_page) >= AHV_WX_GONE_UNITS / 8 &&
	      AHV_WX_CHUNK * sizeof(struct ahv_wx_page) >= AHV_WX_GONE * sizeof(u64 *),
	      "a piece of memory serves for entries, for bits, and for where these are");

static u32 ticks(u64 ns)
{
	u32 t = ns >> TICK_SHIFT;

	return t ? t : 1;
}

/* Since a time in ticks, which goes round after 52 days; see ahv_since(). */
static u32 ticks_since(u64 now_ns, u32 then)
{
	u32 d = ticks(now_ns) - then;

	return d > (u32)-1000 ? 0 : d;
}

static struct ahv_wx_page *entry(const struct ahv_wx *t, u16 i)
{
	return &t->chunks[(i - 1) / AHV_WX_CHUNK][(i - 1) % AHV_WX_CHUNK];
}

static u32 bucket(u64 unit)
{
	return (unit * 0x9e3779b97f4a7c15ULL) >> 52;	/* 64 - log2(AHV_WX_HEADS) */
}

static u16 find(const struct ahv_wx *t, u64 unit)
{
	u16 i = t->heads[bucket(unit)];

	while (i && entry(t, i)->unit != unit)
		i = entry(t, i)->next;
	return i;
}

static void unlink_use(struct ahv_wx *t, u16 i)
{
	struct ahv_wx_page *p = entry(t, i);

	if (p->newer)
		entry(t, p->newer)->older = p->older;
	else
		t->newest = p->older;
	if (p->older)
		entry(t, p->older)->newer = p->newer;
	else
		t->oldest = p->newer;
}

static void link_newest(struct ahv_wx *t, u16 i)
{
	struct ahv_wx_page *p = entry(t, i);

	p->newer = 0;
	p->older = t->newest;
	if (t->newest)
		entry(t, t->newest)->newer = i;
	else
		t->oldest = i;
	t->newest = i;
}

static void unhash(struct ahv_wx *t, u16 i)
{
	u16 *link = &t->heads[bucket(entry(t, i)->unit)];

	while (*link != i)
		link = &entry(t, *link)->next;
	*link = entry(t, i)->next;
}

/* Where the bit of a page is; NULL when there is no memory for it. */
static u64 *gone_word(const struct ahv_wx *t, u64 unit)
{
	u64 *piece;

	if (!t->gone || unit >= (u64)AHV_WX_GONE * AHV_WX_GONE_UNITS)
		return NULL;
	piece = t->gone[unit / AHV_WX_GONE_UNITS];
	return piece ? &piece[unit % AHV_WX_GONE_UNITS / 64] : NULL;
}

static u64 gone_bit(u64 unit)
{
	return 1ULL << unit % 64;
}

/* Whether a page without an entry was written when it was forgotten. */
static bool was_written(const struct ahv_wx *t, u64 unit)
{
	const u64 *word = gone_word(t, unit);

	return word && *word & gone_bit(unit);
}

static void forget(struct ahv_wx *t, const struct ahv_wx_page *p)
{
	u64 *word = gone_word(t, p->unit);

	t->forgotten++;
	if (!word)
		return;
	if (p->state == AHV_WX_WRITABLE)
		*word |= gone_bit(p->unit);
	else
		*word &= ~gone_bit(p->unit);
}

/* Whether it would be forgotten that this page was written. */
static bool wants_piece(const struct ahv_wx *t, const struct ahv_wx_page *p)
{
	return p->state == AHV_WX_WRITABLE && !gone_word(t, p->unit) &&
	       p->unit < (u64)AHV_WX_GONE * AHV_WX_GONE_UNITS;
}

/* An entry for a page that has none; NULL when no memory was ever given. */
static struct ahv_wx_page *take(struct ahv_wx *t, u64 unit)
{
	u32 room = t->nr_chunks * AHV_WX_CHUNK;
	struct ahv_wx_page *p;
	u16 i;

	if (!room)
		return NULL;
	if (t->nr < room) {
		i = ++t->nr;
	} else {
		i = t->oldest;
		unlink_use(t, i);
		unhash(t, i);
		forget(t, entry(t, i));
	}
	p = entry(t, i);
	*p = (struct ahv_wx_page){
		.unit = unit,
		.next = t->heads[bucket(unit)],
		.state = was_written(t, unit) ? AHV_WX_WRITABLE : AHV_WX_FRESH,
	};
	t->heads[bucket(unit)] = i;
	link_newest(t, i);
	return p;
}

static struct ahv_wx_page *get(struct ahv_wx *t, u64 unit)
{
	u16 i = find(t, unit);

	if (!i)
		return take(t, unit);
	unlink_use(t, i);
	link_newest(t, i);
	return entry(t, i);
}

static struct ahv_wx_page *look(const struct ahv_wx *t, u64 unit)
{
	u16 i = find(t, unit);

	return i ? entry(t, i) : NULL;
}

void ahv_wx_init(struct ahv_wx *t)
{
	*t = (struct ahv_wx){
		.lim = {
			.flip_ns = 1000000000,
			.grant_ns = 1000000000,
			.quiet_ns = 10000000000ULL,
			.flips = 16,
		},
	};
}

void ahv_wx_reset(struct ahv_wx *t)
{
	u32 i;

	for (i = 0; i < AHV_WX_HEADS; i++)
		t->heads[i] = 0;
	t->nr = 0;
	t->newest = 0;
	t->oldest = 0;
	t->nr_grants = 0;
	for (i = 0; t->gone && i < AHV_WX_GONE; i++)
		if (t->gone[i])
			memset(t->gone[i], 0, AHV_WX_GONE_UNITS / 8);
}

u32 ahv_wx_chunks(const struct ahv_wx *t)
{
	u32 i, n = t->nr_chunks + !!t->gone;

	for (i = 0; t->gone && i < AHV_WX_GONE; i++)
		n += !!t->gone[i];
	return n;
}

bool ahv_wx_wants_chunk(const struct ahv_wx *t)
{
	if (t->nr < t->nr_chunks * AHV_WX_CHUNK)
		return false;
	return t->nr_chunks < AHV_WX_CHUNKS || wants_piece(t, entry(t, t->oldest));
}

void ahv_wx_give_chunk(struct ahv_wx *t, struct ahv_wx_page *chunk)
{
	if (t->nr_chunks < AHV_WX_CHUNKS) {
		t->chunks[t->nr_chunks++] = chunk;
		return;
	}
	memset(chunk, 0, AHV_WX_CHUNK * sizeof(*chunk));
	if (!t->gone)
		t->gone = (u64 **)chunk;
	else
		t->gone[entry(t, t->oldest)->unit / AHV_WX_GONE_UNITS] = (u64 *)chunk;
}

static u8 state_of(const struct ahv_wx *t, const struct ahv_wx_page *p, u64 unit)
{
	if (p)
		return p->state;
	return was_written(t, unit) ? AHV_WX_WRITABLE : AHV_WX_FRESH;
}

static bool granted(const struct ahv_wx_page *p, u64 now_ns)
{
	return p && p->grant_ns > now_ns;
}

/* Whether the trap of this page was met and is not armed again yet. */
static bool rests(const struct ahv_wx *t, const struct ahv_wx_page *p, u64 now_ns)
{
	return p && p->met_ns &&
	       (!t->lim.rearm_ns || ahv_since(now_ns, p->met_ns) < t->lim.rearm_ns);
}

static bool armed(const struct ahv_wx *t, const struct ahv_wx_page *p, u64 unit, u64 now_ns)
{
	return t->traps.n && ahv_wx_in(&t->traps, unit) && !rests(t, p, now_ns);
}

u8 ahv_wx_may(const struct ahv_wx *t, u64 unit, u64 now_ns)
{
	const struct ahv_wx_page *p = look(t, unit);
	u8 may = AHV_WX_ALL;

	if (t->on && !granted(p, now_ns))
		may &= state_of(t, p, unit) == AHV_WX_WRITABLE ? ~AEGISHV_ACCESS_EXEC :
								 ~AEGISHV_ACCESS_WRITE;
	if (t->seals.n && ahv_wx_in(&t->seals, unit))
		may &= ~AEGISHV_ACCESS_WRITE;
	if (armed(t, p, unit, now_ns))
		may &= ~AEGISHV_ACCESS_EXEC;
	return may;
}

u8 ahv_wx_keep(struct ahv_wx *t, u64 unit, u8 old, u8 may)
{
	struct ahv_wx_page *p;

	if (!(old & ~may))
		return may;
	p = get(t, unit);
	if (p)
		p->stale = 1;
	return old;
}

static void note_writer(struct ahv_wx_verdict *v, const struct ahv_wx_page *p)
{
	v->no_writer = !p || !p->write_ns;
	if (v->no_writer)
		return;
	v->write_ns = p->write_ns;
	v->write_rip = p->write_rip;
	v->write_vcpu = p->write_vcpu;
	v->write_cpl = p->write_cpl;
}

static bool is_recent(const struct ahv_wx *t, u32 told, u64 now_ns)
{
	return told && ticks_since(now_ns, told) < ticks(t->lim.quiet_ns);
}

static bool is_quiet(const struct ahv_wx *t, const struct ahv_wx_page *p, u64 now_ns)
{
	return p && is_recent(t, p->told, now_ns);
}

void ahv_wx_told(struct ahv_wx *t, u64 unit, u64 now_ns)
{
	struct ahv_wx_page *p = get(t, unit);

	if (p)
		p->told = ticks(now_ns);
}

static u32 earliest(const struct ahv_wx *t)
{
	u32 i, first = 0;

	for (i = 1; i < t->nr_grants; i++)
		if (t->grants[i].until_ns < t->grants[first].until_ns)
			first = i;
	return first;
}

/* A page is not both any more, and its trap is armed. */
static void end_early(struct ahv_wx *t, u64 unit)
{
	struct ahv_wx_page *p = look(t, unit);

	if (!p)
		return;
	p->grant_ns = 0;
	p->met_ns = 0;
}

/* Remember that something is over at a time; the first to end makes room. */
static void note_end(struct ahv_wx *t, u64 unit, u64 until_ns, struct ahv_wx_verdict *v)
{
	u32 i = t->nr_grants;

	if (i == AHV_WX_GRANTS) {
		i = earliest(t);
		end_early(t, t->grants[i].unit);
		v->also[v->nr_also++] = t->grants[i].unit;
	} else {
		t->nr_grants++;
	}
	t->grants[i].unit = unit;
	t->grants[i].until_ns = until_ns;
}

/* The page changes its mind; too often, and it may be both. */
static void flip(struct ahv_wx *t, struct ahv_wx_page *p, u64 now_ns, struct ahv_wx_verdict *v)
{
	if (!p->since || ticks_since(now_ns, p->since) > ticks(t->lim.flip_ns)) {
		p->since = ticks(now_ns);
		p->flips = 0;
	}
	p->flips++;
	v->flipped = true;
	v->drop = true;
	v->flips = p->flips;
	if (p->flips < t->lim.flips)
		return;
	p->flips = 0;
	p->since = 0;
	p->grant_ns = now_ns + t->lim.grant_ns;
	note_end(t, p->unit, p->grant_ns, v);
	v->rule = AEGISHV_WX_THRASH;
	v->quiet = is_recent(t, p->thrash, now_ns);
	if (!v->quiet)
		p->thrash = ticks(now_ns);
	note_writer(v, p);
}

static void clear_stale(struct ahv_wx_page *p, struct ahv_wx_verdict *v)
{
	v->drop |= p->stale;
	p->stale = 0;
}

void ahv_wx_write(struct ahv_wx *t, const struct ahv_wx_access *a, struct ahv_wx_verdict *v)
{
	struct ahv_wx_page *p = look(t, a->unit);
	bool flips;

	*v = (struct ahv_wx_verdict){ .write_vcpu = AEGISHV_VCPU_NONE };
	if (t->seals.n && ahv_wx_in(&t->seals, a->unit)) {
		v->rule = AEGISHV_WX_SEAL;
		v->quiet = is_quiet(t, p, a->now_ns);
		note_writer(v, p);
		return;
	}
	if (!t->on)
		return;
	p = get(t, a->unit);
	if (!p)
		return;
	flips = p->state == AHV_WX_EXECUTABLE || (p->state == AHV_WX_FRESH && a->present);
	p->state = AHV_WX_WRITABLE;
	clear_stale(p, v);
	if (flips && !granted(p, a->now_ns))
		flip(t, p, a->now_ns, v);
	p->write_ns = a->now_ns;
	p->write_rip = a->rip;
	p->write_vcpu = a->vcpu;
	p->write_cpl = a->cpl;
}

/* Whether the page was written since it was executed last, and lately. */
static bool written(const struct ahv_wx *t, const struct ahv_wx_page *p,
		    const struct ahv_wx_access *a)
{
	u8 state = state_of(t, p, a->unit);

	if (!t->on || granted(p, a->now_ns))
		return false;
	if (state == AHV_WX_FRESH)
		return a->present && !(p && p->stale) && !ahv_wx_in(&t->traps, a->unit);
	if (state != AHV_WX_WRITABLE)
		return false;
	return !p || !t->lim.window_ns || ahv_since(a->now_ns, p->write_ns) <= t->lim.window_ns;
}

static void become_executable(struct ahv_wx *t, struct ahv_wx_page *p,
			      const struct ahv_wx_access *a, struct ahv_wx_verdict *v)
{
	bool flips = p->state == AHV_WX_WRITABLE;

	p->state = AHV_WX_EXECUTABLE;
	clear_stale(p, v);
	if (t->on && flips && !granted(p, a->now_ns))
		flip(t, p, a->now_ns, v);
}

void ahv_wx_exec(struct ahv_wx *t, const struct ahv_wx_access *a, struct ahv_wx_verdict *v)
{
	struct ahv_wx_page *p = look(t, a->unit);

	*v = (struct ahv_wx_verdict){ .write_vcpu = AEGISHV_VCPU_NONE };
	if (armed(t, p, a->unit, a->now_ns))
		v->rule = AEGISHV_WX_TRAP;
	else if (written(t, p, a))
		v->rule = AEGISHV_WX_WRITE_EXEC;
	if (v->rule) {
		v->quiet = is_quiet(t, p, a->now_ns);
		v->flips = p ? p->flips : 0;
		note_writer(v, p);
	} else if (p) {
		become_executable(t, p, a, v);
	}
}

void ahv_wx_exec_allow(struct ahv_wx *t, const struct ahv_wx_access *a,
		       struct ahv_wx_verdict *v)
{
	struct ahv_wx_page *p = get(t, a->unit);
	bool trap;

	*v = (struct ahv_wx_verdict){ .write_vcpu = AEGISHV_VCPU_NONE };
	if (!p)
		return;
	trap = armed(t, p, a->unit, a->now_ns);
	if (trap)
		p->met_ns = a->now_ns;
	if (trap && t->lim.rearm_ns)
		note_end(t, a->unit, a->now_ns + t->lim.rearm_ns, v);
	if (p->state == AHV_WX_FRESH && a->present && t->on && !trap)
		p->state = AHV_WX_WRITABLE;	/* as the fault shows */
	become_executable(t, p, a, v);
	v->drop |= a->present;
}

void ahv_wx_arm(struct ahv_wx *t)
{
	u32 i;

	for (i = 1; i <= t->nr; i++) {
		entry(t, i)->met_ns = 0;
		entry(t, i)->told = 0;
	}
}

bool ahv_wx_expired(struct ahv_wx *t, u64 now_ns, u64 *unit)
{
	u32 i = earliest(t);

	if (!t->nr_grants || t->grants[i].until_ns > now_ns)
		return false;
	*unit = t->grants[i].unit;
	t->grants[i] = t->grants[--t->nr_grants];
	return true;
}

u64 ahv_wx_next_expiry(const struct ahv_wx *t)
{
	return t->nr_grants ? t->grants[earliest(t)].until_ns : 0;
}

bool ahv_wx_add_range(struct ahv_wx_ranges *s, u64 first, u64 last)
{
	u32 i;

	for (i = 0; i < s->n; i++)
		if (s->r[i].first == first && s->r[i].last == last)
			return true;
	if (s->n == AHV_WX_RANGES)
		return false;
	s->r[s->n].first = first;
	s->r[s->n++].last = last;
	return true;
}

const char *ahv_wx_count_name(u32 count)
{
	static const char *const names[] = {
#define AHV_WX_COUNT(count, name) [count] = name,
#include "names.def"
	};

	return count < AEGISHV_NR_WX_COUNTS ? names[count] : NULL;
}

enum ahv_wx_class ahv_wx_classify(const struct ahv_wx_guest *g)
{
	if (g->cpl == 3)
		return g->map ? AHV_WX_CLASS_USER : AHV_WX_CLASS_LOAD;
	if (g->paging && g->ran_paged && !g->ran_user)
		return AHV_WX_CLASS_BOOT;
	return AHV_WX_CLASS_KERNEL;
}
