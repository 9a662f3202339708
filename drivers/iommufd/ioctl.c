// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of user space: their arguments are copied and checked here, and
 * each calls one verb.  No logic, no locks but those of what is called.
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/iommu.h"
#include "iommufd.h"
#include "test.h"

/* For tests; the rest of the numbers is kept free for mainline. */
#define CMD_TEST _IO(IOMMUFD_TYPE, IOMMUFD_CMD_BASE + 32)

#define MAP_FLAGS (IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE | \
		   IOMMU_IOAS_MAP_READABLE)

/* Write the command back, no more of it than user space knows. */
static int command_respond(struct command *command, size_t size)
{
	if (copy_to_user(command->user, command->cmd,
			 min_t(size_t, command->user_size, size)))
		return -EFAULT;
	return 0;
}

/* The same with the one field of it that is an answer, 64 bits at @offset. */
static int command_answer(struct command *command, size_t offset, u64 value)
{
	return put_user(value, (u64 __user *)(command->user + offset));
}

/* ---- objects ---- */

static int cmd_destroy(struct command *command)
{
	struct iommu_destroy *cmd = command->cmd;

	return object_destroy(command->ictx, cmd->id);
}

static int cmd_ioas_alloc(struct command *command)
{
	struct iommu_ioas_alloc *cmd = command->cmd;
	struct ioas *ioas;
	int rc;

	if (cmd->flags)
		return -EOPNOTSUPP;
	ioas = ioas_create(command->ictx);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	cmd->out_ioas_id = ioas->obj.id;
	rc = command_respond(command, sizeof(*cmd));
	if (rc)
		ioas_abort(ioas);
	else
		ioas_publish(ioas);
	return rc;
}

static int option_rlimit_mode(struct command *command)
{
	struct iommu_option *cmd = command->cmd;
	struct iommufd_ctx *ictx = command->ictx;
	int rc = 0;

	if (cmd->object_id)
		return -EOPNOTSUPP;
	if (cmd->op == IOMMU_OPTION_OP_GET) {
		cmd->val64 = ictx->rlimit_mm;
		return 0;
	}
	if (cmd->op != IOMMU_OPTION_OP_SET)
		return -EOPNOTSUPP;
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;

	xa_lock(&ictx->objects);
	if (!xa_empty(&ictx->objects))
		rc = -EBUSY;
	else if (cmd->val64 > 1)
		rc = -EINVAL;
	else
		WRITE_ONCE(ictx->rlimit_mm, cmd->val64);
	xa_unlock(&ictx->objects);
	return rc;
}

