/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one private header of iommufd.ko: its nouns, and what each file offers
 * to the files above it.
 *
 * Locks, outer to inner; a lock is never taken while one below it is held:
 *
 *   group->lock	attach, replace and detach of the devices of a group
 *   ioas->topo		which domains, accesses and reservations an IOAS has;
 *			for reading by everything that maps or unmaps.  Never
 *			two IOASes at once
 *   mem->lock		frames and users of one piece of pinned memory; a
 *			notifier of changes in an mm is waited for inside it
 *   mmap_lock		inside get_user_pages
 *   ioas->tree_lock	a spinlock over the tree of areas, held briefly
 *   ictx->share_lock	a spinlock over the registry of what may be shared
 *   tables->lock	what the driver of a domain has allocated for it; only over
 *			the allocator
 */
#ifndef __IOMMUFD_PRIVATE_H
#define __IOMMUFD_PRIVATE_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/interval_tree.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_bulk.h>

#include "compat/handle.h"
#include "chunk.h"
#include "iova.h"
#include "tables.h"

struct completion;
struct cred;
struct iommu_group;
struct iommu_resv_region;
struct share;

/* ---- object.c: ids, references, destruction ---- */

enum object_type {
	OBJECT_ANY,
	OBJECT_TEST,	/* of iommufd_selftest.ko, see test.h */
	OBJECT_DEVICE,
	OBJECT_ACCESS,
	OBJECT_HWPT,
	OBJECT_IOAS,
	OBJECT_TYPES,	/* the order above is the order of teardown */
};

/**
 * struct object - what user space names by an id
 * @ictx: the context that the id is one of
 * @busy: one for the id, and one for each call that is using the object
 * @users: one for the id, one for who makes it, and one for each other object that
 *	stands on this one; DESTROY is refused while there is any but the first
 * @id: the id
 * @type: what it is
 * @gone: completed when the last of @busy is dropped; set by the destroyer
 *	under the id table's lock
 * @destroy: frees what the object holds, in process context; the memory of
 *	the object itself is freed by object.c after an RCU grace period
 * @rcu: for that
 */
struct object {
	struct iommufd_ctx *ictx;
	refcount_t busy;
	refcount_t users;
	u32 id;
	enum object_type type;
	struct completion *gone;
	void (*destroy)(struct object *obj);
	struct rcu_head rcu;
};

/**
 * struct iommufd_ctx - one open file of /dev/iommu
 * @file: the file; each bound device and access holds a reference on it
 * @objects: ids; its own lock guards the table
 * @groups_lock: guards @groups and every group's count of devices
 * @groups: IOMMU groups of which devices are bound
 * @account_lock: guards @account
 * @account: the payer that was used last, or NULL
 * @rlimit_mm: charge the mm and not the user; guarded by the lock of @objects
 * @quota: what the user who has opened it may make drivers allocate
 * @share_lock: guards @shares
 * @shares: the registry of share.c
 * @type1_ioas: what the ioctls of a VFIO container work on, or NULL; guarded by
 *	the lock of @objects
 */
struct iommufd_ctx {
	struct file *file;
	struct xarray objects;
	struct mutex groups_lock;	/* outside of group->lock */
	struct list_head groups;
	spinlock_t account_lock;	/* a leaf */
	struct account *account;
	bool rlimit_mm;
	struct quota *quota;
	spinlock_t share_lock;	/* a leaf */
	struct rb_root_cached shares;
	struct ioas *type1_ioas;
};

/* For iommufd_ctx_get() and _put(), which are for other modules. */
static inline void ctx_get(struct iommufd_ctx *ictx)
{
	get_file(ictx->file);
}

static inline void ctx_put(struct iommufd_ctx *ictx)
{
	fput(ictx->file);
}

void object_ctx_init(struct iommufd_ctx *ictx);
void object_ctx_destroy(struct iommufd_ctx *ictx);
int object_reserve(struct iommufd_ctx *ictx, struct object *obj,
		   enum object_type type, void (*destroy)(struct object *obj));
