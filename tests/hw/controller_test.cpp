#include "hw/controller/controller.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include "tests/hw/sequence_bench.h"

namespace kirchhoff::hw {
namespace {

constexpr int kPes = 2;

/// The cells of all PEs: remembers who was asked for which address.
struct FakeCells : sc_core::sc_module {
  tlm_utils::multi_passthrough_target_socket<FakeCells> ports{"ports"};
  std::vector<std::string> accesses;

  explicit FakeCells(const sc_core::sc_module_name& name) : sc_module(name) {
    ports.register_b_transport(this, &FakeCells::b_transport);
  }
  void b_transport(int pe, tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    accesses.push_back(std::to_string(pe) + ":" + std::to_string(trans.get_address()));
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct IdlePe : PeControlIf {
  void configure(int block, const PeSetup& setup) override {
    if (setup.rows > 0) configured.push_back({block, setup});
  }
  std::optional<ProductTimes> start(int, int, const WindowPlace&) override { return std::nullopt; }
  bool can_follow() const override { return follows; }
  void follow(const PeControlIf& other) override { leader = &other; }

  std::vector<std::pair<int, PeSetup>> configured;
  bool follows = false;
  const PeControlIf* leader = nullptr;
};

struct FakeTile : TileIf {
  std::vector<std::uint64_t> counter_values() const override { return {11, 22, 33}; }
  void rewind_datapath() override { ++rewinds; }
  int rewinds = 0;
};

/// A controller of two PEs on a mesh of four tiles, with a fake behind every port.
struct Bench : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Bench> host{"host"};

  explicit Bench(const sc_core::sc_module_name& name) : sc_module(name), config(chip()) {
    host.bind(dut.config_socket);
    for (int p = 0; p < kPes; ++p) {
      dut.cell_sockets.bind(cells.ports);
      dut.pes(pes[p]);
    }
    for (std::size_t i = 0; i < kBusUsers; ++i) dut.bus_sockets.bind(bus.ports);
    for (std::size_t i = 0; i < kEdramUsers; ++i) dut.edram_sockets.bind(edram.ports);
    dut.line_buffer(line_buffer);
    dut.adder(adder);
    dut.sfu(sfu);
    dut.network(network);
    dut.tile(tile);
  }
  static ChipConfig chip() {
    ChipConfig chip;
    chip.mesh_width = chip.mesh_height = 2;
    chip.tile.pes = kPes;
    return chip;
  }

  template <typename T>
  tlm::tlm_response_status access(tlm::tlm_command command, reg::Address address,
                                  std::vector<T>& data) {
    tlm::tlm_generic_payload trans;
    trans.set_command(command);
    trans.set_address(address);
    trans.set_data_ptr(reinterpret_cast<unsigned char*>(data.data()));
    trans.set_data_length(static_cast<unsigned>(sizeof(T) * data.size()));
    sc_core::sc_time delay;
    host->b_transport(trans, delay);
    EXPECT_EQ(trans.get_address(), address) << "the host's own address comes back";
    return trans.get_response_status();
  }
  template <typename T>
  tlm::tlm_response_status write(reg::Address address, std::vector<T> data) {
    return access(tlm::TLM_WRITE_COMMAND, address, data);
  }
  std::uint32_t read(reg::Address address) {
    std::vector<std::uint32_t> word = {0xdead};
    EXPECT_EQ(access(tlm::TLM_READ_COMMAND, address, word), tlm::TLM_OK_RESPONSE);
    return word[0];
  }
  tlm::tlm_response_status control(std::uint32_t command) {
    return write<std::uint32_t>(reg::kControl, {command});
  }
  template <typename Bank>
  void program(int i, const Bank& bank) {
    EXPECT_EQ(write(reg::first_of<Bank>(i), reg::words_of(bank)), tlm::TLM_OK_RESPONSE);
  }
  /// Two groups of 8 channels, each on a PE of its own.
  void program_layer() {
    LayerRegisters layer;
    layer.weight_bits = layer.activation_bits = layer.output_bits = 4;
    layer.slices = 3;
    layer.channels = 2;
    layer.input_height = layer.input_width = 4;
    layer.kernel_height = layer.kernel_width = 3;
    layer.stride_height = layer.stride_width = layer.pool = 1;
    layer.dilation_height = layer.dilation_width = 1;
    layer.padding_top = layer.padding_left = layer.padding_bottom = layer.padding_right = 1;
    layer.output_height = layer.output_width = 4;
    layer.sources = layer.images = layer.hops = layer.producers = 1;
    layer.groups = 2;
    layer.buffer_rows = 4;
    layer.sum_bits = 32;
    program(0, layer);
    program(0, ProducerRegister{4});
    program(0, GroupRegisters{0, 8, 1, 0, 0, 0});
    program(1, GroupRegisters{8, 8, 1, 1, 0, 2});
    program(0, HopRegisters{0, 4, 0, 0, 8, 0, 0, 0});
    for (int p = 0; p < kPes; ++p)
      program(reg::block_index(PeId{p}, 0), BlockRegisters{0, 18, 8, p, 0});
  }

  const std::shared_ptr<Agenda> agenda = Agenda::of_kernel();
  const ChipConfig config;
  Clock clock{1000};
  Controller dut{"dut", TileId{1}, config, clock};
  FakeCells cells{"cells"};
  FakeTarget bus{"bus"}, edram{"edram"};
  FakeLineBuffer line_buffer;
  FakeAdder adder;
  FakeSfu sfu;
  FakeNetwork network{*agenda};
  FakeTile tile;
  IdlePe pes[kPes];
};

class ControllerTest : public SystemCTest {
 protected:
  Bench bench_{"bench"};
};

TEST_F(ControllerTest, RegistersAnswerAsTheirRightsAndRangesSay) {
  elaborate();
  EXPECT_EQ(bench_.read(reg::kId), 1u);
  EXPECT_EQ(bench_.read(reg::kStatus), static_cast<std::uint32_t>(reg::Status::kIdle));
  EXPECT_EQ(bench_.write<std::uint32_t>(reg::kId, {3}), tlm::TLM_COMMAND_ERROR_RESPONSE);
  const reg::Address bits = reg::at(&LayerRegisters::weight_bits);
  EXPECT_EQ(bench_.write<std::uint32_t>(bits, {17}), tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(bench_.write<std::uint32_t>(bits, {5, 6}), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench_.read(bits), 5u);
  EXPECT_EQ(bench_.read(reg::at(&LayerRegisters::activation_bits)), 6u) << "a burst goes on";
  EXPECT_EQ(bench_.write<std::uint16_t>(bits, {7}), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(bench_.write<std::uint32_t>(0xf00, {1}), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  // A burst stops at the first word that is refused; those before it are written.
  EXPECT_EQ(bench_.write<std::uint32_t>(bits, {8, 99}), tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(bench_.read(bits), 8u);
}

TEST_F(ControllerTest, CellsAreThoseOfThePeWithinItsOwnAddresses) {
  elaborate();
  EXPECT_EQ(bench_.write<std::uint8_t>(reg::cells_of(PeId{1}, 3) + 16, {1}), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench_.cells.accesses,
            std::vector<std::string>{"1:" + std::to_string(3 * reg::kCellArrayStride + 16)});
  EXPECT_EQ(bench_.write<std::uint8_t>(reg::cells_of(PeId{kPes}, 0), {1}),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(ControllerTest, TablesAreWrittenInWholeEntries) {
  elaborate();
  EXPECT_EQ(bench_.write<std::int32_t>(reg::kMultiplierBase + 8, {-5, 6}), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench_.write<std::int64_t>(reg::kBiasBase, {1, 2, -3}), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench_.dut.registers().multipliers(), (std::vector<std::int32_t>{0, 0, -5, 6}));
  EXPECT_EQ(bench_.dut.registers().biases(), (std::vector<std::int64_t>{1, 2, -3}));
  EXPECT_EQ(bench_.write<std::int32_t>(reg::kBiasBase, {1}), tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(bench_.write<std::int32_t>(reg::kMultiplierBase + 2, {1}),
            tlm::TLM_BURST_ERROR_RESPONSE);
  std::vector<std::int32_t> word(1);
  EXPECT_EQ(bench_.access(tlm::TLM_READ_COMMAND, reg::kMultiplierBase, word),
            tlm::TLM_COMMAND_ERROR_RESPONSE);
  EXPECT_EQ(bench_.write<std::int32_t>(reg::kMultiplierBase + 4 * reg::kMaxChannels, {1}),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_F(ControllerTest, CountersAreReadFromAnyToAny) {
  elaborate();
  std::vector<std::uint64_t> values(2);
  EXPECT_EQ(bench_.access(tlm::TLM_READ_COMMAND, reg::kCounterBase + 8, values),
            tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(values, (std::vector<std::uint64_t>{22, 33}));
  EXPECT_EQ(bench_.access(tlm::TLM_READ_COMMAND, reg::kCounterBase + 16, values),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(bench_.access(tlm::TLM_READ_COMMAND, reg::kCounterBase + 4, values),
            tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(bench_.write<std::uint64_t>(reg::kCounterBase, {1}), tlm::TLM_COMMAND_ERROR_RESPONSE);
}

TEST_F(ControllerTest, StartTellsThePesAndClosesTheRegisters) {
  elaborate();
  EXPECT_EQ(bench_.control(reg::kStart), tlm::TLM_GENERIC_ERROR_RESPONSE) << "no program";
  EXPECT_EQ(bench_.control(9), tlm::TLM_GENERIC_ERROR_RESPONSE);
  bench_.program_layer();
  EXPECT_EQ(bench_.control(reg::kStart), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench_.tile.rewinds, 1);
  EXPECT_EQ(bench_.read(reg::kStatus), static_cast<std::uint32_t>(reg::Status::kRunning));
  for (const IdlePe& pe : bench_.pes) {
    ASSERT_EQ(pe.configured.size(), 1u);
    EXPECT_EQ(pe.configured[0].second.rows, 18);
    EXPECT_EQ(pe.configured[0].second.slices, 3);
    EXPECT_EQ(pe.leader, nullptr);
  }
  EXPECT_EQ(bench_.control(reg::kStart), tlm::TLM_COMMAND_ERROR_RESPONSE);
  EXPECT_EQ(bench_.write<std::uint8_t>(reg::cells_of(PeId{0}, 0), {1}),
            tlm::TLM_COMMAND_ERROR_RESPONSE);
  sc_core::sc_start();
  std::vector<std::string> lines;
  bench_.dut.report_waiting(lines);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find("tile 1 (layer 0): 0 of 16 windows completed; 0 fetched"), 0u)
      << lines[0];
  EXPECT_NE(lines[0].find("fetch: wait_input"), std::string::npos) << lines[0];
}

// PEs with blocks of equal sizes do the same while only sizes flow; one with another does not.
TEST_F(ControllerTest, APeFollowsAnEqualOne) {
  elaborate();
  for (IdlePe& pe : bench_.pes) pe.follows = true;
  bench_.program_layer();
  EXPECT_EQ(bench_.control(reg::kStart), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench_.pes[0].leader, nullptr);
  EXPECT_EQ(bench_.pes[1].leader, &bench_.pes[0]);
}

TEST_F(ControllerTest, APeWithAnotherBlockFollowsNobody) {
  elaborate();
  for (IdlePe& pe : bench_.pes) pe.follows = true;
  bench_.program_layer();
  bench_.program(reg::block_index(PeId{1}, 0), BlockRegisters{0, 9, 8, 1, 0});
  EXPECT_EQ(bench_.control(reg::kStart), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench_.pes[1].leader, nullptr);
}

TEST_F(ControllerTest, ClearForgetsTheProgram) {
  elaborate();
  bench_.program_layer();
  EXPECT_EQ(bench_.control(reg::kClear), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench_.read(reg::at(&LayerRegisters::weight_bits)), 0u);
  EXPECT_EQ(bench_.control(reg::kStart), tlm::TLM_GENERIC_ERROR_RESPONSE);
  EXPECT_EQ(bench_.tile.rewinds, 1);
}

}  // namespace
}  // namespace kirchhoff::hw
