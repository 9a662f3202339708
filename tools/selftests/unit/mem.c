// SPDX-License-Identifier: GPL-2.0
/*
 * The pinned-memory object against a naive model: random users come, fill,
 * fail and go, over every kind of memory, while the process puts other memory
 * in the place of what it had, and other processes take over what it pays. After
 * each step exactly those pages are pinned and paid for which a user covers, by one
 * process or by two, and each folio by as many pins as its chunks say; at the end
 * there is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "frames.h"

struct file {
	int refs;
};

static struct file *get_file(struct file *file)
{
	file->refs++;
	return file;
}

static void fput(struct file *file)
{
	WARN_ON(!file->refs--);
}

/* What is compiled here is the kernel's, with the kernel's warnings. */
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <iommufd/memory/chunk.c>
#include <iommufd/memory/piece.c>
#include <iommufd/memory/fill.c>
#include <iommufd/memory/mem.c>
#include <iommufd/memory/cpu.c>
#include <iommufd/memory/takeover.c>

#include "random.h"

/* Addresses that the process has, in pages. */
#define ADDRESSES (11 * CHUNK_PAGES)
#define USES 12
#define HEIRS 2
#define ROUNDS 80
#define STEPS 100
#define NONE CHUNK_NONE

/* A user, or one pin of an access (then @user is NULL). */
struct use {
	bool alive;
	bool filled;
	struct mem_user *user;
	unsigned long first;
	unsigned long last;
};

static struct model {
	/* What stands behind each address now; whole hugetlb pages. */
	unsigned long frame[ADDRESSES];
	bool huge[ADDRESSES];
	bool by_folio;

	struct mem *mem;
	unsigned long start;
	unsigned long npages;
	bool writable;

	/* Which frame the mem has pinned for each page. */
	unsigned long pinned[ADDRESSES];
	struct use use[USES];

	struct file file;
	struct account account;
	unsigned long charged;

	/* Who else may pay, what is charged to them, and who does so. */
	struct account heir[HEIRS];
	unsigned long charged_to[HEIRS];
	struct account *payer;
	struct takeover takeover;

	/* Failures of the step that runs: after so many calls; -1: none. */
	int pins_left;
	bool broke;
	bool for_copy;

	/* Pages pinned after the step before. */
	unsigned long pinned_before;

	/* There is a limit to how many pages are given out at a time. */
	bool limited;
} model;

/* ---- what mem.c calls ---- */

static bool pin_breaks(void)
{
	return model.pins_left >= 0 && !model.pins_left--;
}

/* Who may be found is pinned throughout. */
void share_withdraw(struct mem *mem)
{
	WARN_ON(!mem->lock.held);
	mem->share = NULL;
}

void account_put(struct account *account)
{
	refcount_dec_and_test(&account->refs);
}

static unsigned long *charged_to(const struct account *account)
{
	if (account == &model.account)
		return &model.charged;
	return &model.charged_to[account - model.heir];
}

int account_charge(struct account *account, unsigned long npages)
{
	if (npages && pin_breaks())
		return -ENOMEM;
	*charged_to(account) += npages;
	return 0;
}

void account_uncharge(struct account *account, unsigned long npages)
{
	WARN_ON(npages > *charged_to(account));
	*charged_to(account) -= npages;
}

/* Here they have nothing in common. */
int account_charge_too(struct account *account, const struct account *payer,
		       unsigned long npages)
{
	WARN_ON(!model.mem->lock.held || payer != model.mem->account);
	return account_charge(account, npages);
}

void account_uncharge_too(struct account *account, const struct account *payer,
			  unsigned long npages)
{
	WARN_ON(!model.mem->lock.held || account == payer);
	account_uncharge(account, npages);
}

bool account_is_of_process(const struct account *a, const struct account *b)
{
	return a == b;
}

void share_set_payers(struct iommufd_ctx *ictx, struct mem *mem,
		      struct account *account, struct account *heir)
{
	WARN_ON(!mem->lock.held);
	mem->account = account;
	mem->heir = heir;
}

bool pin_is_by_folio(const struct pin_source *src)
{
	return src->is_file;
}