void object_publish(struct object *obj);
void object_abort(struct object *obj);
struct object *object_get(struct iommufd_ctx *ictx, u32 id,
			  enum object_type type);
void object_put(struct object *obj);
bool object_use(struct object *obj);
void object_unuse(struct object *obj);
bool object_unuse_last(struct object *obj);
int object_destroy(struct iommufd_ctx *ictx, u32 id);
void object_remove(struct object *obj);

/*
 * References that user space can make without end are refused from here on, long
 * before their counter is full.  Calls that run take a few more.
 */
#define REFS_MAX (INT_MAX / 2)

/* ---- account.c: who pays for pinned pages ---- */

enum account_mode {
	ACCOUNT_NONE,	/* CAP_IPC_LOCK: counted in pinned_vm, not limited */
	ACCOUNT_USER,	/* user->locked_vm, limited by RLIMIT_MEMLOCK */
	ACCOUNT_MM,	/* mm->locked_vm, limited by RLIMIT_MEMLOCK */
};

/**
 * struct account - a process that pays for pins, and whose memory it is
 * @refs: of areas, mems, calls, and the context that used it last
 * @mode: how it pays
 * @mm: held by mmgrab(), so it may have no users any more
 * @task: the leader of its threads, whose RLIMIT_MEMLOCK counts
 * @cred: whose user pays.  Held, and not the user alone: not every 6.1 lets
 *	modules let go of one
 *
 * Constant once made.
 */
struct account {
	refcount_t refs;
	enum account_mode mode;
	struct mm_struct *mm;
	struct task_struct *task;
	const struct cred *cred;
};

/* Take a reference on a payer that the caller has one on. */
static inline struct account *account_get(struct account *account)
{
	refcount_inc(&account->refs);
	return account;
}

struct account *account_get_current(struct iommufd_ctx *ictx);
bool account_is_same(const struct account *a, const struct account *b);
void account_put(struct account *account);
int account_charge(struct account *account, unsigned long npages);
void account_uncharge(struct account *account, unsigned long npages);

/* ---- pin.c: user memory to frames, and back ---- */

/**
 * struct pin_source - where the pages of a mem come from
 * @mm: the process whose addresses @start counts in, without @is_file
 * @file: a file of memory (memfd, shmem, hugetlbfs), with @is_file
 * @start: user address, without a tag, or file offset of page 0, page aligned, in
 *	bytes
 * @is_file: which of the two it is
 * @writable: pages are pinned to be written, and dirtied on release
 */
struct pin_source {
	union {
		struct mm_struct *mm;
		struct file *file;
	};
	unsigned long start;
	bool is_file;
	bool writable;
};

int pin_check_file(struct file *file, bool write);
bool pin_is_by_folio(const struct pin_source *src);
long pin_pages(const struct pin_source *src, unsigned long index,
	       unsigned long npages, struct page **pages);
long pin_user(struct mm_struct *mm, unsigned long address,
	      unsigned long npages, bool write, struct page **pages);
bool pin_hugetlb(const struct pin_source *src, unsigned long index,
		 unsigned long npages, struct page **page);
void pin_release(struct page **pages, unsigned long npages, bool dirty);
void pin_release_run(struct page *page, unsigned long npages, bool dirty);
int pin_find_mmio(unsigned long address, unsigned long length, bool write,
		  unsigned long *first);

/* ---- a slice of user memory, pinned once ---- */

/**
 * struct mem_user - somebody who needs the frames of a range of a mem
 * @node: the first and the last page, inclusive
 * @refs: those who share it: accesses of equal ranges, or areas of the range
 *	of the first user, which have a reference on the mem each; guarded by
 *	mem->lock
 * @access: it is for an access; found again by its range
 */
struct mem_user {
	struct interval_tree_node node;
	unsigned int refs;
	bool access;
};

