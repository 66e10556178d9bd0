/* A stand-in for libcuda.so.1, NVIDIA's driver: one or two cards that are this machine's memory and processor.

   Kernels come as shared libraries of this machine where a driver gets code for a card: `launch_NAME` (see cuda_words.h)
   is called when a kernel is launched. Launches are done at once, but on a clock of the card's own they take their time:
   FAKE_CUDA_RATE is its hashes a second, and launches of more than FAKE_CUDA_DONE hashes are not done at all then.
   FAKE_CUDA_FAILS names a function that answers error 2 (out of memory) or FAKE_CUDA_ERROR. FAKE_CUDA_CARDS: how many.
   FAKE_CUDA_NAME. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_IMAGE = 200, NO_BINARY = 209, UNSUPPORTED_PTX = 222,
       NOT_FOUND = 500 };
typedef struct { void *library; } Library;
typedef struct { void (*run)(void **, unsigned, unsigned); int arguments; int hashes; } Kernel;
typedef struct { double at_s; } Event;
typedef unsigned long long Pointer;

static double busy_until_s, first_s, idle_s, busy_s;
static long launches;
static int here, cuda_context;

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}
static double number(const char *name, double otherwise) {
    const char *text = getenv(name);
    return text ? atof(text) : otherwise;
}
static int failing(const char *function) {
    const char *name = getenv("FAKE_CUDA_FAILS");
    return name && !strcmp(name, function);
}
#define API(name, ...) int name(__VA_ARGS__)
#define MAY_FAIL if (failing(__func__)) return (int)number("FAKE_CUDA_ERROR", OUT_OF_MEMORY)

/* What the tests ask: seconds that the card worked, and that it had nothing to do between the first launch and now. */
double fake_busy_s(void) { return busy_s; }
double fake_idle_s(void) { return idle_s; }
long fake_launches(void) { return launches; }

