// oneDNN's direct convolution behind three plain functions, for tests/perf/test_products.py (Debian: libdnnl-dev).

#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>

using namespace dnnl;

struct Peer {
    engine on{engine::kind::cpu, 0};
    stream queue{on};
    convolution_forward work;
    std::unordered_map<int, memory> arguments;
    std::string name;
};

// `bytes`: 8-bit images and weights with 32-bit sums, else 32-bit floats. Null where oneDNN has none such.
extern "C" void *peer_make(int bytes, int channels, int size) {
    try {
        auto peer = new Peer;
        using type = memory::data_type;
        auto any = memory::format_tag::any;
        memory::desc image({1, channels, size, size}, bytes ? type::u8 : type::f32, any);
        memory::desc weights({channels, channels, 3, 3}, bytes ? type::s8 : type::f32, any);
        memory::desc sums({1, channels, size, size}, bytes ? type::s32 : type::f32, any);
        convolution_forward::desc wanted(
            prop_kind::forward_inference, algorithm::convolution_direct, image, weights, sums, {1, 1}, {1, 1}, {1, 1});
        convolution_forward::primitive_desc chosen(wanted, peer->on);
        memory from(chosen.src_desc(), peer->on), with(chosen.weights_desc(), peer->on), to(chosen.dst_desc(), peer->on);
        for (auto *one : {&from, &with}) {
            auto bytes_of = one->get_desc().get_size();
            if (bytes)
                for (size_t i = 0; i < bytes_of; i++) ((unsigned char *)one->get_data_handle())[i] = i * 7 % 17;
            else
                for (size_t i = 0; i < bytes_of / 4; i++) ((float *)one->get_data_handle())[i] = float(i * 7 % 17) - 8;
        }
        peer->work = convolution_forward(chosen);
        peer->arguments = {{DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, with}, {DNNL_ARG_DST, to}};
        peer->name = chosen.impl_info_str();
        return peer;
    } catch (const error &) {
        return nullptr;
    }
}

extern "C" const char *peer_name(void *peer) { return ((Peer *)peer)->name.c_str(); }

extern "C" void peer_run(void *peer) {
    auto it = (Peer *)peer;
    it->work.execute(it->queue, it->arguments);
    it->queue.wait();
}