/**
 * struct mem - a contiguous slice of user memory
 * @refs: areas, and calls that are about to make one
 * @lock: guards @users, @chunks, @npinned, @hugetlb, @share, and the pins
 *	themselves
 * @account: who pays
 * @source: where pages come from
 * @npages: size, in pages
 * @skew: pages between the start of chunk 0 and page 0; chunks are aligned to
 *	their size in the source, so that huge pages fall into one
 * @hugetlb: the last chunk that was pinned was one hugetlb page; a hint
 * @users: ranges whose pages stay pinned
 * @first_user: room for the first user, so that most need no allocation
 * @npinned: pages pinned and charged
 * @share: its place in the registry, while others may share it; else NULL
 * @chunks: one word for each 2 MiB, see chunk.h; NULL before the first page
 * @few_chunks: room for them where they are few
 */
struct mem {
	refcount_t refs;
	bool hugetlb;
	u16 skew;
	struct mutex lock;	/* inside of ioas->topo */
	struct account *account;
	struct pin_source source;
	unsigned long npages;
	unsigned long npinned;
	struct share *share;
	struct rb_root_cached users;
	struct mem_user first_user;
	chunk_t *chunks;
	chunk_t few_chunks[];
};

/* Has a mem so many areas that it can't have one more? */
static inline bool mem_is_crowded(const struct mem *mem)
{
	return refcount_read(&mem->refs) >= REFS_MAX;
}

/* ---- share.c: mems that other IOASes may share ---- */

/* Whether it is worth it: a lone area has no mem, most small ones are below. */
static inline bool mem_is_large(const struct mem *mem)
{
	return mem->npages >= CHUNK_PAGES;
}

struct share *share_offer(struct iommufd_ctx *ictx, struct mem *mem);
void share_cancel(struct share *share);
void share_publish(struct share *share);
void share_withdraw(struct mem *mem);
struct mem *share_find(struct iommufd_ctx *ictx, const struct mem *want);
int share_verify(struct mem *mem, const struct mem *want);

/* ---- fill.c: frames for a range of a mem ---- */

/**
 * struct extent - the frames of some pages of a mem
 * @index: the first page
 * @npages: how many
 * @frames: frame of each page, or NULL where they are adjacent
 * @pfn: frame of the first page where @frames is NULL
 */
struct extent {
	unsigned long index;
	unsigned long npages;
	const u32 *frames;
	unsigned long pfn;
};

/* Called with mem->lock held, in the order of the pages. */
typedef int (*mem_emit_fn)(void *arg, const struct extent *extent);

int mem_fill(struct mem *mem, const struct mem_user *user, mem_emit_fn emit,
	     void *arg);
int mem_fill_locked(struct mem *mem, unsigned long first, unsigned long last,
		    mem_emit_fn emit, void *arg);
void mem_limit_fill(unsigned int npages);

/* ---- mem.c: what is done to a mem ---- */

struct mem *mem_create(struct account *account, struct file *file,
		       unsigned long start, unsigned long length,
		       bool writable);
struct mem *mem_create_blank(void);
struct mem_user *mem_adopt(struct mem *mem, struct account *account,
			   unsigned long address, bool writable,
			   unsigned long pfn);
struct mem *mem_part(const struct mem *mem, unsigned long first,
		     unsigned long npages);
struct mem *mem_get(struct mem *mem);
void mem_put(struct mem *mem);
void mem_leak(struct mem *mem);
struct mem_user *mem_use(struct mem *mem, unsigned long first,
			 unsigned long last);
void mem_unuse(struct mem *mem, struct mem_user *user);
struct mem_user *mem_use_page(struct mem *mem, unsigned long *pfn);
int mem_access_pin(struct mem *mem, unsigned long first, unsigned long last,
		   struct page **pages);
void mem_access_unpin(struct mem *mem, unsigned long first,
		      unsigned long last);
int mem_rw(struct mem *mem, unsigned long offset, void *data, size_t len,
	   bool write);

/* ---- quota.c: what one user may take of IOMMU drivers ---- */

/**
 * struct quota - a user, and what nobody else counts
 * @node: in the list of users
 * @refs: of files, and of domains that can't be freed
 * @uid: who
 * @used: bytes that no memory cgroup is charged for
 * @page_tables: how many
 */
