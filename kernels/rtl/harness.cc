// Drives a simulated core: the design (design.cc) is what Yosys' CXXRTL backend wrote.
#include "design.cc"

#include <cstddef>
#include <cstdint>

using Design = cxxrtl_design::p_sha256d__core;

namespace {

// Registered outputs are wires, all others values.
template <size_t Bits> uint32_t word(const cxxrtl::value<Bits> &value, size_t index) { return value.data[index]; }
template <size_t Bits> uint32_t word(const cxxrtl::wire<Bits> &wire, size_t index) { return wire.curr.data[index]; }

template <typename Port, typename Number> void set(Port &port, Number number) { port.template set<Number>(number); }

// A rising edge, then a falling one: the step at a rising edge leaves outputs as they were before it.
void clock(Design &design) {
    set(design.p_clk, uint8_t{1});
    design.step();
    set(design.p_clk, uint8_t{0});
    design.step();
}

} // namespace

extern "C" {

void *core_new() { return new Design; }

void core_delete(void *core) { delete static_cast<Design *>(core); }

// Reset the core, shift the job's words in and let it run.
void core_load(void *core, const uint32_t *words, size_t count) {
    Design &design = *static_cast<Design *>(core);
    set(design.p_clk, uint8_t{0});
    set(design.p_run, uint8_t{0});
    set(design.p_rst, uint8_t{1});
    clock(design);
    set(design.p_rst, uint8_t{0});
    set(design.p_job__shift, uint8_t{1});
    for (size_t index = 0; index < count; ++index) {
        set(design.p_job__word, words[index]);
        clock(design);
    }
    set(design.p_job__shift, uint8_t{0});
    clock(design);
    set(design.p_run, uint8_t{1});
    design.step();
}

// The next results, as nonces and DIGEST_WORDS words each; fewer than wanted where most_clocks did not suffice.
size_t core_results(void *core, size_t wanted, uint64_t most_clocks, uint32_t *nonces, uint32_t *digests,
                    uint8_t *found) {
    Design &design = *static_cast<Design *>(core);
    size_t results = 0;
    for (uint64_t clocks = 0; results < wanted && clocks < most_clocks; ++clocks) {
        if (word(design.p_done, 0)) {
            nonces[results] = word(design.p_result__nonce, 0);
            found[results] = static_cast<uint8_t>(word(design.p_found, 0));
            for (size_t index = 0; index < DIGEST_WORDS; ++index)
                digests[results * DIGEST_WORDS + index] = word(design.p_digest, index);
            ++results;
        }
        clock(design);
    }
    return results;
}

} // extern "C"