static unsigned long frame_of(unsigned long index)
{
	return model.frame[model.start + index];
}

/* Paid for before it is pinned, pinned once, and with the lock held. */
static void check_pin(const struct pin_source *src, unsigned long index,
		      unsigned long npages)
{
	WARN_ON(!model.mem->lock.held || src != &model.mem->source ||
		src->start != model.start * PAGE_SIZE);
	WARN_ON(!npages || npages > CHUNK_PAGES ||
		index + npages > model.npages);
	for (; npages && !model.for_copy; npages--, index++)
		WARN_ON(mem_frame(model.mem, index) != NONE);
	WARN_ON(!model.for_copy && !*charged_to(model.mem->account));
	WARN_ON(!model.for_copy && model.mem->heir &&
		!*charged_to(model.mem->heir));
}

long pin_pages(const struct pin_source *src, unsigned long index,
	       unsigned long npages, struct page **pages)
{
	struct folio *folio, *before = NULL;
	unsigned long i;

	check_pin(src, index, npages);
	if (pin_breaks())
		return random_below(2) ? -EFAULT : -ENOMEM;
	/* It may stop early, at a page or at a folio. */
	if (!random_below(4))
		npages = 1 + random_below(npages);
	for (i = 0; i < npages; i++) {
		pages[i] = pfn_to_page(frame_of(index + i));
		folio = page_folio(pages[i]);
		if (!model.by_folio || folio != before)
			folio->pins++;
		before = folio;
	}
	return npages;
}

bool pin_hugetlb(const struct pin_source *src, unsigned long index,
		 unsigned long npages, struct page **page)
{
	unsigned long pfn = frame_of(index);
	struct folio *folio = pfn_folio(pfn);

	check_pin(src, index, npages);
	if (pin_breaks() || !folio->hugetlb ||
	    pfn + npages > folio->pfn + folio->npages)
		return false;
	folio->pins++;
	*page = pfn_to_page(pfn);
	return true;
}

void pin_release(struct page **pages, unsigned long npages, bool dirty)
{
	while (npages--)
		pfn_unpin(page_to_pfn(*pages++), dirty);
}

void pin_release_run(struct page *page, unsigned long npages, bool dirty)
{
	unsigned long pfn = page_to_pfn(page);

	while (npages--)
		pfn_unpin(pfn++, dirty);
}

/* ---- memory of the process ---- */

/* A folio of this size at a place that fits it; the number of its pages. */
static unsigned long lay_folio(unsigned long at, unsigned long end,
			       unsigned long size, bool hugetlb)
{
	unsigned long pfn, i;

	if (at % size || at + size > end)
		return 0;
	pfn = frames_alloc(size, hugetlb);
	for (i = 0; pfn && i < size; i++) {
		model.frame[at + i] = pfn + i;
		model.huge[at + i] = hugetlb;
	}
	return pfn ? size : 0;
}

/* Single frames, in a row or not. */
static unsigned long lay_singles(unsigned long at, unsigned long n)
{
	bool scattered = random_below(2);
	unsigned long i, k;

	for (i = 0; i < n && lay_folio(at + i, ADDRESSES, 1, false); i++) {
		k = at + random_below(i + 1);
		if (scattered)
			swap(model.frame[at + i], model.frame[k]);
	}
	return i;
}

/* All kinds of memory, in pieces. */
static void lay_all(void)
{
	unsigned long at = 0, n, mostly = random_below(4);

	while (at < ADDRESSES) {
		unsigned long kind = random_below(3) ? mostly : random_below(4);

		n = 0;
		if (kind == 0)
			n = lay_folio(at, ADDRESSES, CHUNK_PAGES, true);
		else if (kind == 1)
			n = lay_folio(at, ADDRESSES, 2 * CHUNK_PAGES, true);
		else if (kind == 2)
			n = lay_folio(at, ADDRESSES, 1 << random_below(10),
				      false);
		if (!n)
			n = lay_singles(at, min(1 + random_below(64),
						ADDRESSES - at));
		assert_true(n > 0);
		at += n;
	}
}

/*
 * The process maps what it has elsewhere a second time, in any order: pages
 * of any folio but a hugetlb page's.
 */