struct quota {
	struct list_head node;
	refcount_t refs;
	kuid_t uid;
	atomic_long_t used;
	atomic_t page_tables;
};

struct quota *quota_get_current(void);
struct quota *quota_get(struct quota *quota);
void quota_put(struct quota *quota);
int quota_charge(struct quota *quota, unsigned long bytes);
void quota_uncharge(struct quota *quota, unsigned long bytes);
int quota_take_page_table(struct quota *quota);
void quota_drop_page_table(struct quota *quota);
unsigned long quota_left(const struct quota *quota);
void quota_init(void);

/* ---- domain.c: an iommu_domain and what it can do ---- */

/**
 * struct domain - an iommu_domain with its capabilities as data
 * @iommu: the kernel's domain
 * @handle: by which the kernel knows it after a replace
 * @driver: whose it is, by compat_iommu_driver_id()
 * @first: lowest IOVA that it translates
 * @last: highest IOVA that it translates, inclusive
 * @pgsizes: bitmap of page sizes; none above 1 GiB
 * @settled: the three above are final
 * @truthful: a failing map call reports what it wrote
 * @serial: calls that change it must not run in parallel
 * @merges: adjacent pages of one map call may become one large page, or be
 *	unmapped only together
 * @flush_all: a sync flushes all that it has cached, not what was unmapped
 * @coherent: no-snoop DMA is made to snoop
 * @stuck: the kernel failed to detach it from a device, and still points to it:
 *	it can be emptied but never freed; guarded by topo of its IOAS
 * @map_lock: held around map and unmap of a @serial domain
 * @tables: what its driver has allocated that nobody else pays for
 *
 * But for @stuck and @tables, constant after domain_settle(), which runs before the domain
 * is filled.
 */
struct domain {
	struct iommu_domain *iommu;
	struct compat_handle handle;
	const void *driver;
	unsigned long first;
	unsigned long last;
	unsigned long pgsizes;
	bool settled;
	bool truthful;
	bool serial;
	bool merges;
	bool flush_all;
	bool coherent;
	bool stuck;
	struct mutex map_lock;	/* outside of tables.lock */
	struct tables tables;
};

int domain_init(struct domain *domain, struct device *dev,
		struct quota *quota);
int domain_settle(struct domain *domain);
void domain_enforce_coherency(struct domain *domain);
bool domain_fits(const struct domain *domain, struct device *dev);
void domain_detach(struct domain *domain, struct iommu_group *group);
void domain_free(struct domain *domain);

static inline unsigned long domain_page(const struct domain *domain)
{
	return 1UL << __ffs(domain->pgsizes);
}

/* ---- pgtable.c: extents to a domain; the only caller of map and unmap ---- */

/* What one sync covers at most: some drivers count its pages in 32 bits. */
#define SYNC_SPAN SZ_1T

/**
 * pgtable_span_extend - let one sync cover another range, too
 * @first: first IOVA that it covers
 * @last: last IOVA, inclusive
 * @more_first: first IOVA of the other
 * @more_last: last IOVA, inclusive
 *
 * What lies between them is covered as well, which does no harm.
 *
 * Return: false where it would be too much: then nothing has changed.
 */
static inline bool pgtable_span_extend(unsigned long *first,
				       unsigned long *last,
				       unsigned long more_first,
				       unsigned long more_last)
{
	more_first = min(more_first, *first);
	more_last = max(more_last, *last);
	if (more_last - more_first >= SYNC_SPAN)
		return false;
	*first = more_first;
	*last = more_last;
	return true;
}

/**
 * struct pgtable_gather - what was unmapped, until a sync
 * @iotlb: what has to be flushed
 * @freed: bytes of the driver's that are freed then, for tables_freed()
 */
struct pgtable_gather {
	struct iommu_iotlb_gather iotlb;
	size_t freed;
};

int pgtable_map(struct domain *domain, unsigned long iova, phys_addr_t paddr,
		size_t size, int prot, bool small, size_t *mapped);
