#include "tests/onednn/onednn_inference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "base/kernels.h"
#include "base/stop_request.h"
#include "quant/accuracy/image_blocks.h"

namespace kirchhoff::quant {

namespace {

using dnnl::memory;

/// Images per call of a primitive.
constexpr int kBatch = 8;

/// A convolution of a batch, pixel after pixel with channels innermost: bytes in, 32-bit sums out.
struct Convolution {
  Convolution(const dnnl::engine& engine, const Layer& layer, int batch) {
    const Shape in = layer.input, out = layer.convolved();
    const memory::dims strides = {layer.stride.height, layer.stride.width};
    const memory::dims padding = {layer.padding.top, layer.padding.left};
    const memory::desc source({batch, in.channels, in.height, in.width}, memory::data_type::u8,
                              memory::format_tag::nhwc);
    const memory::desc weights({out.channels, in.channels, layer.kernel_height, layer.kernel_width},
                               memory::data_type::s8, memory::format_tag::any);
    const memory::desc sums({batch, out.channels, out.height, out.width}, memory::data_type::s32,
                            memory::format_tag::nhwc);
    dnnl::primitive_attr attributes;
    // A scratchpad per thread, so that threads can share the primitive.
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    description = dnnl::convolution_forward::primitive_desc(
        dnnl::convolution_forward::desc(dnnl::prop_kind::forward_inference,
                                        dnnl::algorithm::convolution_direct, source, weights, sums,
                                        strides, padding, padding),
        attributes, engine);
    primitive = dnnl::convolution_forward(description);
  }

  memory pack(const dnnl::engine& engine, const Layer& layer,
              const Eigen::MatrixXi& weights) const {
    // Column-major rows() x out_channels is (out, in, ky, kx).
    std::vector<std::int8_t> bytes(static_cast<std::size_t>(weights.size()));
    std::transform(weights.data(), weights.data() + weights.size(), bytes.begin(),
                   [](int weight) { return static_cast<std::int8_t>(weight); });
    const memory::desc plain(
        {layer.out_channels, layer.input.channels, layer.kernel_height, layer.kernel_width},
        memory::data_type::s8, memory::format_tag::oihw);
    memory packed(description.weights_desc(), engine);
    memory source(plain, engine, bytes.data());
    dnnl::stream stream(engine);
    dnnl::reorder(source, packed).execute(stream, source, packed);
    stream.wait();
    return packed;
  }

  void run(const dnnl::engine& engine, dnnl::stream& stream, const memory& weights,
           std::uint8_t* source, std::int32_t* sums, std::vector<std::uint8_t>& scratch) const {
    scratch.resize(std::max(scratch.size(), description.scratchpad_desc().get_size()));
    primitive.execute(stream, {{DNNL_ARG_SRC, memory(description.src_desc(), engine, source)},
                               {DNNL_ARG_WEIGHTS, weights},
                               {DNNL_ARG_DST, memory(description.dst_desc(), engine, sums)},
                               {DNNL_ARG_SCRATCHPAD,
                                memory(description.scratchpad_desc(), engine, scratch.data())}});
    stream.wait();
  }

  dnnl::convolution_forward::primitive_desc description;
  dnnl::convolution_forward primitive;
};

/// Requantisation of every channel, as doubles times 2^-shift (window_kernel.h). A falling channel
/// is turned, so that its pooled value comes from the largest sum, too.
struct Requantiser {
  explicit Requantiser(const IntegerLayer& layer) : top((1 << layer.output_bits) - 1) {
    for (std::size_t c = 0; c < layer.multiplier.size(); ++c) {
      sign.push_back(layer.multiplier[c] < 0 ? -1 : 1);
      multiplier.push_back(
          std::ldexp(std::abs(static_cast<double>(layer.multiplier[c])), -layer.shift));
      bias.push_back(std::ldexp(static_cast<double>(layer.bias[c]), -layer.shift));
    }
  }
  double top;
  std::vector<std::int32_t> sign;
  std::vector<double> multiplier, bias;
};

struct Kernels {
  /// One pixel of the next map: `pool` x `pool` sums of every channel, `row_step` apart by rows.
  void (*requantise_pixel)(const Requantiser& r, int channels, int pool, std::ptrdiff_t row_step,
                           const std::int32_t* sums, std::int32_t* pooled, std::uint8_t* outputs);
};

#define KIRCHHOFF_KERNELS "tests/onednn/pixel_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

bool onednn_is_exact() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_vnni:
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_amx:
    case dnnl::cpu_isa::avx2_vnni:
      return true;
    default:
      return false;
  }
}

