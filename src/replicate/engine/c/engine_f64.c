/* The engine in double precision. */
#include "engine.h"
#define REAL double
#define BITS int64_t
#define NAME(name) name##_f64
#include "real.inc"
#include "net.inc"
#include "rows.inc"
#include "outputs.inc"
#include "walk.inc"
#include "entry.inc"
#include "chunker.inc"