int pgtable_map_frames(struct domain *domain, unsigned long iova,
		       const u32 *frames, unsigned long npages, int prot,
		       bool small, size_t *mapped);
int pgtable_map_sync(struct domain *domain, unsigned long iova, size_t size);
void pgtable_gather(struct domain *domain, struct pgtable_gather *gather);
bool pgtable_unmap(struct domain *domain, unsigned long iova, size_t size,
		   struct pgtable_gather *gather);
void pgtable_sync(struct domain *domain, struct pgtable_gather *gather);

/* ---- access.c: in-kernel users ---- */

/**
 * struct iommufd_access - what a driver without DMA uses an IOAS through
 * @obj: names it
 * @ops: its owner's
 * @data: for @ops
 * @ioas: what it is attached to, or NULL; guarded by @lock
 * @unpin_ioas: the same, and still while a detach asks for the pins to go;
 *	guarded by @lock, and constant while there are pins
 * @lock: mutex, outside of ioas->topo; not held over @ops
 */
struct iommufd_access {
	struct object obj;
	const struct iommufd_access_ops *ops;
	void *data;
	struct mutex lock;	/* outside of ioas->topo */
	struct ioas *ioas;
	struct ioas *unpin_ioas;
};

/* ---- IO address spaces and their areas ---- */

enum area_state {
	AREA_RESERVED,	/* its IOVA is taken, a MAP is filling it */
	AREA_LIVE,
	AREA_CLOSING,	/* an UNMAP owns it: no new pins */
};

/**
 * struct area - one mapped range of IOVA
 * @node: first and last IOVA in bytes, inclusive; areas never overlap
 * @mem: the memory; holds a reference
 * @user: its use of the frames of @mem: set while the IOAS has a domain, from
 *	MAP or from the first domain on; guarded by ioas->topo, held for writing,
 *	or for reading by who owns the area while it is not LIVE
 * @first: first page of @mem
 * @account: of a lone area, who pays, and whose memory it is
 * @pfn: of a lone area, its frame; 0 where @user would not be set.  Of an area
 *	of device memory, its first frame
 * @address: of a lone area, the user address of its page, without a tag
 * @offset: of the first byte within the first page
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE
 * @state: guarded by ioas->tree_lock
 * @leaked: a device may reach it for ever: its pins never go
 * @lone: it is one page of a process, and does without a mem until a COPY or an
 *	access wants one; guarded by ioas->tree_lock
 * @mmio: it is memory of a device: adjacent frames, never pinned, no mem
 * @shared: @mem was made for another area, and is given back with the last
 *	domain; guarded as @user
 * @accesses: pins of accesses within it; guarded by ioas->tree_lock
 * @next: list of the MAP or UNMAP that owns it
 */
struct area {
	struct span node;
	union {
		struct mem *mem;
		struct account *account;
	};
	union {
		struct mem_user *user;
		unsigned long pfn;
	};
	union {
		unsigned long first;
		unsigned long address;
	};
	struct area *next;
	u32 accesses;
	u16 offset;
	u8 prot;
	u8 state;
	bool leaked;
	bool lone;
	bool mmio;
	bool shared;
};

static_assert(sizeof(struct area) <= 88);

/**
 * struct ioas - an IO address space
 * @obj: names it
 * @topo: for writing to change @domains or @iova; for reading to map, unmap
 *	or access.  Areas in state RESERVED exist only under it
 * @domains: the domains that hold every area; guarded by @topo
 * @ndomains: entries of @domains
 * @npinning: accesses that pin pages; guarded by @topo
 * @iova: which IOVA may be used; guarded by @topo, and what it remembers by
 *	@tree_lock as well
 * @small_pages: map with the smallest IO page only; guarded by @topo
 * @hwpts: page tables of this IOAS; guarded by @hwpts_lock
 * @hwpts_lock: also makes the choice of a page table for a device one step;
 *	outside of group->lock
 * @accesses: by id; changed under @topo
 * @tree_lock: guards @areas, @cursor, and state and accesses of each area
 * @areas: by IOVA
 * @cursor: where the search for a free IOVA starts
 * @access_wait: woken when a pin of an access goes
 */
