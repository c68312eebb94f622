#pragma once

#include <string>

#include "quant/network/network.h"
#include "sim/cost_table.h"
#include "traces/npy_reader.h"

namespace kirchhoff::sim {

/// The table of HAQ (Wang et al. 2019): a .npy file of 64-bit integers, cycles by [layer with
/// weights][weight bits - 1][activation bits - 1], both from 1 to 8.
inline constexpr int kHaqWidths = 8;
bool is_haq_table(const std::string& path);

/// As a table of latencies only (CostTable::latency_only), in which a cycle counts as a nanosecond;
/// layers without weights add nothing. InputError, beginning with `where`, when it does not have
/// the layers of `network`.
CostTable from_haq_table(const IntegerArray& cycles, const quant::Network& network,
                         const std::string& where);

/// The latencies of a table with all pairs from 2 to 8 bits, in cycles of `mhz`. What layers
/// without weights take is in the entries of the first layer with weights that reads their map; an
/// entry of 1 bit, which no policy has, is that of 2.
IntegerArray to_haq_table(const CostTable& table, const quant::Network& network, double mhz);

}  // namespace kirchhoff::sim