API(cuInit, unsigned flags) { (void)flags; MAY_FAIL; return SUCCESS; }
API(cuDriverGetVersion, int *version) { *version = 12090; return SUCCESS; }
API(cuDeviceGetCount, int *count) { *count = (int)number("FAKE_CUDA_CARDS", 1); return SUCCESS; }
API(cuDeviceGet, int *device, int ordinal) { *device = ordinal; return SUCCESS; }
API(cuDeviceGetName, char *name, int size, int device) {
    const char *stated = getenv("FAKE_CUDA_NAME");
    (void)device;
    snprintf(name, size, "%s", stated ? stated : "NVIDIA Fake 9000");
    return SUCCESS;
}
API(cuDeviceGetUuid_v2, unsigned char *uuid, int device) { memset(uuid, 7 + device, 16); return SUCCESS; }
API(cuDeviceGetUuid, unsigned char *uuid, int device) { return cuDeviceGetUuid_v2(uuid, device); }
API(cuDeviceTotalMem_v2, size_t *bytes, int device) { (void)device; *bytes = (size_t)1 << 28; return SUCCESS; }
API(cuDeviceGetPCIBusId, char *place, int size, int device) {
    snprintf(place, size, "0000:%02X:00.0", 1 + device);
    return SUCCESS;
}
API(cuDeviceGetAttribute, int *value, int attribute, int device) {
    (void)device;
    switch (attribute) {
        case 1: *value = 1024; break;      /* threads a block */
        case 2: case 3: case 5: *value = 1024; break;
        case 13: *value = 1980000; break;  /* kHz */
        case 16: *value = 2; break;        /* multiprocessors */
        case 17: *value = (int)number("FAKE_CUDA_DISPLAY", 0); break;
        case 38: *value = 1 << 16; break;  /* bytes of level-2 cache */
        case 75: *value = 9; break;
        case 76: *value = 0; break;
        default: *value = 0;               /* no memory pools, and nothing else that is special */
    }
    return SUCCESS;
}
API(cuDevicePrimaryCtxRetain, void **context, int device) { (void)device; *context = &cuda_context; return SUCCESS; }
API(cuDevicePrimaryCtxRelease_v2, int device) { (void)device; return SUCCESS; }
API(cuCtxSetCurrent, void *context) { here = context != NULL; return SUCCESS; }
API(cuCtxPushCurrent_v2, void *context) { return cuCtxSetCurrent(context); }
API(cuCtxPopCurrent_v2, void **context) { *context = &cuda_context; return SUCCESS; }
API(cuCtxGetCurrent, void **context) { *context = here ? &cuda_context : NULL; return SUCCESS; }
API(cuCtxGetDevice, int *device) { *device = 0; return SUCCESS; }
API(cuCtxGetDevice_v2, int *device, void *context) { (void)context; *device = 0; return SUCCESS; }
API(cuCtxGetStreamPriorityRange, int *least, int *greatest) { *least = 0; *greatest = 0; return SUCCESS; }
API(cuCtxSynchronize, void) { return SUCCESS; }
API(cuStreamCreateWithPriority, void **stream, unsigned flags, int priority) {
    (void)flags; (void)priority;
    *stream = malloc(16);
    return SUCCESS;
}
API(cuStreamGetPriority, void *stream, int *priority) { (void)stream; *priority = 0; return SUCCESS; }
API(cuStreamGetFlags, void *stream, unsigned *flags) { (void)stream; *flags = 1; return SUCCESS; }
API(cuStreamGetCtx, void *stream, void **context) { (void)stream; *context = &cuda_context; return SUCCESS; }
API(cuStreamGetDevice, void *stream, int *device) { (void)stream; *device = 0; return SUCCESS; }
API(cuStreamIsCapturing, void *stream, int *status) { (void)stream; *status = 0; return SUCCESS; }
API(cuStreamDestroy_v2, void *stream) { free(stream); return SUCCESS; }
static void until(double at_s) {
    double left_s = at_s - now_s();
    if (left_s > 0) {
        struct timespec left = {(time_t)left_s, (long)((left_s - (time_t)left_s) * 1e9)};
        nanosleep(&left, NULL);
    }
}
API(cuStreamSynchronize, void *stream) { (void)stream; until(busy_until_s); return SUCCESS; }
API(cuEventCreate, void **event, unsigned flags) { (void)flags; *event = calloc(1, sizeof(Event)); return SUCCESS; }
API(cuEventDestroy_v2, void *event) { free(event); return SUCCESS; }
API(cuEventRecord, Event *event, void *stream) {
    (void)stream;
    event->at_s = busy_until_s > now_s() ? busy_until_s : now_s();
    return SUCCESS;
}
API(cuEventSynchronize, Event *event) { MAY_FAIL; until(event->at_s); return SUCCESS; }
API(cuEventQuery, Event *event) { (void)event; return SUCCESS; }
API(cuEventElapsedTime, float *ms, Event *first, Event *last) {
    *ms = (float)(1e3 * (last->at_s - first->at_s));
    return SUCCESS;
}
API(cuEventElapsedTime_v2, float *ms, Event *first, Event *last) { return cuEventElapsedTime(ms, first, last); }
API(cuMemAlloc_v2, Pointer *pointer, size_t size) {
    MAY_FAIL;
    void *memory = malloc(size);
    if (!memory) return OUT_OF_MEMORY;
    /* Memory of a card holds whatever was there before. */
    memset(memory, 0xA5, size);
    *pointer = (Pointer)(uintptr_t)memory;
    return SUCCESS;
}
API(cuMemFree_v2, Pointer pointer) { free((void *)(uintptr_t)pointer); return SUCCESS; }
API(cuMemAllocHost_v2, void **pointer, size_t size) { *pointer = malloc(size); return *pointer ? SUCCESS : OUT_OF_MEMORY; }
API(cuMemFreeHost, void *pointer) { free(pointer); return SUCCESS; }
API(cuMemcpyAsync, Pointer target, Pointer source, size_t size, void *stream) {
    (void)stream;
    memcpy((void *)(uintptr_t)target, (void *)(uintptr_t)source, size);
    return SUCCESS;
}
API(cuMemsetD8Async, Pointer target, unsigned char byte, size_t count, void *stream) {
    (void)stream;
    memset((void *)(uintptr_t)target, byte, count);
    return SUCCESS;
}
API(cuPointerGetAttributes, unsigned count, int *attributes, void **values, Pointer pointer) {
    (void)pointer;
    for (unsigned index = 0; index < count; index++) switch (attributes[index]) {
        case 2: *(unsigned *)values[index] = 2; break;  /* memory type: the device's */
        case 9: *(int *)values[index] = 0; break;       /* ordinal */
        case 8: *(int *)values[index] = 0; break;       /* managed */
        default: *(Pointer *)values[index] = 0;
    }
    return SUCCESS;
}
API(cuGetErrorName, int code, const char **text) {
    *text = code == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : code == INVALID_IMAGE ? "CUDA_ERROR_INVALID_IMAGE"
            : code == NO_BINARY ? "CUDA_ERROR_NO_BINARY_FOR_GPU"
            : code == UNSUPPORTED_PTX ? "CUDA_ERROR_UNSUPPORTED_PTX_VERSION" : "CUDA_ERROR_UNKNOWN";
    return SUCCESS;
}
API(cuGetErrorString, int code, const char **text) { (void)code; *text = "as the test wished"; return SUCCESS; }

