/* The engine in single precision. */
#include "engine.h"
#define REAL float
#define BITS int32_t
#define NAME(name) name##_f32
#include "real.inc"
#include "net.inc"
#include "rows.inc"
#include "outputs.inc"
#include "walk.inc"
#include "entry.inc"
