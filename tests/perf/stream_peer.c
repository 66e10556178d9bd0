/* STREAM's operations in plain C, as a compiler makes them, and with stores past the caches: what ours are raced against. */
#include <stddef.h>
#include <time.h>

#define PLAIN(name, target, expression)                                                                   \
    void name(double *restrict a, double *restrict b, double *restrict c, double s, long n)               \
    {                                                                                                     \
        for (long i = 0; i < n; i++)                                                                      \
            target[i] = expression;                                                                       \
    }
PLAIN(copy, a, b[i])
PLAIN(mul, a, s * b[i])
PLAIN(add, a, b[i] + c[i])
PLAIN(triad, a, b[i] + s * c[i])
/* Of one array in place, which fetches nothing that it does not read: the memory's roof of the sweep. */
PLAIN(update, a, s - a[i])

double dot(double *restrict a, double *restrict b, double *restrict c, double s, long n)
{
    double sum = 0;
    for (long i = 0; i < n; i++)
        sum += b[i] * c[i];
    return sum;
}

/* The update as our sweeps are called, for `parts`. */
void update_part(double *a, double s0, double s1, double s2, long start, long stop)
{
    (void)s0, (void)s1;
    update(a + start, NULL, NULL, s2, stop - start);
}

static long nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

/* How long each part of an array takes a kernel. */
void parts(void (*kernel)(double *, double, double, double, long, long), double *a, double s0, double s1, double s2,
           long start, long part, long count, long *taken)
{
    long before = nanoseconds();
    for (long i = 0; i < count; i++) {
        kernel(a, s0, s1, s2, start + i * part, start + (i + 1) * part);
        long after = nanoseconds();
        taken[i] = after - before;
        before = after;
    }
}

#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512d vector;
#define LOAD(place) _mm512_load_pd(place)
#define STORE(place, value) _mm512_stream_pd(place, value)
#elif defined(__AVX__)
#include <immintrin.h>
typedef __m256d vector;
#define LOAD(place) _mm256_load_pd(place)
#define STORE(place, value) _mm256_stream_pd(place, value)
#endif

#ifdef STORE
#define LANES (long)(sizeof(vector) / sizeof(double))
#define PAST(name, expression)                                                                            \
    void name(double *restrict a, double *restrict b, double *restrict c, double s, long n)               \
    {                                                                                                     \
        for (long i = 0; i < n; i += LANES) {                                                             \
            vector one = LOAD(b + i), other = LOAD(c + i);                                                \
            (void)one, (void)other;                                                                       \
            STORE(a + i, expression);                                                                     \
        }                                                                                                 \
        _mm_sfence();                                                                                     \
    }
PAST(copy_past, one)
PAST(mul_past, s * one)
PAST(add_past, one + other)
PAST(triad_past, one + s * other)
#endif