API(cuLibraryLoadData, Library **library, const void *code, void *o, void *v, unsigned n, void *p, void *q, unsigned m) {
    const Elf64_Ehdr *head = code;
    (void)o; (void)v; (void)n; (void)p; (void)q; (void)m;
    MAY_FAIL;
    if (memcmp(head->e_ident, ELFMAG, SELFMAG)) return INVALID_IMAGE;
    size_t size = head->e_shoff + (size_t)head->e_shentsize * head->e_shnum;
    int file = memfd_create("kernel", 0);
    char path[64];
    if (write(file, code, size) != (ssize_t)size) return INVALID_IMAGE;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    *library = malloc(sizeof(Library));
    (*library)->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    return (*library)->library ? SUCCESS : INVALID_IMAGE;
}
API(cuLibraryUnload, Library *library) { (void)library; return SUCCESS; }
API(cuLibraryGetKernel, Kernel **kernel, Library *library, const char *name) {
    char symbol[256];
    snprintf(symbol, sizeof symbol, "launch_%s", name);
    void *run = dlsym(library->library, symbol);
    snprintf(symbol, sizeof symbol, "arguments_of_%s", name);
    const int *arguments = dlsym(library->library, symbol);
    if (!run || !arguments) return NOT_FOUND;
    *kernel = malloc(sizeof(Kernel));
    (*kernel)->run = (void (*)(void **, unsigned, unsigned))run;
    (*kernel)->arguments = *arguments;
    (*kernel)->hashes = !strcmp(name, "scan");
    return SUCCESS;
}
API(cuKernelGetLibrary, Library **library, Kernel *kernel) { (void)kernel; *library = NULL; return SUCCESS; }
API(cuKernelGetFunction, void **function, Kernel *kernel) { *function = kernel; return SUCCESS; }
API(cuKernelGetParamInfo, Kernel *kernel, size_t index, size_t *offset, size_t *size) {
    *offset = 8 * index;
    if (size) *size = 8;
    return (int)index < kernel->arguments ? SUCCESS : INVALID_VALUE;
}

static int launch(Kernel *kernel, unsigned groups, unsigned group, void **arguments) {
    double rate = number("FAKE_CUDA_RATE", 0), started_s = now_s();
    double hashes = kernel->hashes ? (double)*(unsigned *)arguments[1] * *(unsigned *)arguments[3] : 0;
    launches++;
    if (!rate || !kernel->hashes || hashes <= number("FAKE_CUDA_DONE", 1e18)) kernel->run(arguments, groups, group);
    double takes_s = rate && kernel->hashes ? hashes / rate : now_s() - started_s;
    if (!rate) started_s = now_s() - takes_s;
    else if (!first_s) first_s = started_s;
    else if (started_s > busy_until_s) idle_s += started_s - busy_until_s;
    busy_until_s = (started_s > busy_until_s ? started_s : busy_until_s) + takes_s;
    busy_s += takes_s;
    return SUCCESS;
}
typedef struct { unsigned grid_x, grid_y, grid_z, block_x, block_y, block_z, shared; void *stream; } Config;
API(cuLaunchKernelEx, const Config *config, Kernel *kernel, void **arguments, void **extra) {
    (void)extra;
    MAY_FAIL;
    return launch(kernel, config->grid_x, config->block_x, arguments);
}
API(cuLaunchKernel, Kernel *kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
    unsigned shared, void *stream, void **arguments, void **extra) {
    (void)gy; (void)gz; (void)by; (void)bz; (void)shared; (void)stream; (void)extra;
    MAY_FAIL;
    return launch(kernel, gx, bx, arguments);
}

/* NVIDIA's binding asks for every function by this one, under the names of the first release. */
API(cuGetProcAddress_v2, const char *symbol, void **found, int version, uint64_t flags, int *status) {
    char name[256];
    (void)version; (void)flags;
    snprintf(name, sizeof name, "%s_v2", symbol);
    *found = dlsym(RTLD_DEFAULT, name);
    void *mine = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    if (!*found && mine) *found = dlsym(mine, name);
    if (!*found && mine) *found = dlsym(mine, symbol);
    if (status) *status = *found ? 0 : 1;
    if (!*found && getenv("FAKE_CUDA_TRACE")) fprintf(stderr, "no %s\n", symbol);
    return *found ? SUCCESS : NOT_FOUND;
}
API(cuGetProcAddress, const char *symbol, void **found, int version, uint64_t flags) {
    return cuGetProcAddress_v2(symbol, found, version, flags, NULL);
}
