/* Random draws: Philox4x32-10 (Salmon et al., SC 2011), and what is made from its words.
 *
 * Draw d of sequence q of a stream of a trial is word d % 4 of the block with
 * counter (d / 4, low q, high q, 0) and key (seed, stream): any draw can be had alone, in any order.
 */
#include "engine.h"

#define WIDE 8 /* blocks computed side by side */
typedef uint64_t words __attribute__((vector_size(WIDE * 8)));
typedef double numbers __attribute__((vector_size(WIDE * 8)));
#define LOW ((words){0} + 0xffffffffu)

/* The blocks of counters (first..first+WIDE-1, low and high middle, last); out[w] holds word w of
 * each. Of the 64 bits of a counter the lower 32 count, until the end. */
static inline void philox(uint32_t seed, uint32_t stream, uint32_t first, uint64_t middle,
                          uint32_t last, words out[4]) {
    words c0 = (words){0, 1, 2, 3, 4, 5, 6, 7} + first, c1 = (words){0} + middle,
          c2 = (words){0} + (middle >> 32), c3 = (words){0} + last;
    for (int round = 0; round < 10; round++) {
        const words p0 = (c0 & LOW) * ((words){0} + 0xd2511f53u);
        const words p1 = (c2 & LOW) * ((words){0} + 0xcd9e8d57u);
        c0 = (p1 >> 32) ^ c1 ^ seed;
        c2 = (p0 >> 32) ^ c3 ^ stream;
        c1 = p1;
        c3 = p0;
        seed += 0x9e3779b9u;
        stream += 0xbb67ae85u;
    }
    out[0] = c0 & LOW, out[1] = c1 & LOW, out[2] = c2 & LOW, out[3] = c3 & LOW;
}

/* The block of any counter and key, for the known answers of Random123. */
void EXPORT(philox4x32)(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    words block[4];
    philox(key[0], key[1], counter[0], counter[1] | (uint64_t)counter[2] << 32, counter[3], block);
    for (int w = 0; w < 4; w++) out[w] = (uint32_t)block[w][0];
}

/* out[q, d] = draw start + d of sequence first + q, for q < count and d < n */
void EXPORT(draw_words)(uint32_t seed, uint32_t stream, uint64_t first, int64_t count,
                        uint32_t start, int64_t n, uint32_t *out) {
    for (int64_t q = 0; q < count; q++, out += n)
        for (int64_t d = -(int64_t)(start % 4); d < n; d += 4 * WIDE) {
            words block[4];
            philox(seed, stream, (uint32_t)((start + d) / 4), first + (uint64_t)q, 0, block);
            for (int64_t i = 0; i < 4 * WIDE; i++)
                if (d + i >= 0 && d + i < n) out[d + i] = (uint32_t)block[i % 4][i / 4];
        }
}

/* Words as numbers strictly between 0 and 1, exactly: (word + 1/2) / 2^32. */
static inline numbers units(words w) {
    const words with_exponent = w | ((words){0} + 0x4330000000000000u); /* 2^52 + word */
    return ((numbers)with_exponent - (0x1p52 - 0.5)) * 0x1p-32;
}

/* out[q * row + d * column] = low + (high - low) u, the words drawn as above */
void EXPORT(draw_uniform)(uint32_t seed, uint32_t stream, uint64_t first, int64_t count,
                          uint32_t start, int64_t n, double low, double high, double *out,
                          int64_t row, int64_t column) {
    const double range = high - low;
    for (int64_t q = 0; q < count; q++, out += row)
        for (int64_t d = -(int64_t)(start % 4); d < n; d += 4 * WIDE) {
            words block[4];
            double value[4 * WIDE];
            philox(seed, stream, (uint32_t)((start + d) / 4), first + (uint64_t)q, 0, block);
            for (int w = 0; w < 4; w++) {
                const numbers drawn = low + range * units(block[w]);
                for (int i = 0; i < WIDE; i++) value[4 * i + w] = drawn[i];
            }
            const int64_t from = d < 0 ? -d : 0, to = n - d < 4 * WIDE ? n - d : 4 * WIDE;
            for (int64_t i = from; i < to; i++) out[(d + i) * column] = value[i];
        }
}

/* Natural logarithm of a normal number: x = 2^e m, log m = 2 artanh((m - 1) / (m + 1)) */
static double logarithm(double x) {
    union { double number; uint64_t bits; } v = {x};
    int64_t e = (int64_t)(v.bits >> 52) - 1023;
    v.bits = (v.bits & 0xfffffffffffffu) | 0x3ff0000000000000u;
    if (v.number > 1.4142135623730951) v.number *= 0.5, e++;
    const double s = (v.number - 1) / (v.number + 1), ss = s * s;
    double sum = 0;
    for (int k = 21; k >= 3; k -= 2) sum = (sum + 1.0 / k) * ss;
    return (double)e * 0.6931471805599453 + 2 * (s + s * sum);
}

static double ratio(const double top[8], const double bottom[8], double x) {
    double a = top[7], b = bottom[7];
    for (int i = 6; i >= 0; i--) a = a * x + top[i], b = b * x + bottom[i];
    return a / b;
}

/* The standard normal quantile of u: algorithm AS 241 (Wichura 1988). Its third range, below
 * exp(-25), cannot be reached from 32 bits. */
static double quantile(double u) {
    static const double central_top[8] = {
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
        1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
        3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double central_bottom[8] = {
        1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
        5.2264952788528545610e3};
    static const double tail_top[8] = {
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
        3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double tail_bottom[8] = {
        1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
        1.05075007164441684324e-9};
    const double q = u - 0.5;
    if (q >= -0.425 && q <= 0.425)
        return q * ratio(central_top, central_bottom, 0.180625 - q * q);
    const double r = __builtin_sqrt(-logarithm(q < 0 ? u : 1 - u)) - 1.6;
    const double z = ratio(tail_top, tail_bottom, r);
    return q < 0 ? -z : z;
}

/* As draw_uniform, but normal with this mean and standard deviation. */
void EXPORT(draw_normal)(uint32_t seed, uint32_t stream, uint64_t first, int64_t count,
                         uint32_t start, int64_t n, double mean, double deviation, double *out,
                         int64_t row, int64_t column) {
    draw_uniform(seed, stream, first, count, start, n, 0, 1, out, row, column);
    for (int64_t q = 0; q < count; q++)
        for (int64_t d = 0; d < n; d++) {
            double *x = out + q * row + d * column;
            *x = mean + deviation * quantile(*x);
        }
}
