/* CUDA C++'s words for a C++ compiler: a kernel becomes a function that is called once for every thread, in order.
   No barrier can work so: kernels that have one do not compile. */
#include <cstddef>
#include <cstdint>
#include <utility>

#define __global__
#define __constant__
#define __device__
#define __forceinline__ inline
#define __restrict__ __restrict

struct Index { unsigned x, y, z; };
static Index threadIdx, blockIdx, blockDim, gridDim;

static inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned n) {
    n &= 31;
    return n ? high << n | low >> (32 - n) : high;
}
static inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((unsigned long long)a * b >> 32); }
static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}
static inline unsigned atomicAdd(unsigned *place, unsigned value) { unsigned old = *place; *place += value; return old; }
static inline unsigned atomicXor(unsigned *place, unsigned value) { unsigned old = *place; *place ^= value; return old; }
static inline unsigned atomicOr(unsigned *place, unsigned value) { unsigned old = *place; *place |= value; return old; }

template <class... Types, size_t... Places>
static void every_thread(void (*kernel)(Types...), void **arguments, unsigned groups, unsigned group,
                         std::index_sequence<Places...>) {
    gridDim = {groups, 1, 1};
    blockDim = {group, 1, 1};
    for (unsigned block = 0; block < groups; block++)
        for (unsigned thread = 0; thread < group; thread++) {
            blockIdx = {block, 0, 0};
            threadIdx = {thread, 0, 0};
            kernel(*static_cast<Types *>(arguments[Places])...);
        }
}

template <class... Types>
static void launched(void (*kernel)(Types...), void **arguments, unsigned groups, unsigned group) {
    every_thread(kernel, arguments, groups, group, std::index_sequence_for<Types...>{});
}

/* What the fake driver looks for. */
#define LAUNCHABLE(name) \
    extern "C" void launch_##name(void **arguments, unsigned groups, unsigned group) { \
        launched(name, arguments, groups, group); \
    } \
    extern "C" const int arguments_of_##name = counted(name);
template <class... Types> static constexpr int counted(void (*)(Types...)) { return sizeof...(Types); }
