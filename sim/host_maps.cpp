#include "sim/host_maps.h"

#include <cstddef>

namespace kirchhoff::sim {

HostMaps::HostMaps(const quant::Network& network, const quant::Policy& policy,
                   const std::vector<std::int32_t>& pixels, int images)
    : network_(network),
      policy_(policy),
      pixels_(pixels),
      images_(images),
      tensors_(network),
      maps_(network.layers.size() + 1) {}

hw::HostMap HostMaps::map_of(quant::TensorId map, const Pass& pass) const {
  const quant::Shape shape = network_.shape_of(map);
  hw::HostMap one{shape.channels, shape.height, shape.width, tensors_.bits(map, policy_), {}};
  if (!functional()) return one;
  const std::vector<std::int32_t>& all = map == quant::kImage ? pixels_ : maps_[map];
  const auto size = static_cast<std::ptrdiff_t>(shape.size());
  const auto begin = all.begin() + size * pass.first_image;
  one.pixels.assign(begin, begin + size * pass.images);
  return one;
}

hw::HostJob HostMaps::job(const mapping::Program& program, const Pass& pass) const {
  hw::HostJob job;
  job.images = pass.images;
  job.functional = functional();
  for (std::size_t s = 0; s < program.streams.size(); ++s) {
    const mapping::MapStream& stream = program.streams[s];
    if (s == 0 || program.streams[s - 1].map != stream.map)
      job.maps.push_back(map_of(stream.map, pass));
    job.routes.push_back({stream.tile, stream.stream, stream.channel_begin, stream.channels,
                          stream.rows, stream.columns.begin, stream.columns.count, stream.travel,
                          static_cast<int>(job.maps.size()) - 1, stream.first_there, stream.operand,
                          mapping::label_of(stream.reader)});
  }
  job.result_channels = program.result_channels;
  job.result_pixels = program.result_pixels;
  for (const quant::LayerId l : program.outputs) {
    const quant::Shape shape = network_.layers[l].output();
    job.outputs.push_back({mapping::label_of(l), shape.channels, shape.height * shape.width});
  }
  job.expected = program.expected;
  return job;
}

template <typename Numbers>
void HostMaps::add(const Numbers& received, const Pass& pass, Numbers& all) const {
  const std::size_t per_image = received.size() / static_cast<std::size_t>(pass.images);
  all.resize(per_image * static_cast<std::size_t>(images_), 0);
  const std::size_t first = per_image * static_cast<std::size_t>(pass.first_image);
  for (std::size_t i = 0; i < received.size(); ++i) all[first + i] += received[i];
}

void HostMaps::take(const hw::HostPort& host, const mapping::Program& program, const Pass& pass) {
  if (!functional()) return;
  add(host.results(), pass, results_);
  for (std::size_t o = 0; o < program.outputs.size(); ++o)
    add(host.output(o), pass, maps_[quant::output_of(program.outputs[o])]);
}

std::uint64_t HostMaps::bits_between_rounds(const mapping::Program& program,
                                            const Pass& pass) const {
  long long bits = program.output_bits;
  for (const mapping::MapStream& stream : program.streams) {
    if (stream.map == quant::kImage) continue;
    const quant::Shape shape = network_.shape_of(stream.map);
    long long rows = 0;
    for (int y = 0; y < shape.height; ++y) rows += stream.travel.takes(y) ? 1 : 0;
    const int columns = stream.columns.count > 0 ? stream.columns.count : shape.width;
    bits += rows * columns * stream.channels * tensors_.bits(stream.map, policy_);
  }
  return static_cast<std::uint64_t>(bits * pass.images);
}

}  // namespace kirchhoff::sim