static int option_huge_pages(struct command *command)
{
	struct iommu_option *cmd = command->cmd;
	struct ioas *ioas;
	int rc = 0;

	ioas = ioas_get(command->ictx, cmd->object_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (cmd->op == IOMMU_OPTION_OP_GET)
		cmd->val64 = !READ_ONCE(ioas->small_pages);
	else if (cmd->op != IOMMU_OPTION_OP_SET)
		rc = -EOPNOTSUPP;
	else if (cmd->val64 > 1)
		rc = -EINVAL;
	else
		rc = ioas_set_small_pages(ioas, !cmd->val64);
	ioas_put(ioas);
	return rc;
}

static int cmd_option(struct command *command)
{
	struct iommu_option *cmd = command->cmd;
	int rc;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	switch (cmd->option_id) {
	case IOMMU_OPTION_RLIMIT_MODE:
		rc = option_rlimit_mode(command);
		break;
	case IOMMU_OPTION_HUGE_PAGES:
		rc = option_huge_pages(command);
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (!rc && cmd->op == IOMMU_OPTION_OP_GET)
		rc = command_respond(command, sizeof(*cmd));
	return rc;
}

/* ---- IOVA ---- */

static int copy_usable_ranges(struct iova_space *space,
			      struct iommu_iova_range __user *out, u32 room,
			      u32 *count)
{
	unsigned long first = 0, last;

	*count = 0;
	while (iova_next_usable(space, &first, &last)) {
		struct iommu_iova_range range = {
			.start = first, .last = last,
		};

		if (*count < room &&
		    copy_to_user(out + *count, &range, sizeof(range)))
			return -EFAULT;
		++*count;
		if (last == ULONG_MAX)
			break;
		first = last + 1;
		cond_resched();
	}
	return 0;
}

static int cmd_ioas_iova_ranges(struct command *command)
{
	struct iommu_ioas_iova_ranges *cmd = command->cmd;
	u32 room = cmd->num_iovas;
	struct ioas *ioas;
	int rc = -EINTR;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (down_read_killable(&ioas->topo))
		goto out;
	cmd->out_iova_alignment = ioas->iova.alignment;
	rc = copy_usable_ranges(&ioas->iova,
				u64_to_user_ptr(cmd->allowed_iovas), room,
				&cmd->num_iovas);
	up_read(&ioas->topo);
	if (!rc)
		rc = command_respond(command, sizeof(*cmd));
	if (!rc && cmd->num_iovas > room)
		rc = -EMSGSIZE;
out:
	ioas_put(ioas);
	return rc;
}

static int load_allowed(struct rb_root_cached *allowed,
			struct iommu_iova_range __user *in, u32 count)
{
	struct iommu_iova_range range;
	int rc;
	u32 i;

	for (i = 0; i < count; i++) {
		if (copy_from_user(&range, in + i, sizeof(range)))
			return -EFAULT;
		rc = iova_allow(allowed, range.start, range.last);
		if (rc)
			return rc;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int cmd_ioas_allow_iovas(struct command *command)
{
	struct iommu_ioas_allow_iovas *cmd = command->cmd;
	struct rb_root_cached allowed = RB_ROOT_CACHED;
	struct ioas *ioas;
	int rc;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = load_allowed(&allowed, u64_to_user_ptr(cmd->allowed_iovas),
			  cmd->num_iovas);
	if (!rc)
		rc = down_write_killable(&ioas->topo);
	if (!rc) {
		rc = iova_set_allowed(&ioas->iova, &allowed);
		up_write(&ioas->topo);
	}
	iova_free_ranges(&allowed);
	ioas_put(ioas);
	return rc;
}

/* ---- MAP, COPY, UNMAP ---- */

static int check_map(u32 flags, u64 iova, u64 length)
{
	if (flags & ~MAP_FLAGS)
		return -EOPNOTSUPP;
	if (iova >= ULONG_MAX || length >= ULONG_MAX)
		return -EOVERFLOW;
	if (!(flags & (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)))
		return -EINVAL;
	return 0;
}

/* Where a command wants its mapping; the field at @offset is told the IOVA. */
static struct placement command_placement(struct command *command,
					  size_t offset, u64 iova, u32 flags)
{
	return (struct placement){
		.iova = iova,
		.fixed = flags & IOMMU_IOAS_MAP_FIXED_IOVA,
		.told = (u64 __user *)(command->user + offset),
	};
}

/* Takes over the reference on @account. */
static int map_as(struct account *account, struct ioas *ioas,
		  struct file *file, unsigned long start, unsigned long length,
		  struct placement *at, u32 flags)
{
	struct mem *mem;

	if (!file)
		return ioas_map_user(ioas, account, start, length, at,
				     prot_of_flags(flags));

	mem = mem_create(account, file, start, length,
			 flags & IOMMU_IOAS_MAP_WRITEABLE);
	account_put(account);
	if (IS_ERR(mem))
		return PTR_ERR(mem);
	return ioas_map(ioas, mem, offset_in_page(start), length, at,
			prot_of_flags(flags));
}

/* Map memory of the caller, or of a file. */
static int map_memory(struct iommufd_ctx *ictx, u32 ioas_id, struct file *file,
		      unsigned long start, unsigned long length,
		      struct placement *at, u32 flags)
{
	struct account *account;
	struct ioas *ioas;
	int rc;

	if (!length)
		return -EINVAL;
	ioas = ioas_get(ictx, ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	account = account_get_current(ictx);
	rc = PTR_ERR_OR_ZERO(account);
	if (!rc)
		rc = map_as(account, ioas, file, start, length, at, flags);
	ioas_put(ioas);
	return rc;
}

static int cmd_ioas_map(struct command *command)
{
	struct iommu_ioas_map *cmd = command->cmd;
	struct placement at;
	int rc;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	rc = check_map(cmd->flags, cmd->iova, cmd->length);
	if (rc)
		return rc;
	at = command_placement(command, offsetof(typeof(*cmd), iova),
			       cmd->iova, cmd->flags);
	return map_memory(command->ictx, cmd->ioas_id, NULL, cmd->user_va,
			  cmd->length, &at, cmd->flags);
}

static int cmd_ioas_map_file(struct command *command)
{
	struct iommu_ioas_map_file *cmd = command->cmd;
	struct placement at;
	struct file *file;
	int rc;

	rc = check_map(cmd->flags, cmd->iova, cmd->length);
	if (rc)
		return rc;
	file = fget(cmd->fd);
	if (!file)
		return -EBADF;
	at = command_placement(command, offsetof(typeof(*cmd), iova),
			       cmd->iova, cmd->flags);
	rc = pin_check_file(file, cmd->flags & IOMMU_IOAS_MAP_WRITEABLE);
	if (!rc)
		rc = map_memory(command->ictx, cmd->ioas_id, file, cmd->start,
				cmd->length, &at, cmd->flags);
	fput(file);
	return rc;
}

static int cmd_ioas_copy(struct command *command)
{
	struct iommu_ioas_copy *cmd = command->cmd;
	struct ioas *src, *dst;
	struct placement at;
	int rc;

	rc = check_map(cmd->flags, cmd->dst_iova, cmd->length);
	if (rc)
		return rc;
	if (cmd->src_iova >= ULONG_MAX)
		return -EOVERFLOW;
	src = ioas_get(command->ictx, cmd->src_ioas_id);
	if (IS_ERR(src))
		return PTR_ERR(src);
	dst = ioas_get(command->ictx, cmd->dst_ioas_id);
	if (IS_ERR(dst)) {
		ioas_put(src);
		return PTR_ERR(dst);
	}
	at = command_placement(command, offsetof(typeof(*cmd), dst_iova),
			       cmd->dst_iova, cmd->flags);
	rc = ioas_copy(src, cmd->src_iova, dst, &at, cmd->length,
		       prot_of_flags(cmd->flags));
	ioas_put(dst);
	ioas_put(src);
	return rc;
}

static bool unmaps_all(const struct iommu_ioas_unmap *cmd)
{
	return !cmd->iova && cmd->length == U64_MAX;
}

/* To unmap nothing is an error, but where that is all there is. */
static int answer_unmap(void *arg, unsigned long bytes)
{
	struct command *command = arg;
	struct iommu_ioas_unmap *cmd = command->cmd;

	if (!bytes && !unmaps_all(cmd))
		return -ENOENT;
	return command_answer(command, offsetof(typeof(*cmd), length), bytes);
}

static int unmap_last(const struct iommu_ioas_unmap *cmd, unsigned long *last)
{
	*last = ULONG_MAX;
	if (unmaps_all(cmd))
		return 0;
	if (cmd->iova >= ULONG_MAX || cmd->length >= ULONG_MAX)
		return -EOVERFLOW;
	if (!cmd->length)
		return -EINVAL;
	return check_add_overflow((unsigned long)cmd->iova,
				  (unsigned long)cmd->length - 1, last) ?
	       -EOVERFLOW : 0;
}

static int cmd_ioas_unmap(struct command *command)
{
	struct iommu_ioas_unmap *cmd = command->cmd;
	unsigned long last;
	struct ioas *ioas;
	int rc;

	ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = unmap_last(cmd, &last);
	if (!rc)
		rc = ioas_unmap(ioas, cmd->iova, last, answer_unmap, command);
	ioas_put(ioas);
	return rc;
}

/* ---- many at once ---- */

static int check_map_entry(const struct iommu_map_entry *entry)
{
	int rc;

	if (entry->__reserved)
		return -EOPNOTSUPP;
	rc = check_map(entry->flags, entry->iova, entry->length);
	if (rc)
		return rc;
	return entry->length && (entry->flags & IOMMU_IOAS_MAP_FIXED_IOVA) ?
	       0 : -EINVAL;
}

static int check_unmap_entry(const struct iommu_unmap_entry *entry)
{
	unsigned long last;

	if (entry->iova >= ULONG_MAX || entry->length >= ULONG_MAX)
		return -EOVERFLOW;
	if (!entry->length)
		return -EINVAL;
	return check_add_overflow((unsigned long)entry->iova,
				  (unsigned long)entry->length - 1, &last) ?
	       -EOVERFLOW : 0;
}

/* A copy of the array, for kvfree(). */
static void *load_entries(u64 user, u32 num, size_t size)
{
	void *entries;

	if (num > IOMMU_BULK_MAX)
		return ERR_PTR(-E2BIG);
	entries = kvmalloc_array(num, size, GFP_KERNEL_ACCOUNT);
	if (!entries)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(entries, u64_to_user_ptr(user), num * size)) {
		kvfree(entries);
		return ERR_PTR(-EFAULT);
	}
	return entries;
}

static int map_entries(struct command *command, struct ioas *ioas,
		       const void *array, u32 num, u32 *failed)
{
	const struct iommu_map_entry *entries = array;
	struct account *account;
	int rc;

	for (*failed = 0; *failed < num; ++*failed) {
		rc = check_map_entry(&entries[*failed]);
		if (rc)
			return rc;
	}
	account = account_get_current(command->ictx);
	if (IS_ERR(account))
		return PTR_ERR(account);
	rc = ioas_map_bulk(ioas, account, entries, num, failed);
	account_put(account);
	return rc;
}

static int unmap_entries(struct command *command, struct ioas *ioas,
			 const void *array, u32 num, u32 *failed)
{
	const struct iommu_unmap_entry *entries = array;
	int rc;

	for (*failed = 0; *failed < num; ++*failed) {
		rc = check_unmap_entry(&entries[*failed]);
		if (rc)
			return rc;
	}
	return ioas_unmap_bulk(ioas, entries, num, failed);
}

typedef int (*bulk_fn)(struct command *command, struct ioas *ioas,
		       const void *array, u32 num, u32 *failed);

static int run_bulk(struct command *command, size_t entry_size, bulk_fn run)
{
	struct iommu_ioas_bulk *cmd = command->cmd;
	struct ioas *ioas;
	void *array;
	int rc;

	ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	array = load_entries(cmd->entries, cmd->num, entry_size);
	rc = PTR_ERR_OR_ZERO(array);
	if (rc)
		goto out;
	/* The answer to a success, which could not be taken back. */
	cmd->out_entry = cmd->num;
	rc = command_respond(command, sizeof(*cmd));
	if (!rc) {
		rc = run(command, ioas, array, cmd->num, &cmd->out_entry);
		if (rc)
			command_respond(command, sizeof(*cmd));
	}
	kvfree(array);
out:
	ioas_put(ioas);
	return rc;
}

static int cmd_ioas_map_bulk(struct command *command)
{
	return run_bulk(command, sizeof(struct iommu_map_entry), map_entries);
}

static int cmd_ioas_unmap_bulk(struct command *command)
{
	return run_bulk(command, sizeof(struct iommu_unmap_entry),
			unmap_entries);
}

/* ---- VFIO containers ---- */

static int vfio_ioas_set(struct iommufd_ctx *ictx, u32 id)
{
	struct ioas *ioas = ioas_get(ictx, id);

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	type1_set_ioas(ictx, ioas);
	ioas_put(ioas);
	return 0;
}

static int cmd_vfio_ioas(struct command *command)
{
	struct iommu_vfio_ioas *cmd = command->cmd;
	int rc;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	switch (cmd->op) {
	case IOMMU_VFIO_IOAS_GET:
		rc = type1_get_ioas(command->ictx, &cmd->ioas_id);
		return rc ? rc : command_respond(command, sizeof(*cmd));
	case IOMMU_VFIO_IOAS_SET:
		return vfio_ioas_set(command->ictx, cmd->ioas_id);
	case IOMMU_VFIO_IOAS_CLEAR:
		type1_set_ioas(command->ictx, NULL);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* ---- devices and their page tables ---- */

/* User space is told the id before anybody else can find the page table by it. */
static int hwpt_hand_over(struct command *command, struct hwpt *hwpt)
{
	struct iommu_hwpt_alloc *cmd = command->cmd;
	int rc;

	cmd->out_hwpt_id = hwpt->obj.id;
	rc = command_respond(command, sizeof(*cmd));
	if (rc) {
		hwpt_abort(hwpt);
		return rc;
	}
	mutex_lock(&hwpt->ioas->hwpts_lock);
	hwpt_publish(hwpt);
	mutex_unlock(&hwpt->ioas->hwpts_lock);
	hwpt_unuse(hwpt);
	return 0;
}

static int hwpt_alloc(struct command *command, struct iommufd_device *idev,
		      struct object *obj)
{
	struct iommu_hwpt_alloc *cmd = command->cmd;
	struct hwpt *hwpt;

	/* No nesting, no dirty tracking, no faults, no PASID yet. */
	if (obj->type != OBJECT_IOAS && obj->type != OBJECT_HWPT)
		return -EINVAL;
	if (obj->type != OBJECT_IOAS || cmd->flags || cmd->data_len)
		return -EOPNOTSUPP;
	hwpt = idev_create_hwpt(idev, container_of(obj, struct ioas, obj));
	return IS_ERR(hwpt) ? PTR_ERR(hwpt) : hwpt_hand_over(command, hwpt);
}

static int cmd_hwpt_alloc(struct command *command)
{
	struct iommu_hwpt_alloc *cmd = command->cmd;
	struct iommufd_device *idev;
	struct object *obj;
	int rc = -EINVAL;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	if (!cmd->data_len ^ !cmd->data_type)
		return -EINVAL;
	idev = idev_get(command->ictx, cmd->dev_id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	obj = object_get(command->ictx, cmd->pt_id, OBJECT_ANY);
	if (!IS_ERR(obj)) {
		rc = hwpt_alloc(command, idev, obj);
		object_put(obj);
	}
	idev_put(idev);
	return rc;
}

static int cmd_get_hw_info(struct command *command)
{
	struct iommu_hw_info *cmd = command->cmd;
	void __user *out = u64_to_user_ptr(cmd->data_uptr);
	struct iommufd_device *idev;
	u32 length, known;
	void *data;
	int rc = 0;

	if (cmd->flags || memchr_inv(cmd->__reserved, 0,
				     sizeof(cmd->__reserved)))
		return -EOPNOTSUPP;
	idev = idev_get(command->ictx, cmd->dev_id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	data = compat_hw_info(idev->dev, &length, &cmd->out_data_type);
	if (IS_ERR(data)) {
		rc = PTR_ERR(data);
		goto out;
	}
	known = min(cmd->data_len, length);
	if (copy_to_user(out, data, known) ||
	    clear_user(out + known, cmd->data_len - known))
		rc = -EFAULT;
	kfree(data);

	/* Nothing that the capabilities stand for is served yet. */
	cmd->data_len = length;
	cmd->out_capabilities = 0;
	cmd->out_max_pasid_log2 = 0;
	if (!rc)
		rc = command_respond(command, sizeof(*cmd));
out:
	idev_put(idev);
	return rc;
}

/* ---- the table ---- */

/* Room for a copy of any command. */
union any_command {
	struct iommu_destroy destroy;
	struct iommu_hw_info hw_info;
	struct iommu_hwpt_alloc hwpt_alloc;
	struct iommu_ioas_alloc ioas_alloc;
	struct iommu_ioas_allow_iovas allow_iovas;
	struct iommu_ioas_copy copy;
	struct iommu_ioas_iova_ranges iova_ranges;
	struct iommu_ioas_map map;
	struct iommu_ioas_bulk bulk;
	struct iommu_ioas_map_file map_file;
	struct iommu_ioas_unmap unmap;
	struct iommu_option option;
	struct iommu_vfio_ioas vfio_ioas;
};

/**
 * struct row - a command
 * @nr: its ioctl number
 * @size: of its struct
 * @min_size: of the first version of its struct
 * @run: does it
 */
struct row {
	unsigned int nr;
	u16 size;
	u16 min_size;
	int (*run)(struct command *command);
};

#define ROW(_nr, _run, _struct, _last)					\
	[_IOC_NR(_nr) - IOMMUFD_CMD_BASE] = {				\
		.nr = _nr,						\
		.size = sizeof(_struct),				\
		.min_size = offsetofend(_struct, _last),		\
		.run = _run,						\
	}

static const struct row rows[] = {
	ROW(IOMMU_DESTROY, cmd_destroy, struct iommu_destroy, id),
	ROW(IOMMU_IOAS_ALLOC, cmd_ioas_alloc, struct iommu_ioas_alloc,
	    out_ioas_id),
	ROW(IOMMU_IOAS_ALLOW_IOVAS, cmd_ioas_allow_iovas,
	    struct iommu_ioas_allow_iovas, allowed_iovas),
	ROW(IOMMU_IOAS_COPY, cmd_ioas_copy, struct iommu_ioas_copy, src_iova),
	ROW(IOMMU_IOAS_IOVA_RANGES, cmd_ioas_iova_ranges,
	    struct iommu_ioas_iova_ranges, out_iova_alignment),
	ROW(IOMMU_IOAS_MAP, cmd_ioas_map, struct iommu_ioas_map, iova),
	ROW(IOMMU_IOAS_MAP_FILE, cmd_ioas_map_file, struct iommu_ioas_map_file,
	    iova),
	ROW(IOMMU_IOAS_UNMAP, cmd_ioas_unmap, struct iommu_ioas_unmap, length),
	ROW(IOMMU_IOAS_MAP_BULK, cmd_ioas_map_bulk, struct iommu_ioas_bulk,
	    entries),
	ROW(IOMMU_IOAS_UNMAP_BULK, cmd_ioas_unmap_bulk,
	    struct iommu_ioas_bulk, entries),
	ROW(IOMMU_OPTION, cmd_option, struct iommu_option, val64),
	ROW(IOMMU_VFIO_IOAS, cmd_vfio_ioas, struct iommu_vfio_ioas, __reserved),
	ROW(IOMMU_HWPT_ALLOC, cmd_hwpt_alloc, struct iommu_hwpt_alloc,
	    __reserved),
	ROW(IOMMU_GET_HW_INFO, cmd_get_hw_info, struct iommu_hw_info,
	    __reserved),
};

/**
 * ioctl_run - run one command
 * @ictx: the context
 * @nr: the ioctl number
 * @user: its struct in user memory, whose size is in its first 32 bits
 *
 * What is no command of ours may be one of VFIO's containers.
 *
 * Return: 0 or -errno; -ENOTTY where there is no such command, -EINVAL where
 * the struct is shorter than its first version, -E2BIG where it is longer than
 * ours and the rest is not zero.
 */
long ioctl_run(struct iommufd_ctx *ictx, unsigned int nr, void __user *user)
{
	unsigned int i = _IOC_NR(nr) - IOMMUFD_CMD_BASE;
	struct command command = { .ictx = ictx, .user = user };
	union any_command copy __uninitialized;
	const struct row *row;
	int rc;

	if (nr == CMD_TEST)
		return test_run(ictx, user);
	if (i >= ARRAY_SIZE(rows) || !rows[i].run || rows[i].nr != nr)
		return iommufd_type1_ioctl(ictx, nr, (unsigned long)user);
	row = &rows[i];

	if (get_user(command.user_size, (u32 __user *)user))
		return -EFAULT;
	if (command.user_size < row->min_size)
		return -EINVAL;
	command.cmd = &copy;
	rc = copy_struct_from_user(&copy, row->size, user, command.user_size);
	if (rc)
		return rc;
	return row->run(&command);
}
