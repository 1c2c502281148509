// SPDX-License-Identifier: GPL-2.0-only
/* A program that somebody may want to run; with an argument it did not work. */
int main(int argc, char **argv)
{
	(void)argv;
	return argc == 1 ? 42 : 1;
}
