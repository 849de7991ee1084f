# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
#
# Makes the list of options in a manual page from their description in
# strongSwan's format (see conf/opt2conf.awk). Where a description has several
# paragraphs, those after the first are for the manual and replace it.
#
# Usage: awk -v root=charon.plugins.NAME. -f opt2man.awk FILE.opt

# Escapes what troff takes for its own, and makes **text** bold
function markup(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	while (match(text, /\*\*[^*]+\*\*/)) {
		text = substr(text, 1, RSTART - 1) "\\fB" \
			   substr(text, RSTART + 2, RLENGTH - 4) "\\fR" \
			   substr(text, RSTART + RLENGTH)
	}
	sub(/^[.']/, "\\\\\\&&", text)
	return text
}

function finish(    i) {
	if (name == "") {
		return
	}
	print ".TP"
	print ".BR \"" markup(name) "\"" (value == "" ? "" : " \" [" markup(value) "]\"")
	for (i = count > 1 ? 2 : 1; i <= count; i++) {
		if (i > 2) {
			print ".sp"
		}
		print paragraphs[i]
	}
	name = ""
}

/^[ \t]+[^ \t]/ {
	sub(/^[ \t]+/, "")
	if (fresh) {
		count++
		paragraphs[count] = ""
		fresh = 0
	}
	paragraphs[count] = paragraphs[count] \
						(paragraphs[count] == "" ? "" : "\n") markup($0)
	next
}

/^[ \t]*$/ {
	fresh = 1
	next
}

/^#/ { next }

{
	finish()
	name = $0
	sub(/[ \t]*(:?=|\{).*$/, "", name)
	if (index(name, root) == 1) {
		name = substr(name, length(root) + 1)
	}
	value = $0
	if (!sub(/^[^=]*=[ \t]*/, "", value)) {
		value = ""
	}
	count = 0
	fresh = 1
}

END { finish() }
