/* Descriptions shared by the engine's parts and by its callers (library.py mirrors the structs).
 *
 * The engine walks LANES trials side by side: every vector holds one number of each trial, and
 * no lane ever reads another. Only operations that IEEE 754 fixes to the last bit are used.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stddef.h>
#include <stdint.h>

#define LANES 8
#define BLOCK 8 /* time steps whose trace contributions are added in one go */

#if defined(__wasm__)
#define EXPORT(name) EXPORT_AS(name)
#define EXPORT_AS(name) __attribute__((export_name(#name), visibility("default"))) name
#elif defined(_WIN32)
#define EXPORT(name) __declspec(dllexport) name
#else
#define EXPORT(name) __attribute__((visibility("default"))) name
#endif

enum activation { LOGISTIC, CENTRED1, CENTRED2, IDENTITY };
enum event { NONE, MARKED, CAPPED, DIVERGED };
enum ranks { UNRANKED, ALL, BEST };

/* A net of memory cell blocks. Hidden rows: cells, input gates, output gates. Columns of a hidden
 * row: inputs, hidden units at t-1 if recurrent, one. Columns of an output row: cells, one. A row
 * that has no bias keeps weight 0 in its last column. If input_to_output, a row for each input
 * follows, with the weights to all outputs: of symbols as in rows.inc. A plain net has one unit
 * without gates, whose columns are inputs, itself at t-1, one. */
struct net {
    int32_t n_in, n_out, n_blocks, block_size;
    int32_t input_gate, output_gate, recurrent, input_to_output;
    int32_t bias_cells, bias_gates, bias_outputs;
    int32_t g, h, output, output_slope;
    int32_t symbols, plain, carry;
    double reset;
};

/* How weights change and when a trial pauses. */
struct rule {
    double learning_rate, momentum, tolerance;
    int64_t cap;
    int32_t every_step; /* else once a sequence */
    int32_t among;      /* the last training sequences, in which a mark is looked for; 0: none */
    int32_t ranks;      /* what makes a sequence wrong that is only looked at */
};

/* What a trial has been through; one a lane. */
struct progress {
    int64_t sequences, steps;
    int64_t total;     /* sum of the last mean |errors|, in units of 2^-40 */
    int64_t *recent;   /* (among,) the last mean |errors| in these units, ~ if wrong */
    double mean_below; /* of the mark looked for */
    int32_t fewer;     /* likewise: than this many wrong */
    int32_t wrong, event;
    int32_t young; /* its cells feed no output yet; their weights to it are 0 and stay so */
};

/* A chunk of one trial's sequences and what became of them. */
struct chunk {
    const double *inputs;        /* (sequence, time, input), or NULL */
    const int32_t *symbols;      /* (sequence, time), or NULL */
    const int32_t *lengths;      /* (sequence,) */
    const int32_t *target_times; /* (sequence, target), ascending, then -1 */
    const double *targets;       /* (sequence, target, output), or NULL */
    const int32_t *target_symbols; /* (sequence, target) the output to be 1, others 0, or NULL */
    double *max_error, *mean_error, *mean_square; /* (sequence,) over its outputs and targets */
    int32_t *first_wrong;        /* (sequence,) time step, -1 if none */
    int32_t count, time, n_targets, done;
};

#endif
