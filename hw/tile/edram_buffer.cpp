#include "hw/tile/edram_buffer.h"

#include <algorithm>

namespace kirchhoff::hw {

EdramBuffer::EdramBuffer(const sc_core::sc_module_name& name, const EdramConfig& config,
                         const Clock& clock, std::vector<const char*> port_names,
                         const Tracer* tracer)
    : sc_module(name),
      config_(config),
      access_cycles_(clock.cycles_for(config.access.nanoseconds())),
      array_("array", clock, std::move(port_names), tracer) {
  ports.register_b_transport(this, &EdramBuffer::b_transport);
}

void EdramBuffer::reset() {
  array_.reset();
  elements_.clear();
  reads_ = writes_ = 0;
}

void EdramBuffer::b_transport(int port, tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
  const TransferExtension& burst = TransferExtension::of(trans);
  const long long row_bits = static_cast<long long>(burst.segment_elements) * burst.element_bits;
  const auto words =
      static_cast<std::uint64_t>((row_bits + config_.word_bits - 1) / config_.word_bits) *
      static_cast<unsigned>(burst.segments);
  const auto banks = static_cast<std::uint64_t>(config_.banks);
  array_.occupy(static_cast<std::size_t>(port), (words + banks - 1) / banks * access_cycles_,
                burst.listener);
  (trans.is_write() ? writes_ : reads_) += words;

  if (auto* values = reinterpret_cast<std::int32_t*>(trans.get_data_ptr())) {
    const auto wrap = static_cast<std::size_t>(burst.wrap);
    for (int s = 0; s < burst.segments; ++s) {
      // A row never straddles the end of the ring, which holds whole rows.
      const std::size_t flat = trans.get_address() + static_cast<std::size_t>(s * burst.pitch);
      const auto base = static_cast<std::size_t>(burst.base);
      const std::size_t at = base + (wrap > 0 ? flat % wrap : flat);
      const std::size_t end = at + static_cast<std::size_t>(burst.segment_elements);
      if ((wrap > 0 && end > base + wrap) || (trans.is_read() && end > elements_.size())) {
        trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
      }
      if (end > elements_.size()) elements_.resize(end, 0);
      auto* row = values + static_cast<std::ptrdiff_t>(s) * burst.segment_elements;
      const auto cells = elements_.begin() + static_cast<std::ptrdiff_t>(at);
      if (trans.is_write()) {
        std::copy_n(row, burst.segment_elements, cells);
      } else {
        std::copy_n(cells, burst.segment_elements, row);
      }
    }
  }
  trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace kirchhoff::hw
