/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A contender at work. Its calls end the benchmark where they fail.
 */
#ifndef _BENCH_RUN_H
#define _BENCH_RUN_H

#include <stdbool.h>
#include <x86intrin.h>

#include "buffer.h"
#include "compiler.h"
#include "contender.h"

/**
 * struct run - a contender at work
 * @contender: it
 * @calls: how many pages are mapped by a call each
 * @counts: the cold round is over
 */
struct run {
	const struct contender *contender;
	unsigned int calls;
	bool counts;
};

/* A value of the table: @amount for @parts parts. */
void __printf(5, 6)
run_report(const struct run *run, double amount, double parts,
	   const char *unit, const char *format, ...);

/* Memory as a whole, to IOVA_LARGE + @n times its size. */
void run_map(const struct run *run, const struct buffer *buffer,
	     unsigned int n);

/* Pages @from to @to of the scattered memory to IOVA_SMALL, a call for each. */
void run_map_pages(const struct run *run, size_t from, size_t to);

void run_unmap(const struct run *run, uint64_t iova, uint64_t length);

/* @rc: what a call of the contender came back with; @what: it was to do. */
void run_check(const struct run *run, int rc, const char *what);

/* Let others have their turn: while something is measured they have none. */
void run_settle(void);

/* How many ticks a statement takes. */
#define TICKS(statement)					\
	({							\
		uint64_t ticks_begin;				\
								\
		run_settle();					\
		ticks_begin = __rdtsc();			\
		statement;					\
		__rdtsc() - ticks_begin;			\
	})

#endif
