/*
 * The sites of a script's deltas, and which actions work at which.
 */
#ifndef HARNESS_SCENARIO_SCRIPT_H
#define HARNESS_SCENARIO_SCRIPT_H

#include <stdio.h>

/* Prints the tables for the reference manual. */
void script_print_reference(FILE *stream);

/* The same of probes (probe.c). */
void probe_print_reference(FILE *stream);

#endif