static void remap(void)
{
	unsigned long at = random_below(ADDRESSES), from;
	unsigned long n = 1 + random_below(12);

	from = random_below(ADDRESSES);
	if (random_below(2))
		from = min(at + random_below(8), ADDRESSES - 1UL);
	for (; n-- && at < ADDRESSES; at++) {
		if (!model.huge[at] && !model.huge[from])
			model.frame[at] = model.frame[from];
		if (from && random_below(2))
			from--;
	}
}

/* A hugetlb page makes room for other memory, of one kind or mixed. */
static void remap_hugetlb(void)
{
	unsigned long at = round_down(random_below(ADDRESSES), 1024UL);
	unsigned long size, end, i;

	if (!model.huge[at])
		return;
	size = pfn_folio(model.frame[at])->npages;
	end = at + size;
	i = lay_folio(at, end, CHUNK_PAGES, random_below(2));
	for (at += i; at < end; at++) {
		model.huge[at] = false;
		if (!lay_folio(at, end, 1 << random_below(10), false)) {
			/* Used up: whatever single page there is. */
			model.frame[at] = folios[nfolios - 1].pfn;
			continue;
		}
		at += pfn_folio(model.frame[at])->npages - 1;
	}
}

/* ---- comparing ---- */

static bool is_covered(unsigned long index, bool filled)
{
	int i;

	for (i = 0; i < USES; i++)
		if (model.use[i].alive && model.use[i].first <= index &&
		    index <= model.use[i].last &&
		    (model.use[i].filled || !filled))
			return true;
	return false;
}

/* One pin a page, or one for each folio, in each chunk. */
static void want_pins_of(const struct piece *piece)
{
	static unsigned long turn;
	unsigned int slot;

	turn++;
	for (slot = 0; slot < piece->size; slot++) {
		unsigned long pfn = chunk_frame(*piece->chunk, slot);
		struct folio *folio;

		if (pfn == NONE)
			continue;
		folio = pfn_folio(pfn);
		if (!chunk_is_by_folio(*piece->chunk) ||
		    !folio_test_large(folio) || folio->seen != turn)
			folio->want_pins++;
		folio->seen = turn;
	}
}

static void check_pins(void)
{
	struct piece piece;
	unsigned long pos;
	unsigned int i;

	for (i = 0; i < nfolios; i++)
		folios[i].want_pins = 0;
	for (pos = 0; model.mem->chunks && pos < model.npages;
	     pos = piece.index + piece.last + 1) {
		piece_find(model.mem, &piece, pos, model.npages - 1);
		want_pins_of(&piece);
	}
	for (i = 0; i < nfolios; i++)
		assert_int_equal(folios[i].pins, folios[i].want_pins);
}

/* Who pays, and who is about to, pays for all; nobody else for anything. */
static void check_payers(unsigned long count)
{
	struct account *heir = model.takeover.stakes ? model.takeover.heir : NULL;
	struct account *account;
	int i;

	assert_ptr_equal(model.mem->account, model.payer);
	assert_ptr_equal(model.mem->heir, heir);
	for (i = -1; i < HEIRS; i++) {
		account = i < 0 ? &model.account : &model.heir[i];
		assert_int_equal(*charged_to(account),
				 account == model.payer || account == heir ?
				 count : 0);
		assert_int_equal(account->refs.count,
				 1 + (account == model.payer) +
				 (account == heir));
	}
}

static void check(void)
{
	unsigned long index, count = 0;

	for (index = 0; index < model.npages; index++) {
		unsigned long pfn = mem_frame(model.mem, index);

		if (is_covered(index, true))
			assert_true(pfn != NONE);
		if (!is_covered(index, false))
			assert_true(pfn == NONE);
		else if (model.pinned[index] != NONE)
			assert_true(pfn == model.pinned[index]);
		else if (pfn != NONE)
			assert_true(pfn == frame_of(index));
		model.pinned[index] = pfn;
		count += pfn != NONE;
	}
	assert_int_equal(model.mem->npinned, count);
	/* Who is found has not lost a page since. */
	if (count < model.pinned_before)
		assert_null(model.mem->share);
	model.mem->share = (void *)&model;
	model.pinned_before = count;
	check_payers(count);
	assert_false(model.mem->lock.held);
	check_pins();
}

