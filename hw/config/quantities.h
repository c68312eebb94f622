#pragma once

#include "hw/config/expression.h"

/// The amounts that costs of components are made of, as people read them: "6 pairs", "784 windows".
namespace kirchhoff::hw::quantity {

// Of an allocation.
Expression pes();
Expression tiles();
Expression pairs();
Expression rows_in_use();     ///< x pairs: DACs
Expression columns_in_use();  ///< x pairs: sample-and-hold cells
Expression adcs();
Expression routers();
Expression links();
Expression multipliers();  ///< tiles whose SFUs multiply

// Of the configuration.
Expression crossbars_of_pair();
Expression tiles_between_routers();
Expression router_ports();
Expression line_voltages();     ///< that a DAC puts on its word line
Expression multiplied_bits();   ///< by a shift-adder, in near-memory mode; else 1
Expression conversion_steps();  ///< what the time of a conversion is proportional to

// Of the work of a layer or a tile.
Expression windows();
Expression bit_steps();  ///< of a window
Expression pulses();     ///< of all bit steps of a window, with levels as pulses or integrated
Expression slices();     ///< of every block
Expression blocks();     ///< of a copy of the weights
Expression tiles_of_copy();
Expression copies();  ///< of the weights
Expression weight_bits();
Expression activation_bits();
Expression sum_bits();
Expression layer_rows();  ///< of a group
Expression layer_columns();
Expression output_channels();
Expression pooled_windows();  ///< that one output of a pooling is made of

// Of one block, for per_block().
Expression rows();
Expression columns();
Expression read_columns();  ///< those of an array, the unit column of the offset encoding included

Condition is_whole_layer();
Condition is_last_layer();
Condition has_blocks();  ///< on crossbars
Condition is_digital();  ///< weights, but not on crossbars

}  // namespace kirchhoff::hw::quantity