struct ioas {
	struct object obj;
	struct rw_semaphore topo;
	struct domain **domains;
	unsigned int ndomains;
	unsigned int npinning;
	struct iova_space iova;
	bool small_pages;
	struct mutex hwpts_lock;	/* outside of group->lock */
	struct list_head hwpts;
	struct xarray accesses;
	spinlock_t tree_lock;	/* a leaf */
	struct span_tree areas;
	unsigned long cursor;
	wait_queue_head_t access_wait;
};

/* ---- area.c: areas, one at a time ---- */

/* Areas handled in one hold of tree_lock. */
#define TREE_BATCH 64

static inline size_t area_length(const struct area *area)
{
	return area->node.last - area->node.start + 1;
}

/* How an IOMMU driver is told what the flags of IOMMU_IOAS_MAP allow devices. */
static inline int prot_of_flags(u32 flags)
{
	return IOMMU_CACHE |
	       (flags & IOMMU_IOAS_MAP_WRITEABLE ? IOMMU_WRITE : 0) |
	       (flags & IOMMU_IOAS_MAP_READABLE ? IOMMU_READ : 0);
}

int area_init(void);
void area_exit(void);
struct area *area_first(struct ioas *ioas, unsigned long first,
			unsigned long last);
struct area *area_next(struct area *area, unsigned long last);
int areas_alloc(struct area **areas, unsigned int count);
int area_set_user(struct area *area, struct account *account,
		  unsigned long address, unsigned long length, int prot);
struct area *area_create(struct mem *mem, unsigned long offset,
			 unsigned long length, int prot);
struct area *area_create_user(struct account *account, unsigned long address,
			      unsigned long length, int prot);
struct area *area_create_mmio(unsigned long pfn, unsigned long offset,
			      unsigned long length, int prot);
unsigned long area_address(const struct area *area);
unsigned long area_mem_offset(const struct area *area, unsigned long iova);
void area_promote(struct area *area, struct mem *mem);
void area_unplace(struct ioas *ioas, struct area *area);
void area_free(struct area *area);
void areas_free(struct area *areas);
int area_spread(struct ioas *ioas, struct area *area, struct domain **domains,
		unsigned int ndomains, bool sync, bool *clean);
int area_fill(struct ioas *ioas, struct area *area, struct domain **domains,
	      unsigned int ndomains, bool sync);
unsigned int areas_fill(struct ioas *ioas, struct area **areas,
			unsigned int count, int *error);
void area_release(struct area *area, bool clean);
void area_unshare(struct area *area);
struct area *area_create_part(struct area *area, unsigned long first,
			      unsigned long last);
void areas_publish(struct ioas *ioas, struct area *areas);
int areas_sync(struct ioas *ioas, const struct area *areas);
void areas_unfill(struct ioas *ioas, struct area *areas);
bool area_next_pinned(struct ioas *ioas, unsigned long *first,
		      unsigned long *last);
void area_drop_pin(struct ioas *ioas, unsigned long iova);

/* ---- slice.c: the memory behind IOVA ---- */

/**
 * struct slice - a part of the memory of one area
 * @mem: the memory; a reference is held
 * @offset: first byte
 * @length: bytes
 * @shared: as of the area
 */
struct slice {
	struct mem *mem;
	unsigned long offset;
	unsigned long length;
	bool shared;
};

int slice_find(struct ioas *ioas, unsigned long iova, unsigned long last,
	       int prot, bool pin, struct slice *slice);
bool slice_find_pinned(struct ioas *ioas, unsigned long iova,
		       unsigned long last, struct slice *slice);

/* ---- map.c: MAP and COPY ---- */

int ioas_check_place(struct ioas *ioas, unsigned long first,
		     unsigned long length);

/**
 * struct placement - where a MAP or COPY goes
 * @iova: the first IOVA: given with @fixed, chosen and set without
 * @fixed: see @iova
 * @told: where user space is told @iova, or NULL; before anybody can use what is
 *	mapped, so that an address that can't be written to is an error like any other
 */