/* ---- steps ---- */

/**
 * struct emission - what mem_fill() gives out
 * @next: the page that comes next
 * @end: the frame after the run before
 * @left: runs that are taken before one is refused; -1: all
 */
struct emission {
	unsigned long next;
	unsigned long end;
	int left;
};

static void emit_page(unsigned long index, unsigned long pfn)
{
	unsigned long old = model.pinned[index];

	assert_true(pfn == (old == NONE ? frame_of(index) : old));
	assert_true(pfn_folio(pfn)->pins > 0);
	if (model.writable)
		pfn_folio(pfn)->due = true;
}

static int emit(void *arg, const struct extent *extent)
{
	struct emission *emission = arg;
	unsigned long i, pfn = extent->pfn;

	assert_true(model.mem->lock.held);
	assert_int_equal(extent->index, emission->next);
	assert_true(extent->npages);
	for (i = 0; i < extent->npages; i++, pfn++) {
		if (extent->frames)
			pfn = extent->frames[i];
		/* Adjacent frames are one run, as far as that may go. */
		assert_true(i || model.limited || pfn != emission->end);
		emit_page(extent->index + i, pfn);
	}
	emission->next = extent->index + extent->npages;
	emission->end = pfn;
	if (emission->left >= 0 && !emission->left--)
		return -ENOMEM;
	return 0;
}

/* Nothing fails, or one thing does, now or later in the step. */
static void arm(struct emission *emission)
{
	int after = random_below(random_below(2) ? 3 : 40);

	allocations_left = -1;
	signals_left = -1;
	model.pins_left = -1;
	emission->left = -1;
	model.broke = true;
	switch (random_below(8)) {
	case 0:
		allocations_left = after % 4;
		break;
	case 1:
		signals_left = after % 6;
		break;
	case 2:
		model.pins_left = after;
		break;
	case 3:
		emission->left = after;
		break;
	default:
		model.broke = false;
	}
}

/* What may come back, where something fails and where nothing does. */
static bool succeeded(int rc)
{
	allocations_left = -1;
	signals_left = -1;
	model.pins_left = -1;
	if (rc)
		assert_true(model.broke && (rc == -ENOMEM || rc == -EFAULT ||
					    rc == -EINTR));
	return !rc;
}

static struct use *find_use(bool alive, bool access)
{
	unsigned int i = random_below(USES), n;

	for (n = 0; n < USES; n++, i = (i + 1) % USES)
		if (model.use[i].alive == alive &&
		    (!alive || !model.use[i].user == access))
			return &model.use[i];
	return NULL;
}

static void choose_range(struct use *use)
{
	use->first = random_below(model.npages);
	use->last = use->first + random_below(model.npages - use->first);
	if (random_below(2))
		use->last = min(use->last, use->first + random_below(8));
	if (!random_below(6)) {
		use->first = 0;
		use->last = model.npages - 1;
	}
}

static void step_use(void)
{
	struct use *use = find_use(false, false);
	struct emission unused;

	if (!use)
		return;
	choose_range(use);
	arm(&unused);
	use->user = mem_use(model.mem, use->first, use->last);
	use->alive = succeeded(IS_ERR(use->user) ? PTR_ERR(use->user) : 0);
	use->filled = false;
}

static void step_fill(void)
{
	struct use *use = find_use(true, false);
	struct emission emission;

	if (!use)
		return;
	arm(&emission);
	emission.next = use->first;
	emission.end = NONE;
	if (succeeded(mem_fill(model.mem, use->user, emit, &emission))) {
		use->filled = true;
		assert_int_equal(emission.next, use->last + 1);
	}
}

static void step_unuse(void)
{
	struct use *use = find_use(true, false);

	if (!use)
		return;
	/* It can't fail, whatever does. */
	allocations_left = random_below(2) ? 0 : -1;
	mem_unuse(model.mem, use->user);
	allocations_left = -1;
	use->alive = false;
}