class OneDnnInference::Impl {
 public:
  Impl(const Network& network, const Dataset& data, int threads)
      : network_(network),
        data_(data),
        engine_(dnnl::engine::kind::cpu, 0),
        packed_(network.layers.size()) {
    network_.validate();
    std::size_t sums = 0, channels = 0;
    for (const Layer& layer : network_.layers) {
      convolutions_.emplace_back(engine_, layer, kBatch);
      sums = std::max(sums, static_cast<std::size_t>(layer.convolved().size()) * kBatch);
      channels = std::max(channels, static_cast<std::size_t>(layer.out_channels));
    }
    for (std::size_t t = 0; t < thread_count(threads); ++t) {
      auto scratch = std::make_unique<Scratch>(engine_);
      scratch->image.resize(static_cast<std::size_t>(network_.image.size()) * kBatch);
      for (const Layer& layer : network_.layers)
        scratch->maps.emplace_back(static_cast<std::size_t>(layer.output().size()) * kBatch);
      scratch->sums.resize(sums);
      scratch->pooled.resize(channels);
      scratch_.push_back(std::move(scratch));
    }
  }

  bool exact_at_full_scale() const {
    Scratch& scratch = *scratch_[0];
    for (const LayerId l : network_.layers.ids()) {
      const Layer& layer = network_.layers[l];
      const Shape in = layer.input, out = layer.convolved();
      Eigen::MatrixXi weights = Eigen::MatrixXi::Constant(layer.rows(), out.channels, 127);
      for (int c = 1; c < out.channels; c += 2) weights.col(c).setConstant(-127);
      std::vector<std::uint8_t> image(static_cast<std::size_t>(in.size()) * kBatch, 255);
      convolutions_[l].run(engine_, scratch.stream, convolutions_[l].pack(engine_, layer, weights),
                           image.data(), scratch.sums.data(), scratch.primitive);
      const auto inside = [&](int window, int kernel, int size) {
        const int first = window * layer.stride.height - layer.padding.top;
        return std::min(first + kernel, size) - std::max(first, 0);
      };
      for (int i = 0; i < out.size() * kBatch; ++i) {
        const int c = i % out.channels, x = i / out.channels % out.width;
        const int y = i / out.channels / out.width % out.height;
        const int products = inside(y, layer.kernel_height, in.height) *
                             inside(x, layer.kernel_width, in.width) * in.channels;
        const int expected = (c % 2 == 0 ? 127 : -127) * 255 * products;
        if (scratch.sums[static_cast<std::size_t>(i)] != expected) return false;
      }
    }
    return true;
  }

  void run(const PolicyIntegers& integers, std::size_t first, std::size_t images,
           const LogitsConsumer& consume) {
    check_images(data_, first + images);
    IndexedVector<LayerId, Stage> stages;
    for (const LayerId l : integers.layers.ids()) {
      const IntegerLayer& layer = integers.layers[l];
      memory& packed = packed_[l][static_cast<std::size_t>(layer.policy_bits())];
      if (!packed)
        packed = convolutions_[l].pack(engine_, network_.layers[l], *integers.weights[l]);
      stages.push_back({packed, Requantiser(layer), layer.activation_bits});
    }
    for_each_block(scratch_.size(), (images + kBatch - 1) / kBatch,
                   [&](std::size_t thread, std::size_t block) {
                     // One thread per batch: blocks are independent, convolutions would have to
                     // wait.
                     omp_set_num_threads(1);
                     const std::size_t start = first + block * kBatch;
                     const std::size_t count =
                         std::min<std::size_t>(kBatch, first + images - start);
                     infer(stages, integers.output_bias, start, count, *scratch_[thread]);
                     consume(start, static_cast<int>(count), scratch_[thread]->logits.data());
                   });
  }

