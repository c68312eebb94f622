#pragma once

namespace kirchhoff::hw {

/// One block that a PE holds, from the controller's registers.
struct PeSetup {
  int rows = 0;  ///< 0: not allocated
  int columns = 0;
  int slices = 0;           ///< lanes that are read
  int activation_bits = 0;  ///< bit steps of a product
  bool functional = false;
  int first_pair = 0;   ///< lane of slice 0; its slices follow each other
  int weight_bits = 8;  ///< the offset encoding's bias is 2^(weight_bits - 1)
  int sum_bits = 32;    ///< of a sum in the output register (encoding.h)
};

}  // namespace kirchhoff::hw