static void step_access_pin(void)
{
	static struct page *pages[ADDRESSES];
	struct use *use = find_use(false, false), *same;
	struct emission unused;
	unsigned long i;

	if (!use)
		return;
	choose_range(use);
	same = find_use(true, true);
	if (same && random_below(2)) {
		use->first = same->first;
		use->last = same->last;
	}
	arm(&unused);
	if (!succeeded(mem_access_pin(model.mem, use->first, use->last,
				      pages)))
		return;
	use->alive = true;
	use->filled = true;
	use->user = NULL;
	for (i = use->first; i <= use->last; i++) {
		struct page *page = pages[i - use->first];

		assert_true(page_to_pfn(page) == mem_frame(model.mem, i));
		if (model.writable)
			page_folio(page)->due = true;
	}
}

static void step_access_unpin(void)
{
	struct use *use = find_use(true, true);

	if (!use)
		return;
	mem_access_unpin(model.mem, use->first, use->last);
	use->alive = false;
}

static unsigned char *byte_at(unsigned long offset)
{
	unsigned long index = offset >> PAGE_SHIFT;
	unsigned long pfn = model.pinned[index];

	if (pfn == NONE)
		pfn = frame_of(index);
	return &frame_bytes[pfn - frame_base][offset_in_page(offset)];
}

/* A write is of a page at most: the same frame may stand behind two pages. */
static void step_rw(void)
{
	static unsigned char data[3 * PAGE_SIZE];
	bool write = model.writable && random_below(2), done;
	unsigned long size = model.npages * PAGE_SIZE, offset, len, i;
	struct emission unused;

	offset = random_below(size);
	len = 1 + random_below(write ? PAGE_SIZE : sizeof(data));
	len = min(len, size - offset);
	for (i = 0; i < len; i++)
		data[i] = random_below(256);
	arm(&unused);
	model.for_copy = true;
	done = succeeded(mem_rw(model.mem, offset, data, len, write));
	model.for_copy = false;
	for (i = 0; done && i < len; i++)
		assert_int_equal(*byte_at(offset + i), data[i]);
}

static void step_remap(void)
{
	if (model.by_folio)
		return;
	if (random_below(4))
		remap();
	else
		remap_hugetlb();
}

/* Another process begins to take it over, or the same; or a takeover ends. */
static void step_takeover(void)
{
	struct takeover *takeover = &model.takeover;
	struct emission unused;
	bool success;

	if (!takeover->stakes) {
		takeover->heir = &model.heir[random_below(HEIRS)];
		arm(&unused);
		succeeded(takeover_add(takeover, model.mem));
		return;
	}
	/* It has it already. */
	assert_int_equal(takeover_add(takeover, model.mem), 0);
	if (random_below(2))
		return;
	success = random_below(2);
	takeover_end(takeover, success);
	if (success)
		model.payer = takeover->heir;
}

/* ---- whole lives of a mem ---- */

static void payers_begin(void)
{
	int i;

	refcount_set(&model.account.refs, 1);
	for (i = 0; i < HEIRS; i++)
		refcount_set(&model.heir[i].refs, 1);
	model.payer = &model.account;
}

static void model_begin(bool by_folio)
{
	static const unsigned long most[] = { 16, 700, ADDRESSES / 2,
					      ADDRESSES };
	unsigned long i, start, length;

	memset(&model, 0, sizeof(model));
	frames_begin(random_below(2) ? 1000 :
		     (1UL << 32) - random_below(FRAMES));
	model.by_folio = by_folio;
	lay_all();
	model.pins_left = -1;
	model.npages = 1 + random_below(most[random_below(4)]);
	model.start = random_below(ADDRESSES - model.npages + 1);
	model.writable = random_below(4);
	model.limited = !random_below(4);
	mem_limit_fill(model.limited ? 1 + random_below(40) : UINT_MAX);
	payers_begin();
	for (i = 0; i < model.npages; i++)
		model.pinned[i] = NONE;

	start = model.start * PAGE_SIZE;
	length = model.npages * PAGE_SIZE;
	/* Parts of pages count as pages. */
	start += random_below(PAGE_SIZE);
	length -= offset_in_page(start);
	length -= random_below(min(length, PAGE_SIZE -
				   (model.npages == 1 ?
				    offset_in_page(start) : 0)));
	model.mem = mem_create(&model.account, by_folio ? &model.file : NULL,
			       start, length, model.writable);
	assert_false(IS_ERR(model.mem));
	assert_int_equal(model.mem->npages, model.npages);
}