struct placement {
	unsigned long iova;
	bool fixed;
	u64 __user *told;
};

int ioas_map(struct ioas *ioas, struct mem *mem, unsigned long offset,
	     unsigned long length, struct placement *at, int prot);
int ioas_map_user(struct ioas *ioas, struct account *account,
		  unsigned long address, unsigned long length,
		  struct placement *at, int prot);
int ioas_map_mmio(struct ioas *ioas, unsigned long pfn, unsigned long offset,
		  unsigned long length, unsigned long iova, int prot);
int ioas_copy(struct ioas *src, unsigned long src_iova, struct ioas *dst,
	      struct placement *at, unsigned long length, int prot);

/* ---- bulk.c: many MAPs in one ---- */

int ioas_map_bulk(struct ioas *ioas, struct account *account,
		  const struct iommu_map_entry *entries, unsigned int num,
		  unsigned int *failed);

/* ---- unmap.c: UNMAP ---- */

/* Called with topo held; an error ends the UNMAP, with nothing changed. */
typedef int (*unmap_answer_fn)(void *arg, unsigned long bytes);

int ioas_unmap(struct ioas *ioas, unsigned long first, unsigned long last,
	       unmap_answer_fn answer, void *arg);
int ioas_unmap_part(struct ioas *ioas, unsigned long first, unsigned long last,
		    unmap_answer_fn answer, void *arg);
int ioas_unmap_bulk(struct ioas *ioas, const struct iommu_unmap_entry *entries,
		    unsigned int num, unsigned int *failed);
void ioas_clear(struct ioas *ioas);

/* ---- ioas.c: the object, its domains and accesses ---- */

struct ioas *ioas_create(struct iommufd_ctx *ictx);
void ioas_publish(struct ioas *ioas);
void ioas_abort(struct ioas *ioas);
struct ioas *ioas_get(struct iommufd_ctx *ictx, u32 id);
void ioas_put(struct ioas *ioas);
int ioas_reserve(struct ioas *ioas, unsigned long first, unsigned long last,
		 const void *owner);
int ioas_add_domain(struct ioas *ioas, struct domain *domain);
void ioas_remove_domain(struct ioas *ioas, struct domain *domain);
int ioas_set_small_pages(struct ioas *ioas, bool small);
unsigned long ioas_maps_left(struct ioas *ioas);
int ioas_add_access(struct ioas *ioas, struct iommufd_access *access);
void ioas_remove_access(struct ioas *ioas, struct iommufd_access *access);

/**
 * enum msi_kind - what a window is that a device's interrupts are written to
 * @MSI_NONE: there is none
 * @MSI_PLAIN: the IOMMU lets them pass
 * @MSI_TRANSLATED: like all DMA: software maps doorbells there
 */
enum msi_kind { MSI_NONE, MSI_PLAIN, MSI_TRANSLATED };

/**
 * struct msi_window - where a device's interrupts go
 * @kind: who looks after it
 * @first: its first IOVA
 */
struct msi_window {
	enum msi_kind kind;
	unsigned long first;
};

/* ---- hwpt.c: page table objects ---- */

/**
 * struct hwpt - a page table that user space can name
 * @obj: names it
 * @ioas: what it holds
 * @domain: its domain, private to @ioas
 * @automatic: made by attaching a device to an IOAS; goes with its last user
 * @filled: @domain is among the domains of @ioas
 * @msi: where interrupts go, and the kernel was told so
 * @msi_taken: pages of it, from the first on, for doorbells of groups that had
 *	them before
 * @node: in ioas->hwpts, from hwpt_publish() to the last use
 *
 * @filled and what is said of doorbells are guarded by ioas->hwpts_lock; the
 * latter changes no more once a group is attached.
 */
struct hwpt {
	struct object obj;
	struct ioas *ioas;
	struct domain domain;
	bool automatic;
	bool filled;
	struct msi_window msi;
	unsigned int msi_taken;
	struct list_head node;
};

