# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

# MM_STRONGSWAN_LIBS
# ------------------
# Finds the directory of the installed libstrongswan, libcharon and libvici.
# Sets ipseclibdir, have_strongswan_libs and strongswan_installed_version.
AC_DEFUN([MM_STRONGSWAN_LIBS], [
AC_ARG_WITH([ipseclibdir],
	AS_HELP_STRING([--with-ipseclibdir=DIR],
		[directory of strongSwan's libraries (default: where they are found)]),
	[ipseclibdir=$withval], [ipseclibdir=])
AC_MSG_CHECKING([for the directory of strongSwan's libraries])
if test -z "$ipseclibdir"; then
	mm_multiarch=`$CC -print-multiarch 2>/dev/null`
	for mm_dir in /usr/lib/ipsec ${mm_multiarch:+/usr/lib/$mm_multiarch/ipsec} \
				  /usr/lib64/ipsec /usr/lib64/strongswan /usr/lib/strongswan \
				  /usr/local/lib/ipsec; do
		if test -e "$mm_dir/libcharon.so.0"; then
			ipseclibdir=$mm_dir
			break
		fi
	done
fi
# without any installed one, this is where strongSwan itself would install
test -n "$ipseclibdir" || ipseclibdir='${libdir}/ipsec'
AC_MSG_RESULT([$ipseclibdir])
AC_SUBST([ipseclibdir])

have_strongswan_libs=yes
for mm_lib in strongswan charon vici; do
	test -e "$ipseclibdir/lib$mm_lib.so" || have_strongswan_libs=no
done
# they are in a directory that the dynamic linker does not know
mm_ldflags='-L$(ipseclibdir) -Wl,-rpath,$(ipseclibdir)'
AC_SUBST([CHARON_LIBS], ["$mm_ldflags -lcharon -lstrongswan"])
AC_SUBST([VICI_LIBS], ["$mm_ldflags -lvici -lstrongswan"])

# the version is in none of the libraries, but in the daemons and in the vici
# plugin, as a string of its own
AC_MSG_CHECKING([for the version of the installed strongSwan])
strongswan_installed_version=
for mm_file in "$ipseclibdir/plugins/libstrongswan-vici.so" \
			   /usr/sbin/charon-systemd "$ipseclibdir/charon" \
			   /usr/libexec/ipsec/charon /usr/libexec/strongswan/charon; do
	if test -z "$strongswan_installed_version" && test -r "$mm_file"; then
		strongswan_installed_version=`tr -c '[[:print:]]' '\n' < "$mm_file" | \
			LC_ALL=C grep -E '^@<:@0-9@:>@+\.@<:@0-9@:>@+\.@<:@0-9@:>@+((dr|rc|beta)@<:@0-9@:>@+)?$' | head -n 1`
	fi
done
AC_MSG_RESULT([${strongswan_installed_version:-none found}])
])

# MM_STRONGSWAN_HEADERS
# ---------------------
# Finds strongSwan's headers, either in configured sources or installed.
# Sets STRONGSWAN_CPPFLAGS, strongswan_dir, strongswan_version and
# strongswan_macros.
AC_DEFUN([MM_STRONGSWAN_HEADERS], [
AC_ARG_WITH([strongswan],
	AS_HELP_STRING([--with-strongswan=DIR],
		[strongSwan's configured sources or its installed headers, which have
		 to be of the version and configured like the charon that shall load
		 the plugin (default: what testing/setup-strongswan made, those that
		 a release comes with, or /usr/include/strongswan)]),
	[], [with_strongswan=])
mm_cache=${XDG_CACHE_HOME:-$HOME/.cache}/mobility-manager
mm_candidates=$with_strongswan
if test -z "$mm_candidates"; then
	mm_candidates="/usr/include/strongswan /usr/local/include/strongswan"
	if test -n "$strongswan_installed_version"; then
		mm_candidates="$mm_cache/strongswan-$strongswan_installed_version $mm_candidates"
	fi
	mm_candidates="$mm_candidates $srcdir/strongswan"
fi
AC_MSG_CHECKING([for strongSwan's headers])
strongswan_dir=
for mm_dir in $mm_candidates; do
	case $mm_dir in
		/*) ;;
		*) mm_dir=`cd "$mm_dir" 2>/dev/null && pwd` ;;
	esac
	mm_config=
	for mm_file in "$mm_dir/config.h" "$ipseclibdir/include/config.h"; do
		if test -z "$mm_config" && test -r "$mm_file"; then
			mm_config=$mm_file
		fi
	done
	test -n "$mm_config" || continue
	if test -r "$mm_dir/src/libcharon/daemon.h"; then
		strongswan_dir=$mm_dir
		STRONGSWAN_CPPFLAGS="-I$mm_dir/src/libstrongswan -I$mm_dir/src/libcharon -I$mm_dir/src/libcharon/plugins/vici"
		break
	fi
	for mm_charon in "$mm_dir" "$mm_dir/libcharon" "$mm_dir/charon"; do
		if test -z "$strongswan_dir" && test -r "$mm_dir/library.h" &&
		   test -r "$mm_charon/daemon.h"; then
			strongswan_dir=$mm_dir
			STRONGSWAN_CPPFLAGS="-I$mm_dir -I$mm_charon -I$mm_charon/plugins/vici"
		fi
	done
	test -z "$strongswan_dir" || break
done
if test -z "$strongswan_dir"; then
	AC_MSG_RESULT([no])
	AC_MSG_ERROR([no usable headers of strongSwan (config.h, library.h and daemon.h)
	looked in: $mm_candidates
	testing/setup-strongswan gets the sources of the installed version and configures
	them; sources of your own are named with --with-strongswan=DIR])
fi
AC_MSG_RESULT([$strongswan_dir])
# the macros in config.h shape the structures in the headers
STRONGSWAN_CPPFLAGS="-include $mm_config $STRONGSWAN_CPPFLAGS"
AC_SUBST([STRONGSWAN_CPPFLAGS])

strongswan_version=`$SED -n 's/^#define VERSION "\(.*\)"$/\1/p' "$mm_config"`
if grep -q '^#define ME\>' "$mm_config"; then
	strongswan_macros="with ME"
else
	strongswan_macros="without ME"
fi
if test -z "$strongswan_version"; then
	AC_MSG_ERROR([$mm_config is not strongSwan's: it defines no VERSION])
fi
if test -n "$strongswan_installed_version" &&
   test "$strongswan_installed_version" != "$strongswan_version"; then
	AC_MSG_WARN([the headers are of strongSwan $strongswan_version, but $strongswan_installed_version is installed, which will refuse the plugin])
fi
AC_SUBST([strongswan_dir])
AC_SUBST([strongswan_version])

# confdefs.h, which autoconf puts first, has macros that are in config.h, too;
# none of them matters here
MM_TRY_HEADERS([whether strongSwan's headers can be used],
	[return charon && lib;], [],
	[AC_MSG_ERROR([the headers in $strongswan_dir do not compile, see config.log])])

# what differs between versions, for mobility_compat.h
MM_TRY_HEADERS([for SAs per CPU (strongSwan 6)],
	[child_sa_t *child_sa = 0; return child_sa->use_per_cpu(child_sa);],
	[STRONGSWAN_CPPFLAGS="$STRONGSWAN_CPPFLAGS -DHAVE_PER_CPU_SAS"])
MM_TRY_HEADERS([for options of connections (strongSwan 6)],
	[peer_cfg_create_t data = { .options = OPT_NO_MOBIKE }; return data.options;],
	[STRONGSWAN_CPPFLAGS="$STRONGSWAN_CPPFLAGS -DHAVE_PEER_CFG_OPTIONS"])
MM_TRY_HEADERS([for log levels of callers (strongSwan 6)],
	[controller_t *this = 0; this->initiate(this, 0, 0, 0, 0, 0, 0, 0);],
	[STRONGSWAN_CPPFLAGS="$STRONGSWAN_CPPFLAGS -DHAVE_CONTROLLER_LEVEL"])
MM_TRY_HEADERS([for proposals that can be logged (strongSwan 6)],
	[ike_cfg_t *cfg = 0; return !cfg->get_proposals(cfg, 0);],
	[STRONGSWAN_CPPFLAGS="$STRONGSWAN_CPPFLAGS -DHAVE_PROPOSALS_LOG"])
MM_TRY_HEADERS([for CHILD_SAs that are created like others (strongSwan 6)],
	[child_create_t *task = child_create_create(0, 0, 0, 0, 0, 0);
	 child_sa_t *child_sa = 0; task->recreate_sa(task, child_sa);
	 task->use_per_cpu(task, 0, 0); return child_sa->get_reqid_ref(child_sa);],
	[STRONGSWAN_CPPFLAGS="$STRONGSWAN_CPPFLAGS -DHAVE_CHILD_RECREATE"])
])

# MM_TRY_HEADERS(WHAT, CODE, IF-YES, IF-NO)
# -----------------------------------------
AC_DEFUN([MM_TRY_HEADERS], [
AC_MSG_CHECKING([$1])
mm_save_CPPFLAGS=$CPPFLAGS
mm_save_CFLAGS=$CFLAGS
CPPFLAGS="$CPPFLAGS $STRONGSWAN_CPPFLAGS"
CFLAGS="$CFLAGS -w"
AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#include <daemon.h>
#include <sa/task_manager.h>
#include <sa/ikev2/tasks/child_create.h>
#include <sa/ikev2/tasks/ike_mobike.h>
int main(void) { $2; return 0; }]])],
	[mm_result=yes], [mm_result=no])
CPPFLAGS=$mm_save_CPPFLAGS
CFLAGS=$mm_save_CFLAGS
AC_MSG_RESULT([$mm_result])
if test "$mm_result" = yes; then
	m4_default([$3], [:])
else
	m4_default([$4], [:])
fi
])

# MM_STRONGSWAN_DIRS
# ------------------
# The directories, under the names strongSwan's own configure has for them. The
# defaults are those that were compiled into the installed strongSwan.
AC_DEFUN([MM_STRONGSWAN_DIRS], [
AC_ARG_WITH([plugindir],
	AS_HELP_STRING([--with-plugindir=DIR],
		[where charon looks for plugins (default: plugins/ below ipseclibdir)]),
	[plugindir=$withval], [plugindir='${ipseclibdir}/plugins'])
AC_SUBST([plugindir])

# without --prefix and --sysconfdir, the configuration belongs where the
# installed strongSwan reads it
mm_conf=
if test -r "$ipseclibdir/libstrongswan.so.0"; then
	mm_conf=`tr -c '[[:print:]]' '\n' < "$ipseclibdir/libstrongswan.so.0" | \
		LC_ALL=C grep -E '^/.*/strongswan\.conf$' | head -n 1`
fi
if test "$sysconfdir" = '${prefix}/etc' && test "$prefix" = NONE &&
   test -n "$mm_conf"; then
	sysconfdir=`AS_DIRNAME(["$mm_conf"])`
fi
AC_ARG_WITH([strongswan-conf],
	AS_HELP_STRING([--with-strongswan-conf=FILE],
		[strongswan.conf (default: SYSCONFDIR/strongswan.conf)]),
	[strongswan_conf=$withval], [strongswan_conf='${sysconfdir}/strongswan.conf'])
AC_SUBST([strongswan_conf])

AC_ARG_WITH([swanctldir],
	AS_HELP_STRING([--with-swanctldir=DIR],
		[directory of swanctl.conf (default: SYSCONFDIR/swanctl)]),
	[swanctldir=$withval], [swanctldir='${sysconfdir}/swanctl'])
AC_SUBST([swanctldir])

AC_ARG_WITH([piddir],
	AS_HELP_STRING([--with-piddir=DIR],
		[directory of the sockets (default: that of charon.vici, or /run)]),
	[piddir=$withval],
	[piddir=
	 mm_vici=$ipseclibdir/plugins/libstrongswan-vici.so
	 if test -r "$mm_vici"; then
		piddir=`tr -c '[[:print:]]' '\n' < "$mm_vici" | \
			$SED -n 's,^unix://\(/.*\)/charon\.vici$,\1,p' | head -n 1`
	 fi
	 # the same directory by its own name, where one is a link to the other
	 if test -z "$piddir" || test /run -ef "$piddir"; then
		piddir=/run
	 fi])
AC_SUBST([piddir])

AC_ARG_WITH([statedir],
	AS_HELP_STRING([--with-statedir=DIR],
		[what has to survive a reboot (default: /var/lib/strongswan)]),
	[statedir=$withval], [statedir=/var/lib/strongswan])
AC_SUBST([statedir])

AC_ARG_WITH([ipsecdir],
	AS_HELP_STRING([--with-ipsecdir=DIR],
		[directory of strongSwan's helpers (default: ipseclibdir)]),
	[ipsecdir=$withval], [ipsecdir='${ipseclibdir}'])
AC_SUBST([ipsecdir])
])