static void model_end(void)
{
	int i;

	for (i = 0; i < USES; i++) {
		struct use *use = &model.use[i];

		if (!use->alive)
			continue;
		if (use->user)
			mem_unuse(model.mem, use->user);
		else
			mem_access_unpin(model.mem, use->first, use->last);
		use->alive = false;
	}
	takeover_end(&model.takeover, false);
	check();
	assert_int_equal(*charged_to(model.payer), 0);
	mem_put(mem_get(model.mem));
	mem_put(model.mem);
	assert_int_equal(model.account.refs.count, 1);
	assert_int_equal(model.file.refs, 0);
	for (i = 0; i < (int)nfolios; i++)
		assert_int_equal(folios[i].pins, 0);
}

static void run_random(bool by_folio)
{
	static void (*const step[])(void) = {
		step_use, step_use, step_fill, step_fill, step_unuse,
		step_unuse, step_access_pin, step_access_unpin, step_rw,
		step_remap, step_takeover,
	};
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		model_begin(by_folio);
		for (i = 0; i < STEPS; i++) {
			step[random_below(11)]();
			check();
		}
		model_end();
	}
}

static void test_random_process(void **state)
{
	run_random(false);
}

static void test_random_file(void **state)
{
	run_random(true);
	mem_limit_fill(UINT_MAX);
}

/* ---- single cases ---- */

static void model_begin_at(unsigned long start, unsigned long npages)
{
	unsigned long i;

	memset(model.use, 0, sizeof(model.use));
	payers_begin();
	model.by_folio = false;
	model.writable = true;
	model.pins_left = -1;
	model.npages = npages;
	model.start = start;
	for (i = 0; i < npages; i++)
		model.pinned[i] = NONE;
	model.mem = mem_create(&model.account, NULL, start * PAGE_SIZE,
			       npages * PAGE_SIZE, true);
	assert_false(IS_ERR(model.mem));
}

/* A range used and filled. */
static struct use *fill_use(int i, unsigned long first, unsigned long last)
{
	struct emission emission = { .next = first, .end = NONE, .left = -1 };
	struct use *use = &model.use[i];

	use->first = first;
	use->last = last;
	use->user = mem_use(model.mem, first, last);
	assert_int_equal(mem_fill(model.mem, use->user, emit, &emission), 0);
	use->alive = true;
	use->filled = true;
	check();
	return use;
}

static void unuse(struct use *use)
{
	mem_unuse(model.mem, use->user);
	use->alive = false;
	check();
}

/* Pages of few folios, in order and out of it, again and again. */
static void lay_mixed(unsigned long at, unsigned long end)
{
	unsigned long pfn = 0, base = frames_alloc(64, false), i;

	frames_alloc(128, false);
	for (i = 0; i < 8; i++)
		frames_alloc(1, false);
	for (; at < end; at++) {
		model.huge[at] = false;
		model.frame[at] = pfn;
		if (at % 3 && random_below(4))
			pfn++;
		if (pfn < base || pfn >= base + 200 || !random_below(6))
			pfn = base + random_below(200);
		if (!random_below(3))
			model.frame[at] = pfn;
		if (!model.frame[at])
			model.frame[at] = base;
	}
}

/*
 * A part of a hugetlb page is pinned, by one pin, and then there is other
 * memory in the place of the rest.
 */
