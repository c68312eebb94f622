#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "hw/common/agenda.h"
#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/sums.h"
#include "hw/common/timeline.h"
#include "hw/common/turns.h"
#include "hw/config/register_map.h"
#include "hw/noc/network_interface.h"

namespace kirchhoff::hw {

/// A map of activations that comes from outside: the image, or what an earlier round has made.
struct HostMap {
  int channels = 0, height = 0, width = 0;
  int bits = 8;  ///< of an activation on the wires
  /// Image by image: channel, row, column; empty when only sizes flow.
  std::vector<std::int32_t> pixels;
};

/// Where a map goes: the channels, columns and rows that a tile stores of it.
struct MapRoute {
  TileId tile{};
  int stream = 0;
  int channel_begin = 0, channels = 0;  ///< of the map
  int rows = 0;                         ///< that the tile's buffer holds: the credits to begin with
  int column_begin = 0, columns = 0;    ///< 0 columns: all
  RowPattern travel;                    ///< rows that the tile takes
  int map = 0;                          ///< of the job
  int first_there = 0;                  ///< number of the first channel in the operand
  int operand = 0;                      ///< 0 = the tile's input, 1 = its second operand
  LayerLabel layer{0};                  ///< that the packets count for
};

/// A map that comes back: some or all channels of what a layer makes.
struct HostOutput {
  LayerLabel layer{};
  int channels = 0, pixels = 0;  ///< of the whole map
};

/// A stream of images and what is expected back.
struct HostJob {
  int images = 1;
  bool functional = false;  ///< integers flow, not only sizes
  std::vector<HostMap> maps;
  std::vector<MapRoute> routes;                ///< those of a map one behind the other
  int result_channels = 0, result_pixels = 0;  ///< of an image, whatever comes back of them
  std::vector<HostOutput> outputs;
  long long expected = 0;  ///< results and activations that come back of an image
};

/// When an image was sent and when its results were complete.
struct ImageTimes {
  sc_core::sc_time first_pixel, last_result;
};

/// The chip's off-chip port: sends maps row by row as far as the tiles have room, each as if it
/// were alone, collects results and maps, and carries the host's register accesses.
class HostPort final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<HostPort> config_socket{"config_socket"};
  sc_core::sc_port<NetworkIf> network{"network"};

  /// With `turns` every image waits for the host's turn; else images follow one another without
  /// waiting for results, and tiles hold them back by credits.
  HostPort(const sc_core::sc_module_name& name, const Clock& clock, const Tracer* tracer = nullptr,
           Turns* turns = nullptr);
  void reset();

  /// Register access in no simulated time; false when the target refuses it.
  bool write(reg::Address address, const void* bytes, unsigned length);
  bool read(reg::Address address, void* bytes, unsigned length);

  /// Begins a job at the current time; the kernel must run afterwards.
  void begin(const HostJob& job);
  bool done() const { return received_ == expected_ && expected_ > 0; }
  /// From the first pixel handed to the network to the last result received, image by image.
  const std::vector<ImageTimes>& times() const { return times_; }
  /// Accumulators of the last layer: image, channel, pixel. Empty when only sizes flow.
  const Sums& results() const { return results_; }
  /// Of output `output` of the job: image, channel, pixel. Empty when only sizes flow.
  const std::vector<std::int32_t>& output(std::size_t output) const { return outputs_[output]; }

 private:
  /// How far a map has been sent.
  struct Cursor {
    std::size_t first = 0, end = 0;  ///< of its routes
    int map = 0, image = 0, row = 0;
    std::size_t route = 0;  ///< that gets the row next
  };
  void send_images();
  void send_images(int end);
  bool send_next(Cursor& cursor, int end);
  void find_cursors();
  void receive_results();
  void take_credit(const Packet& packet);
  void take_result(const Packet& packet);
  void take_output(const Packet& packet);
  void take_numbers(int image, int count);
  bool access(tlm::tlm_command command, reg::Address address, unsigned char* bytes,
              unsigned length);

  const Clock& clock_;
  Turns* const turns_;
  HostJob job_;
  void send_row(int image, int y, const MapRoute& route);

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  Event begin_{*agenda_}, progress_{*agenda_};
  Thread send_thread_{*agenda_, [this] { send_images(); }},
      receive_thread_{*agenda_, [this] { receive_results(); }};
  std::vector<long long> allowed_;  ///< rows by route, over the stream
  std::vector<ImageTimes> times_;
  std::vector<long long> received_of_image_;
  std::vector<Cursor> cursors_;
  int images_begun_ = 0;
  Sums results_;
  std::vector<std::vector<std::int32_t>> outputs_;
  long long received_ = 0, expected_ = 0;
  Probe row_, results_probe_;
  Timeline send_line_, receive_line_;
};

}  // namespace kirchhoff::hw
