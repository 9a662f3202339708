# SPDX-License-Identifier: GPL-2.0
#
# The table of the benchmark, from lines of
#
#	name <tab> unit <tab> contender <tab> value
#
# and `#key <tab> TEXT`, what a boot was made of. mode=table for people, json,
# svg; check: the first file has the figures that the second is compared with.

BEGIN {
	FS = "\t"
	OURS = "iommufd"
	# Counts are the same in every run: this much is more than chance.
	TOLERANCE = 1.03
}

FNR == 1 { file++ }
$1 == "#key" { key[file] = (key[file] == "" ? "" : key[file] "; ") $2 }
/^#/ { next }

{
	if (!($1 in unit)) {
		row[++rows] = $1
		unit[$1] = $2
	}
	if (!($3 in known)) {
		known[$3]
		column[++columns] = $3
	}
	value[file, $1, $3] = $4
}

END {
	if (mode == "check")
		check()
	else if (mode == "json")
		json()
	else if (mode == "svg")
		svg()
	else
		table()
}

function has(name, who) { return (file, name, who) in value }

# Small numbers have a digit more.
function text(number)
{
	return sprintf(number < 1000 && number > -1000 ? "%.1f" : "%.0f", number)
}

function cell(name, who)
{
	return has(name, who) ? text(value[file, name, who]) : "-"
}

# Ours as a part of another's.
function ratio(name, who)
{
	if (!has(name, who) || !has(name, OURS) || !value[file, name, who])
		return "-"
	return sprintf("%.3f", value[file, name, OURS] / value[file, name, who])
}

# A second boot's are there so that the boots can be compared.
function is_again(who) { return who ~ /\(2\)$/ }

function theirs(name, who)
{
	if (is_again(who))
		return sprintf(" %10s", cell(name, who))
	return sprintf(" %10s %6s", cell(name, who), ratio(name, who))
}

function table(  i, k, last)
{
	printf "%s\n\n%-38s %9s", key[file], "", OURS
	for (k = 1; k <= columns; k++)
		if (column[k] != OURS)
			printf " %10s%s", column[k], is_again(column[k]) ? "" : "  ratio"
	for (i = 1; i <= rows; i++) {
		if (unit[row[i]] != last)
			printf "\n%s:", last = unit[row[i]]
		printf "\n  %-36s %9s", row[i], cell(row[i], OURS)
		for (k = 1; k <= columns; k++)
			if (column[k] != OURS)
				printf "%s", theirs(row[i], column[k])
	}
	print ""
}

function json(  i, k)
{
	printf "{\n  \"key\": \"%s\",\n  \"rows\": [", key[file]
	for (i = 1; i <= rows; i++) {
		printf "%s\n    {\"name\": \"%s\", \"unit\": \"%s\"",
			i == 1 ? "" : ",", row[i], unit[row[i]]
		for (k = 1; k <= columns; k++)
			if (has(row[i], column[k]))
				printf ", \"%s\": %s", column[k],
					value[file, row[i], column[k]]
		printf "}"
	}
	print "\n  ]\n}"
}

# A bar for each contender, the longest of a row as long as there is room.
function svg_bar(y, name, k, most,  part)
{
	part = value[file, name, column[k]] / most * 420
	return sprintf("<rect x='340' y='%d' width='%.1f' height='9' fill='%s'/>\n" \
		"<text x='%.1f' y='%d'>%s %s</text>\n", y + 2, part, colour[column[k]],
		345 + part, y + 10, column[k], text(value[file, name, column[k]]))
}

function longest(name,  k, most)
{
	for (k = 1; k <= columns; k++)
		if (has(name, column[k]) && value[file, name, column[k]] > most)
			most = value[file, name, column[k]]
	return most
}

function svg(  i, k, y, most, body)
{
	colour[OURS] = "#1f6fb4"
	colour["container"] = "#7fb2dd"
	colour["floor"] = "#9a9a9a"
	colour["floor (2)"] = "#c4c4c4"
	colour["type1"] = "#d1763a"
	colour["type1 (2)"] = "#e3b48f"
	colour["mainline"] = "#b04a5a"
	y = 40
	for (i = 1; i <= rows; i++) {
		most = longest(row[i])
		if (!most)
			continue
		body = body sprintf("<text x='8' y='%d'>%s, %s</text>\n", y + 10,
			row[i], unit[row[i]])
		for (k = 1; k <= columns; k++) {
			if (!has(row[i], column[k]))
				continue
			body = body svg_bar(y, row[i], k, most)
			y += 11
		}
		y += 8
	}
	printf "<svg xmlns='http://www.w3.org/2000/svg' width='930' height='%d' " \
		"font-family='sans-serif' font-size='10'>\n", y
	printf "<rect width='930' height='%d' fill='#fff'/>\n", y
	printf "<text x='8' y='20' font-size='12'>%s; less is better</text>\n", key[file]
	printf "%s</svg>\n", body
}

# A row that is in one file alone is a failure as well.
function is_worse(name)
{
	return !((1, name, OURS) in value) || !((2, name, OURS) in value) ||
		value[2, name, OURS] > value[1, name, OURS] * TOLERANCE
}

function check(  i, same, worse)
{
	same = key[1] == key[2]
	if (!same)
		print "ok - measured; not compared, as the figures are of " key[1]
	for (i = 1; i <= rows; i++) {
		if (same)
			printf is_worse(row[i]) ? "not ok - " : "ok - "
		printf "%s: %s %s, was %s\n", row[i], text(value[2, row[i], OURS]),
			unit[row[i]], text(value[1, row[i], OURS])
		worse += is_worse(row[i])
	}
	if (same && worse)
		print "if it has to be so: scripts/bench --update, and say why in the commit"
	exit same && worse
}