static void replace_hugetlb(void)
{
	unsigned long half = CHUNK_PAGES + 1 + random_below(CHUNK_PAGES - 2);
	unsigned long cut = half + random_below(2 * CHUNK_PAGES - half);

	memset(&model, 0, sizeof(model));
	frames_begin(1000);
	lay_folio(0, ADDRESSES, CHUNK_PAGES, true);
	lay_folio(CHUNK_PAGES, ADDRESSES, CHUNK_PAGES, true);
	model_begin_at(0, 2 * CHUNK_PAGES);
	fill_use(0, 0, half - 1);
	assert_true(chunk_is_by_folio(model.mem->chunks[1]));
	lay_mixed(CHUNK_PAGES, 2 * CHUNK_PAGES);
	if (cut > half)
		fill_use(1, half, cut - 1);
	fill_use(2, cut, 2 * CHUNK_PAGES - 1);
	unuse(&model.use[random_below(2) * 2]);
	model_end();
}

static void test_hugetlb_is_replaced(void **state)
{
	int i;

	for (i = 0; i < 100; i++)
		replace_hugetlb();
}

/* All but the first of some hugetlb pages are pinned once. */
static void test_hugetlb_is_pinned_once(void **state)
{
	static const unsigned long skews[] = { 0, 1, 300, 511 };
	struct use *use;
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(skews); k++) {
		memset(&model, 0, sizeof(model));
		frames_begin(1000);
		for (i = 0; i < 10; i++)
			lay_folio(i * CHUNK_PAGES, ADDRESSES, CHUNK_PAGES,
				  true);
		model_begin_at(skews[k], 9 * CHUNK_PAGES);
		use = fill_use(0, 0, 9 * CHUNK_PAGES - 1);
		for (i = 1; i < (skews[k] ? 10 : 9); i++)
			assert_int_equal(folios[i].pins, 1);
		unuse(use);
		model_end();
	}
}

/* Of three users that overlap one goes: what only it had is released. */
static void test_partial_release(void **state)
{
	struct use *whole, *low, *high;
	unsigned long i;

	memset(&model, 0, sizeof(model));
	frames_begin(1000);
	for (i = 0; i < 4 * CHUNK_PAGES; i++)
		lay_folio(i, ADDRESSES, 1, false);
	model_begin_at(0, 4 * CHUNK_PAGES);
	whole = fill_use(0, 0, 4 * CHUNK_PAGES - 1);
	low = fill_use(1, 10, 700);
	high = fill_use(2, 699, 1500);
	unuse(whole);
	for (i = 0; i < 4 * CHUNK_PAGES; i++)
		assert_int_equal(folios[i].pins, i >= 10 && i <= 1500);
	unuse(low);
	for (i = 0; i < 4 * CHUNK_PAGES; i++)
		assert_int_equal(folios[i].pins, i >= 699 && i <= 1500);
	assert_int_equal(model.charged, 1500 - 699 + 1);
	unuse(high);
	model_end();
}

/* A mem for a page that was mapped without one, and may be pinned already. */
static void model_begin_adopted(bool pinned)
{
	struct use *use = &model.use[0];
	unsigned long start = 3;

	memset(&model, 0, sizeof(model));
	frames_begin(1000);
	lay_folio(start, ADDRESSES, 1, false);
	model_begin_at(start, 1);
	mem_put(model.mem);
	model.mem = mem_create_blank();
	assert_non_null(model.mem);
	refcount_inc(&model.account.refs);
	if (pinned) {
		model.charged = 1;
		folios[0].pins = 1;
		model.pinned[0] = model.frame[start];
	}
	use->user = mem_adopt(model.mem, &model.account,
			      start * PAGE_SIZE, true,
			      pinned ? model.frame[start] : 0);
	use->alive = pinned;
	use->filled = pinned;
	check();
}

static struct use *use_page(int i)
{
	struct use *use = &model.use[i];
	unsigned long pfn = 0;

	/* All users of it are one. */
	allocations_left = 0;
	use->user = mem_use_page(model.mem, &pfn);
	allocations_left = -1;
	assert_false(IS_ERR(use->user));
	assert_int_equal(pfn, model.frame[model.start]);
	use->first = 0;
	use->last = 0;
	use->alive = true;
	use->filled = true;
	check();
	return use;
}

/* Two users more; the page is pinned once, until the last of them goes. */
static void use_page_twice(void)
{
	struct use *copy = use_page(1), *other = use_page(2);

	assert_int_equal(folios[0].pins, 1);
	if (model.use[0].alive)
		unuse(&model.use[0]);
	unuse(copy);
	assert_int_equal(folios[0].pins, 1);
	unuse(other);
	assert_int_equal(folios[0].pins, 0);
}

