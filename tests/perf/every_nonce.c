/* Hashes a range of nonces of one header with a SHA-256 of its own, written as FIPS 180-4 has it, and prints
 * how many double hashes have so many zero bits in front, the sum of their nonces, and the XOR of all last words.
 *
 * every_nonce PREFIX(152 hex digits) ZERO_BITS(1 to 32) START COUNT
 *
 * Shares nothing with the kernels: the constants are reckoned from the primes' roots (FIPS 180-4, 4.2.2 and 5.3.3),
 * the message schedule is expanded word by word, and lanes exist for the compiler's sake only.
 */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LANES 16
typedef uint32_t word;
typedef word lanes[LANES];

static word constants[64], beginning[8];

/* The first 32 bits of the fraction of a prime's root, by bisection in integers. */
static word fraction(uint64_t prime, int power)
{
    unsigned __int128 low = 0, high = (unsigned __int128)prime << 32;
    while (high - low > 1) {
        unsigned __int128 middle = (low + high) / 2, raised = middle;
        int too_large = 0;
        for (int i = 1; i < power; i++)
            too_large |= raised > ((unsigned __int128)-1) / middle, raised *= middle;
        if (too_large || raised > (unsigned __int128)prime << 32 * power)
            high = middle;
        else
            low = middle;
    }
    return (word)low;
}

static void reckon(void)
{
    int found = 0;
    for (uint64_t candidate = 2; found < 64; candidate++) {
        int prime = 1;
        for (uint64_t divisor = 2; divisor * divisor <= candidate; divisor++)
            prime &= candidate % divisor != 0;
        if (!prime)
            continue;
        if (found < 8)
            beginning[found] = fraction(candidate, 2);
        constants[found++] = fraction(candidate, 3);
    }
}

static inline word rotated(word x, int n) { return x >> n | x << (32 - n); }

/* One block of each lane: FIPS 180-4, 6.2.2. */
static void compress(lanes state[8], lanes message[64])
{
    for (int t = 16; t < 64; t++)
        for (int l = 0; l < LANES; l++) {
            word x = message[t - 15][l], y = message[t - 2][l];
            word s0 = rotated(x, 7) ^ rotated(x, 18) ^ x >> 3, s1 = rotated(y, 17) ^ rotated(y, 19) ^ y >> 10;
            message[t][l] = s1 + message[t - 7][l] + s0 + message[t - 16][l];
        }
    lanes v[8];
    memcpy(v, state, sizeof v);
    for (int t = 0; t < 64; t++)
        for (int l = 0; l < LANES; l++) {
            word a = v[0][l], b = v[1][l], c = v[2][l], e = v[4][l], f = v[5][l], g = v[6][l];
            word t1 = v[7][l] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g));
            t1 += constants[t] + message[t][l];
            word t2 = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            v[7][l] = g, v[6][l] = f, v[5][l] = e, v[4][l] = v[3][l] + t1;
            v[3][l] = c, v[2][l] = b, v[1][l] = a, v[0][l] = t1 + t2;
        }
    for (int i = 0; i < 8; i++)
        for (int l = 0; l < LANES; l++)
            state[i][l] += v[i][l];
}

static word swapped(word x) { return x >> 24 | (x >> 8 & 0xff00) | (x << 8 & 0xff0000) | x << 24; }

int main(int count, char **arguments)
{
    if (count != 5 || strlen(arguments[1]) != 152)
        return fprintf(stderr, "every_nonce PREFIX ZERO_BITS START COUNT\n"), 2;
    word header[19];
    for (int i = 0; i < 19; i++)
        sscanf(arguments[1] + 8 * i, "%8" SCNx32, &header[i]);
    int zero_bits = atoi(arguments[2]);
    uint64_t start = strtoull(arguments[3], 0, 10), end = start + strtoull(arguments[4], 0, 10);
    if (zero_bits < 1 || zero_bits > 32 || start > end || end > (uint64_t)1 << 32)
        return fprintf(stderr, "the range or the zero bits are none\n"), 2;
    reckon();
    uint64_t hits = 0, sum = 0;
    word all = 0;
#pragma omp parallel for reduction(+ : hits, sum) reduction(^ : all) schedule(dynamic, 4096)
    for (uint64_t group = 0; group < (end - start + LANES - 1) / LANES; group++) {
        uint64_t first = start + group * LANES;
        lanes state[8], message[64];
        for (int i = 0; i < 8; i++)
            for (int l = 0; l < LANES; l++)
                state[i][l] = beginning[i];
        for (int i = 0; i < 16; i++)
            for (int l = 0; l < LANES; l++)
                message[i][l] = header[i];
        compress(state, message);
        memset(message, 0, sizeof message);
        for (int l = 0; l < LANES; l++) {
            for (int i = 0; i < 3; i++)
                message[i][l] = header[16 + i];
            /* Its four bytes lie in the header with the least significant first. */
            message[3][l] = swapped((word)(first + l)), message[4][l] = 0x80000000, message[15][l] = 640;
        }
        compress(state, message);
        memset(message, 0, sizeof message);
        memcpy(message, state, sizeof state);
        for (int i = 0; i < 8; i++)
            for (int l = 0; l < LANES; l++)
                state[i][l] = beginning[i];
        for (int l = 0; l < LANES; l++)
            message[8][l] = 0x80000000, message[15][l] = 256;
        compress(state, message);
        for (int l = 0; l < LANES && first + l < end; l++) {
            all ^= state[7][l];
            if ((uint64_t)swapped(state[7][l]) << zero_bits < (uint64_t)1 << 32)
                hits++, sum += first + l;
        }
    }
    printf("%" PRIu64 " %" PRIu64 " %08" PRIx32 "\n", hits, sum, all);
    return 0;
}