struct hwpt *hwpt_create(struct ioas *ioas, struct device *dev,
			 bool automatic);
int hwpt_fill(struct hwpt *hwpt);
void hwpt_publish(struct hwpt *hwpt);
void hwpt_abort(struct hwpt *hwpt);
void hwpt_unuse(struct hwpt *hwpt);
void hwpt_unuse_locked(struct hwpt *hwpt, struct list_head *gone);
void hwpts_free(struct list_head *gone);

/* ---- devices and their groups ---- */

#define DOORBELLS_MAX 16

/**
 * struct group - what a context has of an IOMMU group
 * @node: in ictx->groups
 * @iommu: the group; a reference is held
 * @nbound: devices bound; guarded by ictx->groups_lock
 * @borrowed: who bound it owns its DMA, and not the context
 * @lock: guards the rest
 * @hwpt: what it is attached to, or NULL
 * @devices: devices that are attached
 * @ndoorbells: how many doorbells its interrupts may be using since before it
 *	was attached, see msi.c
 * @doorbells: these, in the order of their IOVAs; 0 where there is none
 */
struct group {
	struct list_head node;
	struct iommu_group *iommu;
	unsigned int nbound;
	bool borrowed;
	struct mutex lock;	/* inside of ioas->hwpts_lock */
	struct hwpt *hwpt;
	struct list_head devices;
	unsigned int ndoorbells;
	phys_addr_t doorbells[DOORBELLS_MAX];
};

/**
 * struct iommufd_device - a device bound to a context
 * @obj: names it
 * @dev: the device, or one of a group that was bound as a whole; a reference
 *	is held
 * @group: its group; a share is held
 * @node: in group->devices while it is attached; guarded by group->lock
 * @attached: guarded by group->lock
 * @enforces: its IOMMU promises to make no-snoop DMA snoop
 */
struct iommufd_device {
	struct object obj;
	struct device *dev;
	struct group *group;
	struct list_head node;
	bool attached;
	bool enforces;
};

/* ---- group.c: IOMMU groups ---- */

struct group *group_get(struct iommufd_ctx *ictx, struct device *dev);
struct group *group_borrow(struct iommufd_ctx *ictx, struct device *dev);
void group_put(struct iommufd_ctx *ictx, struct group *group);

/* ---- device.c: devices and the contexts they are bound to ---- */

struct iommufd_device *idev_bind(struct iommufd_ctx *ictx, struct device *dev,
				 u32 *id);
void idev_unbind(struct iommufd_device *idev);
struct iommufd_device *idev_get(struct iommufd_ctx *ictx, u32 id);
void idev_put(struct iommufd_device *idev);

/* ---- msi.c: interrupts that the IOMMU meets ---- */

void msi_find_window(const struct iommu_resv_region *region,
		     struct msi_window *window);
int msi_remember(struct group *group);
int msi_set_window(struct hwpt *hwpt, struct group *group,
		   const struct msi_window *window);
int msi_map(struct hwpt *hwpt, struct group *group);

/* ---- attach.c: which page table a device uses ---- */

struct hwpt *idev_create_hwpt(struct iommufd_device *idev, struct ioas *ioas);

/* ---- type1.c: the ABI of VFIO containers ---- */

void type1_set_ioas(struct iommufd_ctx *ictx, struct ioas *ioas);
int type1_get_ioas(struct iommufd_ctx *ictx, u32 *id);

/* ---- ioctl.c: commands of user space ---- */

/**
 * struct command - a call of user space
 * @ictx: the context
 * @user: its struct
 * @user_size: bytes of that, as user space knows it
 * @cmd: a copy of it in kernel memory
 */
struct command {
	struct iommufd_ctx *ictx;
	void __user *user;
	u32 user_size;
	void *cmd;
};

long ioctl_run(struct iommufd_ctx *ictx, unsigned int nr, void __user *user);

/* ---- main.c: open files ---- */

struct iommufd_ctx *ctx_create(void);

#endif /* __IOMMUFD_PRIVATE_H */