static void test_adopted_page(void **state)
{
	model_begin_adopted(true);
	use_page_twice();
	model_end();
}

static void test_adopted_address(void **state)
{
	unsigned long pfn;

	model_begin_adopted(false);
	assert_null(model.use[0].user);
	model.pins_left = 1;
	assert_true(IS_ERR(mem_use_page(model.mem, &pfn)));
	model.pins_left = -1;
	check();
	use_page_twice();
	model_end();
}

/* One who pays for too many; and memory that nobody knows yet who will pay for. */
static void test_takeover(void **state)
{
	struct mem *part;

	model_begin(true);
	model.takeover.heir = &model.heir[0];
	model.heir[0].refs.count = REFS_MAX;
	assert_int_equal(takeover_add(&model.takeover, model.mem), -EOVERFLOW);
	assert_null(model.mem->heir);
	model.heir[0].refs.count = 1;

	part = mem_part(model.mem, 0, 1);
	assert_ptr_equal(part->account, &model.account);
	mem_put(part);
	assert_int_equal(takeover_add(&model.takeover, model.mem), 0);
	assert_null(mem_part(model.mem, 0, 1));
	check();
	takeover_end(&model.takeover, true);
	model.payer = &model.heir[0];
	check();
	part = mem_part(model.mem, 0, 1);
	assert_ptr_equal(part->account, model.payer);
	mem_put(part);
	model_end();
}

/* What user space can count up is refused before its counter is full. */
static void test_crowded(void **state)
{
	struct interval_tree_node *node;
	struct page *page = NULL;
	struct mem_user *user = NULL;

	model_begin_adopted(true);
	assert_false(mem_is_crowded(model.mem));
	model.mem->refs.count = REFS_MAX - 1;
	assert_false(mem_is_crowded(model.mem));
	model.mem->refs.count = REFS_MAX;
	assert_true(mem_is_crowded(model.mem));
	model.mem->refs.count = 1;

	assert_int_equal(mem_access_pin(model.mem, 0, 0, &page), 0);
	for (node = interval_tree_iter_first(&model.mem->users, 0, 0); node;
	     node = interval_tree_iter_next(node, 0, 0)) {
		user = container_of(node, struct mem_user, node);
		if (user->access)
			break;
	}
	assert_non_null(node);
	user->refs = UINT_MAX;
	assert_int_equal(mem_access_pin(model.mem, 0, 0, &page), -EOVERFLOW);
	assert_int_equal(user->refs, UINT_MAX);
	user->refs = 1;
	mem_access_unpin(model.mem, 0, 0);
	check();
	unuse(&model.use[0]);
	model_end();
}

static void test_create_refused(void **state)
{
	static const struct { unsigned long start, length; } bad[] = {
		{ -1UL, 2 }, { -1UL, 1 }, { PAGE_MASK, PAGE_SIZE },
		{ PAGE_SIZE, -PAGE_SIZE }, { 0, -1UL }, { 2, -1UL },
	};
	unsigned int i;

	memset(&model, 0, sizeof(model));
	payers_begin();
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_ptr_equal(mem_create(&model.account, NULL, bad[i].start,
					    bad[i].length, true),
				 ERR_PTR(-EOVERFLOW));
	allocations_left = 0;
	assert_ptr_equal(mem_create(&model.account, &model.file, 0, 1, true),
			 ERR_PTR(-ENOMEM));
	allocations_left = 0;
	assert_null(mem_create_blank());
	assert_int_equal(model.account.refs.count, 1);
	assert_int_equal(model.file.refs, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_process),
		cmocka_unit_test(test_random_file),
		cmocka_unit_test(test_hugetlb_is_replaced),
		cmocka_unit_test(test_hugetlb_is_pinned_once),
		cmocka_unit_test(test_partial_release),
		cmocka_unit_test(test_adopted_page),
		cmocka_unit_test(test_adopted_address),
		cmocka_unit_test(test_takeover),
		cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_create_refused),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
