// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl: see what uses IOMMUs by /dev/iommu and VFIO, and find out what is wrong.
 *
 * Here a command is found, and its arguments are read. The command is a file of its own.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "compiler.h"
#include "out.h"
#include "say.h"

enum { OPT_JSON = 1, OPT_SUM = 2, OPT_LARGEST = 4, OPT_MEMORY = 8, OPT_TOP = 16 };

enum argument { ARGUMENT_NONE, ARGUMENT_MAY, ARGUMENT_MUST };

static const struct command {
	const char *name;
	int (*run)(const struct options *options);
	unsigned int options;
	enum argument argument;
	const char *what;	/* of an argument */
	const char *help;
} commands[] = {
	{ "devices", cmd_devices, OPT_JSON, ARGUMENT_NONE, "",
	  "devices of VFIO drivers, their groups and IOMMUs, and who has them" },
	{ "list", cmd_list, OPT_JSON, ARGUMENT_NONE, "",
	  "open files of /dev/iommu, and what they have" },
	{ "show", cmd_show, OPT_JSON, ARGUMENT_MUST, " PID[:FD]",
	  "what one of them has: its objects, limits, who pays" },
	{ "maps", cmd_maps, OPT_JSON | OPT_SUM | OPT_LARGEST, ARGUMENT_MUST,
	  " PID[:FD]", "what is mapped: IOVA, length, what is behind" },
	{ "top", cmd_top, OPT_JSON | OPT_TOP, ARGUMENT_NONE, "",
	  "open files of /dev/iommu, again and again" },
	{ "doctor", cmd_doctor, OPT_JSON | OPT_MEMORY, ARGUMENT_MAY, " [ADDRESS]",
	  "what is wrong, and what to type; of one device, too" },
};

static const struct command whole = {
	"", cmd_screen, OPT_JSON, ARGUMENT_NONE, "", "one screen of all" };

static void help(void)
{
	size_t i;

	printf("usage: iommuctl [COMMAND] [OPTION...] [ARGUMENT]\n\n"
	       "See what uses IOMMUs by /dev/iommu and VFIO, and find out what is wrong.\n\n"
	       "  %-20s %s\n", "(no command)", whole.help);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-7s%-13s %s\n", commands[i].name, commands[i].what,
		       commands[i].help);
	printf("\n  --json           for programs: see iommuctl(8)\n"
	       "  --sum            maps: by kind and by size, no area by itself\n"
	       "  --largest N      maps: the N largest areas\n"
	       "  --memory SIZE    doctor: so much is to be mapped, such as 8G\n"
	       "  --interval SEC   top: between two looks (default 2)\n"
	       "  --turns N        top: look so often (default: until it is ended)\n"
	       "  --version\n\n"
	       "exit: 0 what was asked for is there, or works; 1 it does not;\n"
	       "      2 wrong arguments; 3 it can't be known\n");
}

/* A number with an end such as G, where @units; 0 is no number. */
static bool parse_size(const char *text, bool units, uint64_t *value)
{
	static const char ends[] = "KMGT";
	const char *unit;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*value = strtoull(text, &end, 10);
	unit = units && *end ? strchr(ends, *end) : NULL;
	if (unit) {
		unsigned int shift = 10 * (unit - ends + 1);

		if (*value >> (64 - shift))
			return false;
		*value <<= shift;
		end++;
	}
	return !*end && *value && *value < UINT64_MAX;
}

static int parse_option(int option, const char *text, struct options *options)
{
	uint64_t value = 0;

	if (text && !parse_size(text, option == OPT_MEMORY, &value))
		return say(EXIT_USAGE, 0, "%s is no number that would do", text);
	if (text && option != OPT_MEMORY && value > 1000000)
		return say(EXIT_USAGE, 0, "%s is too much: 1000000 at most", text);
	switch (option) {
	case OPT_JSON:
		options->json = true;
		break;
	case OPT_SUM:
		options->sum = true;
		break;
	case OPT_LARGEST:
		options->largest = value;
		break;
	case OPT_MEMORY:
		options->memory = value;
		break;
	case OPT_TOP:
		options->interval = value * 1000;
		break;
	default:
		options->turns = value;
	}
	return 0;
}

#define OPT_TURNS 32

static int parse(int argc, char **argv, const struct command *command,
		 struct options *options)
{
	static const struct option known[] = {
		{ "json", no_argument, NULL, OPT_JSON },
		{ "sum", no_argument, NULL, OPT_SUM },
		{ "largest", required_argument, NULL, OPT_LARGEST },
		{ "memory", required_argument, NULL, OPT_MEMORY },
		{ "interval", required_argument, NULL, OPT_TOP },
		{ "turns", required_argument, NULL, OPT_TURNS },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ },
	};
	unsigned int of_command;
	int option, rc;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (option == '?')
			return say(EXIT_USAGE, 0, "unknown option, or no value: %s; see --help",
				   argv[optind - 1]);
		if (option == 'h' || option == 'v') {
			if (option == 'h')
				help();
			else
				puts(IOMMUFD_VERSION);
			exit(EXIT_FINE);
		}
		of_command = option == OPT_TURNS ? OPT_TOP : (unsigned int)option;
		if (!(command->options & of_command))
			return say(EXIT_USAGE, 0, "%s is for another command; see --help",
				   argv[optind - 1]);
		rc = parse_option(option, optarg, options);
		if (rc)
			return rc;
	}
	options->argument = argv[optind];
	if (options->argument && argv[optind + 1])
		return say(EXIT_USAGE, 0, "one argument too many: %s; see --help",
			   argv[optind + 1]);
	if (options->argument && command->argument == ARGUMENT_NONE)
		return say(EXIT_USAGE, 0, "%s is no command and no argument; see --help",
			   options->argument);
	if (!options->argument && command->argument == ARGUMENT_MUST)
		return say(EXIT_USAGE, 0, "%s wants%s; see iommuctl list",
			   command->name, command->what);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { .interval = 2000 };
	const struct command *command = &whole;
	size_t i;
	int rc;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			command = &commands[i];
	if (command != &whole) {
		argc--;
		argv++;
	}
	rc = parse(argc, argv, command, &options);
	if (rc)
		return rc;
	return command->run(&options);
}
