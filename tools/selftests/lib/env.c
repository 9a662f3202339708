// SPDX-License-Identifier: GPL-2.0
/*
 * The environment of a test, see env.h.
 */
#include "bed.h"
#include "env.h"

uint64_t env_number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

bool env_is_long(void)
{
	const char *text = getenv("TEST_LONG");

	return text && *text;
}

unsigned int env_seed(unsigned int otherwise)
{
	unsigned int seed = env_number("SEED", otherwise);

	print_message("seed: SEED=%u\n", seed);
	return seed;
}
