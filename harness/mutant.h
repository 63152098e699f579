/*
 * Deliberate faults of the house itself: who tests the tester?
 *
 * MUTANT(name) stands where a fault would hurt: a server that asks nobody, a fact that is read off
 * the wrong event, an operator that always holds. It is 0 in every ordinary build, and what hangs on
 * it is gone. With VARIANT=mutants it is true where $COUNTERSEAL_MUTANT is that name, so that one
 * build holds them all. harness/tests/mutants.txt says which rule each breaks; `make mutants` plays
 * the cases against each, and each must make one fail.
 *
 * The Makefile includes this into every file, for leaves include nobody.
 */
#ifndef HARNESS_MUTANT_H
#define HARNESS_MUTANT_H

#ifdef MUTANTS
#include <stdlib.h>
#include <string.h>

#define MUTANT(name)                                                                               \
    (getenv("COUNTERSEAL_MUTANT") != NULL && strcmp(getenv("COUNTERSEAL_MUTANT"), #name) == 0)
#else
#define MUTANT(name) 0
#endif

#endif
