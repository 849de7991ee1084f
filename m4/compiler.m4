# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers

# MM_ENABLE(NAME, HELP)
# ---------------------
AC_DEFUN([MM_ENABLE], [
AC_ARG_ENABLE([$1], AS_HELP_STRING([--enable-$1], [$2]), [], [enable_$1=no])
])

# MM_COMPILER_FLAGS
# -----------------
# Sets WARN_CFLAGS, and INSTRUMENT_CFLAGS for sanitizers, fuzzers and coverage.
AC_DEFUN([MM_COMPILER_FLAGS], [
MM_ENABLE([werror], [let the compiler's warnings be errors])
MM_ENABLE([asan], [build with the address and undefined behaviour sanitizers])
MM_ENABLE([tsan], [build with the thread sanitizer])
MM_ENABLE([fuzzing], [build the fuzzers below fuzz/ (needs clang's libFuzzer)])
MM_ENABLE([coverage], [build for measuring coverage with gcov])

WARN_CFLAGS="-Wall -Wextra"
# strongSwan's own conversions (%H, %N, %Y and so on) are unknown to compilers
WARN_CFLAGS="$WARN_CFLAGS -Wno-format"
# an implementation of an interface takes arguments that it does not need
WARN_CFLAGS="$WARN_CFLAGS -Wno-unused-parameter"
# INIT() and tables of plugin features name only the members that are not 0
WARN_CFLAGS="$WARN_CFLAGS -Wno-missing-field-initializers"
# a chunk_t holds unsigned characters, strings and libraries have plain ones
WARN_CFLAGS="$WARN_CFLAGS -Wno-pointer-sign"
# countof() is unsigned, and what strongSwan's interfaces count is int
WARN_CFLAGS="$WARN_CFLAGS -Wno-sign-compare"
if test "$enable_werror" = yes; then
	WARN_CFLAGS="$WARN_CFLAGS -Werror"
fi
AC_SUBST([WARN_CFLAGS])

INSTRUMENT_CFLAGS=
if test "$enable_asan" = yes && test "$enable_tsan" = yes; then
	AC_MSG_ERROR([--enable-asan and --enable-tsan exclude each other])
fi
if test "$enable_asan" = yes; then
	INSTRUMENT_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all"
fi
if test "$enable_tsan" = yes; then
	INSTRUMENT_CFLAGS="-fsanitize=thread"
fi
FUZZ_CFLAGS=
if test "$enable_fuzzing" = yes; then
	# everything gets the instrumentation, the fuzzers the driver in addition
	FUZZ_CFLAGS="-fsanitize=fuzzer"
	INSTRUMENT_CFLAGS="$INSTRUMENT_CFLAGS -fsanitize=fuzzer-no-link"
fi
if test "$enable_coverage" = yes; then
	INSTRUMENT_CFLAGS="$INSTRUMENT_CFLAGS --coverage"
fi
if test -n "$INSTRUMENT_CFLAGS"; then
	INSTRUMENT_CFLAGS="$INSTRUMENT_CFLAGS -fno-omit-frame-pointer"
	mm_save_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS $INSTRUMENT_CFLAGS"
	AC_MSG_CHECKING([whether $CC supports $INSTRUMENT_CFLAGS])
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		 AC_MSG_ERROR([$CC does not support $INSTRUMENT_CFLAGS])])
	CFLAGS=$mm_save_CFLAGS
fi
AC_SUBST([INSTRUMENT_CFLAGS])
AC_SUBST([FUZZ_CFLAGS])

# libcheck's way of running each test in a process of its own is not the
# sanitizers' way
CHECK_FORK=yes
if test "$enable_asan" = yes || test "$enable_tsan" = yes; then
	CHECK_FORK=no
fi
AC_SUBST([CHECK_FORK])

AM_CONDITIONAL([ENABLE_FUZZING], [test "$enable_fuzzing" = yes])
AM_CONDITIONAL([ENABLE_INSTRUMENTATION], [test -n "$INSTRUMENT_CFLAGS"])
])
