// SPDX-License-Identifier: GPL-2.0
/*
 * IOASes, files and processes for tests of CHANGE_PROCESS, see takebed.h.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include "file.h"
#include "iommufd.h"
#include "takebed.h"
#include "user.h"

static void limit(long memlock)
{
	struct rlimit rlimit = { memlock, memlock };

	if (memlock >= 0)
		check(!setrlimit(RLIMIT_MEMLOCK, &rlimit));
}

/**
 * struct part - what a process does
 * @bed: with this
 * @function: that
 * @memlock: its limit
 */
struct part {
	struct takebed *bed;
	take_function function;
	long memlock;
};

static void play(void *arg)
{
	struct part *part = arg;

	check(!drop_ipc_lock());
	limit(part->memlock);
	part->bed->owner = getpid();
	part->function(part->bed);
}

void owner_is_root(struct takebed *bed, take_function function, long memlock)
{
	struct part part = { bed, function, memlock };

	end_child(start_child(play, &part, -1));
}

void owner_is_user(struct takebed *bed, take_function function, long memlock)
{
	struct part part = { bed, function, -1 };

	end_child(start_child(play, &part, memlock));
}

static pid_t start(struct takebed *bed, take_function function, long memlock,
		   bool as_user)
{
	pid_t heir = fork();

	check(heir >= 0);
	if (heir)
		return heir;
	if (as_user)
		become_user(memlock);
	else
		limit(memlock);
	function(bed);
	_exit(0);
}

pid_t heir_start(struct takebed *bed, take_function function, long memlock)
{
	return start(bed, function, memlock, false);
}

pid_t heir_start_as_user(struct takebed *bed, take_function function, long memlock)
{
	return start(bed, function, memlock, true);
}

void heir_end(pid_t heir)
{
	int status = -1;

	check(waitpid(heir, &status, 0) == heir);
	check(!status);
}

void heir_runs(struct takebed *bed, take_function function, long memlock)
{
	heir_end(heir_start(bed, function, memlock));
}

void heir_runs_as_user(struct takebed *bed, take_function function, long memlock)
{
	heir_end(heir_start_as_user(bed, function, memlock));
}

uint64_t map_file(struct takebed *bed, int i, uint64_t start, uint64_t length)
{
	uint64_t iova = 0;

	check(!iommufd_map_file(bed->fd, bed->ioas[i], MAP_RW, bed->file, start,
				length, &iova));
	return iova;
}

void copy(struct takebed *bed, int to, int from, uint64_t iova, uint64_t length)
{
	uint64_t there = 0;

	check(!iommufd_copy(bed->fd, MAP_RW, bed->ioas[to], &there,
			    bed->ioas[from], iova, length));
}

void unmap_all(struct takebed *bed, int i)
{
	check(!iommufd_unmap_all(bed->fd, bed->ioas[i], NULL));
}

static uint64_t bytes_of(pid_t pid, const char *name)
{
	char path[32];
	uint64_t kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	check(!file_read_kb(path, name, &kb));
	return kb * 1024;
}

uint64_t pinned_by(pid_t pid)
{
	return bytes_of(pid, "VmPin");
}

uint64_t locked_by(pid_t pid)
{
	return bytes_of(pid, "VmLck");
}

void has_left(struct takebed *bed, uint64_t bytes)
{
	int file = memfd_create("more", 0);
	uint64_t iova;

	check(file >= 0 && !ftruncate(file, bytes + PAGE));
	check(iommufd_map_file(bed->fd, bed->ioas[0], MAP_RW, file, 0,
			       bytes + PAGE, &iova) == -ENOMEM);
	if (bytes) {
		check(!iommufd_map_file(bed->fd, bed->ioas[0], MAP_RW, file, 0,
					bytes, &iova));
		check(!iommufd_unmap(bed->fd, bed->ioas[0], iova, bytes, NULL));
	}
	close(file);
}

static int setup(void **state, bool by_process)
{
	struct takebed *bed = calloc(1, sizeof(*bed));
	int i;

	bed->fd = new_fd();
	if (by_process)
		assert_int_equal(iommufd_option_set(bed->fd,
						    IOMMU_OPTION_RLIMIT_MODE, 0,
						    1), 0);
	for (i = 0; i < IOASES; i++) {
		bed->ioas[i] = new_ioas(bed->fd);
		assert_int_equal(test_mock(bed->fd, bed->ioas[i], 0,
					   &bed->mock[i]), 0);
	}
	bed->file = memfd_create("takeover", 0);
	assert_true(bed->file >= 0);
	assert_int_equal(ftruncate(bed->file, LARGE), 0);
	*state = bed;
	return 0;
}

int takebed_setup(void **state)
{
	return setup(state, false);
}

int takebed_setup_by_process(void **state)
{
	return setup(state, true);
}

int takebed_teardown(void **state)
{
	struct takebed *bed = *state;

	close(bed->fd);
	close(bed->file);
	assert_int_equal(status_kb("VmPin"), 0);
	free(bed);
	return 0;
}
