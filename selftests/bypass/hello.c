// SPDX-License-Identifier: GPL-2.0-only
/* A program that somebody may want to run; with HELLO_FAILS it does not work. */
#include <stdlib.h>

int main(void)
{
	return getenv("HELLO_FAILS") ? 1 : 42;
}
