/* A stand-in for libnvidia-ml.so.1: one card whose state is read from the file named by FAKE_NVML_STATE,
   as "energy_mJ power_mW error_code". What a real, older driver lacks is left out with -DNO_...
   -DCARDS=2: equal cards in slots 1, 2…; the second one's joules count from 1 kJ. -DMIG: cards are cut into slices.
   -DINIT=code: it does not start. -DNO_FIRST: the first card does not answer at all. */
#ifndef INIT
#define INIT 0
#endif
#ifndef CARDS
#define CARDS 1
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3 };

struct state { unsigned long long energy_mj; unsigned int power_mw; int error; };

static struct state now(void) {
    struct state state = {0, 0, 999};
    FILE *file = fopen(getenv("FAKE_NVML_STATE"), "r");
    if (file) {
        if (fscanf(file, "%llu %u %d", &state.energy_mj, &state.power_mw, &state.error) != 3) state.error = 999;
        fclose(file);
    }
    return state;
}

int nvmlInitWithFlags(unsigned int flags) { (void)flags; return INIT; }
int nvmlShutdown(void) { return SUCCESS; }
const char *nvmlErrorString(int code) { return code == 15 ? "GPU is lost" : code == 3 ? "Not Supported" : "Error"; }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = CARDS; return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **card) {
#ifdef NO_FIRST
    if (index == 0) return 15;
#endif
    *card = (void *)(size_t)(index + 1);
    return SUCCESS;
}
int nvmlDeviceGetName(void *card, char *name, unsigned int size) {
    (void)card;
    snprintf(name, size, "NVIDIA Fake 9000");
    return SUCCESS;
}

#ifndef NO_ENERGY
int nvmlDeviceGetTotalEnergyConsumption(void *card, unsigned long long *energy) {
    struct state state = now();
    *energy = state.energy_mj + 1000000ull * ((size_t)card - 1);
    return state.error;
}
#endif

#ifndef NO_POWER
int nvmlDeviceGetPowerUsage(void *card, unsigned int *power) {
    struct state state = now();
    (void)card;
    *power = state.power_mw;
    return state.error;
}
#endif

struct field { unsigned int id, scope; long long timestamp, latency; int type, result; unsigned long long value; };

#ifndef NO_FIELDS
int nvmlDeviceGetFieldValues(void *card, int count, struct field *fields) {
    struct state state = now();
    (void)card;
    for (int i = 0; i < count; i++) {
        fields[i].result = fields[i].id == 186 ? SUCCESS : NOT_SUPPORTED;
        fields[i].value = state.power_mw;
    }
    return state.error;
}
#endif

struct pci { char legacy[16]; unsigned int domain, bus, device, id, subsystem; char bus_id[32]; };

int nvmlDeviceGetPciInfo_v3(void *card, struct pci *info) {
    memset(info, 0, sizeof *info);
    sprintf(info->bus_id, "00000000:%02X:00.0", (unsigned)(size_t)card);
    return SUCCESS;
}
int nvmlDeviceGetClockInfo(void *card, int kind, unsigned int *mhz) { (void)card; (void)kind; *mhz = 1410; return SUCCESS; }
int nvmlDeviceGetTemperature(void *card, int sensor, unsigned int *c) { (void)card; (void)sensor; *c = 61; return SUCCESS; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *card, unsigned long long *bits) {
    (void)card;
    *bits = 0x1 | 0x4 | 0x20; /* idle, power cap, software thermal */
    return SUCCESS;
}
#ifdef MIG
int nvmlDeviceGetMigMode(void *card, unsigned int *now_, unsigned int *pending) { (void)card; *now_ = *pending = 1; return SUCCESS; }
#endif
