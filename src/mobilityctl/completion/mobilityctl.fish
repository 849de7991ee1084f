# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
#
# Completion for fish: mobilityctl itself knows what there is.

function __mobilityctl_complete
	set -l words (commandline -opc) (commandline -ct)
	mobilityctl complete -- $words[2..-1] 2>/dev/null
end

complete -c mobilityctl -f -a '(__mobilityctl_complete)'
