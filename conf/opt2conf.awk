# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
#
# Makes a configuration file with every option commented out and explained from
# a description of the options in strongSwan's format:
#
#   section.option = default         NAME = DEFAULT in a comment
#   section.option := default        NAME = DEFAULT that is in effect
#   section.name {}                  a section
#   section.name {#}                 a section in a comment, i.e. an example
#   <tab>Text of a description. Of several paragraphs, which empty lines
#   <tab>separate, only the first gets into the configuration file.
#
# Usage: awk -v root=charon.plugins -f opt2conf.awk FILE.opt
#
# The part of the names that is given as root is not in the output. Options
# and sections keep the order of the file.

function fail(message) {
	printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
	failed = 1
	exit 1
}

# Registers a node of the tree, and its parents if these are not described
function add(name,    pos, parent) {
	if (name in known) {
		return
	}
	known[name] = 1
	kind[name] = "section"
	if (match(name, /\.[^.]*$/)) {
		pos = RSTART
		parent = substr(name, 1, pos - 1)
		add(parent)
		label[name] = substr(name, pos + 1)
	} else {
		parent = ""
		label[name] = name
	}
	child[parent, ++children[parent]] = name
}

# Prints text as comment, not wider than 80 columns
function comment(text, indent,    words, count, line, i) {
	count = split(text, words, /[ \t\n]+/)
	line = ""
	for (i = 1; i <= count; i++) {
		if (words[i] == "") {
			continue
		}
		if (line != "" && length(indent "# " line " " words[i]) > 80) {
			print indent "# " line
			line = ""
		}
		line = line (line == "" ? "" : " ") words[i]
	}
	if (line != "") {
		print indent "# " line
	}
}

function emit(name, indent, commented,    i, hash) {
	comment(text[name], indent)
	hash = commented || hidden[name] ? "# " : ""
	if (kind[name] == "option") {
		hash = commented || !effective[name] ? "# " : ""
		line = indent hash label[name] " = " value[name]
		sub(/ +$/, "", line)
		print line "\n"
		return
	}
	print indent hash label[name] " {\n"
	for (i = 1; i <= children[name]; i++) {
		emit(child[name, i], indent "    ", commented || hidden[name])
	}
	print indent hash "}\n"
}

# a description
/^[ \t]+[^ \t]/ {
	if (current == "") {
		fail("description without an option")
	}
	if (!complete) {
		text[current] = text[current] " " $0
	}
	next
}

# between paragraphs, or options
/^[ \t]*$/ {
	if (current != "" && text[current] != "") {
		complete = 1
	}
	next
}

/^#/ { next }

{
	if (match($0, /^[^ \t{=]+[ \t]*\{#?\}[ \t]*$/)) {
		type = "section"
	} else if (match($0, /^[^ \t=]+[ \t]*:?=/)) {
		type = "option"
	} else {
		fail("neither an option nor a section: " $0)
	}
	current = $0
	sub(/[ \t]*(:?=|\{).*$/, "", current)
	if (current in described) {
		fail(current " is described twice")
	}
	described[current] = 1
	add(current)
	kind[current] = type
	complete = 0
	if (type == "section") {
		hidden[current] = $0 ~ /\{#\}/
	} else {
		effective[current] = $0 ~ /^[^=]*:=/
		value[current] = $0
		sub(/^[^=]*=[ \t]*/, "", value[current])
	}
}

END {
	if (failed) {
		exit 1
	}
	if (root != "" && !(root in known)) {
		print FILENAME ": nothing below " root > "/dev/stderr"
		exit 1
	}
	for (i = 1; i <= children[root]; i++) {
		emit(child[root, i], "", 0)
	}
}
