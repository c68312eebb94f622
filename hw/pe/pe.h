#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <systemc>
#include <tlm>

#include "hw/common/clock.h"
#include "hw/common/fidelity.h"
#include "hw/config/identifiers.h"
#include "hw/config/pe_config.h"
#include "hw/pe/block_table.h"
#include "hw/pe/datapath.h"
#include "hw/pe/pe_cells.h"
#include "hw/pe/pe_counters.h"
#include "hw/pe/registers.h"
#include "hw/ports/blocking_target.h"
#include "hw/ports/pe_ports.h"

namespace kirchhoff::hw {

/// A processing element: blocks of a layer's weights on its `pe.pairs` crossbar pairs, a pair per
/// weight slice. Blocks run at the same time, each on pairs of its own. `bus_socket`: a write loads
/// input slot `address % 2` of block `address / 2` (32-bit values), a read drains the output slot
/// (values of type Sum); without a data pointer only sizes flow. `cell_socket`: programs and reads
/// back crossbar rows and flip flags (register_map.h).
class Pe final : public sc_core::sc_module, public PeControlIf {
 public:
  BlockingTarget<Pe> bus_socket{"bus_socket"};
  BlockingTarget<Pe> cell_socket{"cell_socket"};
  sc_core::sc_export<PeControlIf> control{"control"};
  sc_core::sc_port<PeListenerIf> listener{"listener"};

  Pe(const sc_core::sc_module_name& name, PeId id, const PeConfig& config, const Clock& clock,
     Fidelity fidelity, const Tracer* tracer = nullptr);
  void reset();
  PeCounters counters() const;
  /// Clears all cells.
  void erase() {
    cells_.erase();
    realised_ = false;
  }
  /// Names of the images of the runs from the next product on, by which noise is drawn; without one
  /// an image's number is its name.
  void name_images(std::vector<std::uint32_t> names) { image_names_ = std::move(names); }
  /// Shows the conversions of every product from the next one on; null: no longer, and at no cost.
  void watch(const ConversionWatch& watch) { datapath_->watch(watch); }

  void configure(int block, const PeSetup& setup) override;
  std::optional<ProductTimes> start(int input, int output, const WindowPlace& window) override;
  bool can_follow() const override { return datapath_->can_follow(); }
  void follow(const PeControlIf& leader) override { leader_ = &static_cast<const Pe&>(leader); }

 private:
  void bus_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  void cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  unsigned cell_debug(tlm::tlm_generic_payload& trans);
  bool access_cells(tlm::tlm_generic_payload& trans);

  const PeConfig config_;
  const Pe* leader_ = nullptr;
  std::uint64_t products_ = 0, bit_steps_ = 0;
  std::vector<std::uint32_t> image_names_;
  bool realised_ = false;  ///< the cells of all blocks are as real as they are
  BlockTable blocks_;
  PeCells cells_;
  InputRegister input_register_;
  OutputRegister output_register_;
  const std::unique_ptr<Datapath> datapath_;
};

}  // namespace kirchhoff::hw