 private:
  /// A layer under one policy.
  struct Stage {
    memory weights;
    Requantiser requantiser;
    int activation_bits;
  };
  struct Scratch {
    explicit Scratch(const dnnl::engine& engine) : stream(engine) {}
    dnnl::stream stream;
    std::vector<std::uint8_t> image, primitive;
    IndexedVector<LayerId, std::vector<std::uint8_t>> maps;  ///< output of every layer
    std::vector<std::int32_t> sums, pooled;
    std::vector<std::int64_t> logits;
  };

  /// Images (channel, row, column) as (row, column, channel), reduced to `bits`.
  void load(std::size_t start, std::size_t count, int bits,
            std::vector<std::uint8_t>& image) const {
    const auto channels = static_cast<std::size_t>(network_.image.channels);
    const std::size_t size = static_cast<std::size_t>(network_.image.size());
    const std::size_t plane = size / channels;
    const int shift = 8 - bits, half = shift > 0 ? 1 << (shift - 1) : 0, top = (1 << bits) - 1;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* source = data_.pixels.data() + (start + i) * size;
      for (std::size_t p = 0; p < size; ++p) {
        image[i * size + p % plane * channels + p / plane] =
            static_cast<std::uint8_t>(std::min((source[p] + half) >> shift, top));
      }
    }
  }

  void infer(const IndexedVector<LayerId, Stage>& stages,
             const std::vector<std::int64_t>& output_bias, std::size_t start, std::size_t count,
             Scratch& scratch) const {
    for (const LayerId l : network_.layers.ids()) {
      give_up_if_stopped();
      const Layer& layer = network_.layers[l];
      const Shape convolved = layer.convolved(), out = layer.output();
      const TensorId source = layer.inputs.front();
      if (source == kImage) load(start, count, stages[l].activation_bits, scratch.image);
      std::uint8_t* input =
          source == kImage ? scratch.image.data() : scratch.maps[producer_of(source)].data();
      convolutions_[l].run(engine_, scratch.stream, stages[l].weights, input, scratch.sums.data(),
                           scratch.primitive);
      if (l == network_.layers.last_id()) {
        deliver(output_bias, out, count, scratch);
        return;
      }
      const std::ptrdiff_t row_step =
          static_cast<std::ptrdiff_t>(convolved.width) * convolved.channels;
      std::uint8_t* target = scratch.maps[l].data();
      for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t* sums =
            scratch.sums.data() + i * static_cast<std::size_t>(convolved.size());
        for (int y = 0; y < out.height; ++y) {
          for (int x = 0; x < out.width; ++x, target += out.channels) {
            kernels().requantise_pixel(
                stages[l].requantiser, out.channels, layer.pool, row_step,
                sums + y * layer.pool * row_step +
                    static_cast<std::ptrdiff_t>(x) * layer.pool * out.channels,
                scratch.pooled.data(), target);
          }
        }
      }
    }
  }

  /// Sums (image, row, column, channel) as logits (image, channel, row, column).
  static void deliver(const std::vector<std::int64_t>& output_bias, const Shape& out,
                      std::size_t count, Scratch& scratch) {
    scratch.logits.clear();
    const std::size_t positions = static_cast<std::size_t>(out.height * out.width);
    const auto channels = static_cast<std::size_t>(out.channels);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t p = 0; p < positions; ++p) {
          scratch.logits.push_back(scratch.sums[(i * positions + p) * channels + c] +
                                   output_bias[c]);
        }
      }
    }
  }

  const Network network_;
  const Dataset& data_;
  dnnl::engine engine_;
  IndexedVector<LayerId, Convolution> convolutions_;
  IndexedVector<LayerId, std::array<memory, kMaxSearchBits + 1>> packed_;  ///< by width
  std::vector<std::unique_ptr<Scratch>> scratch_;
};

OneDnnInference::OneDnnInference(const Network& network, const Dataset& data, int threads)
    : impl_(std::make_unique<Impl>(network, data, threads)) {}
OneDnnInference::~OneDnnInference() = default;

bool OneDnnInference::exact_at_full_scale() const { return impl_->exact_at_full_scale(); }

ClippedConversions OneDnnInference::run(const PolicyIntegers& integers, std::size_t first,
                                        std::size_t images, const LogitsConsumer& consume) {
  integers.refuse_wide();
  impl_->run(integers, first, images, consume);
  return ClippedConversions(integers.layers.size(), 0);
}

}  // namespace kirchhoff::quant
