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

  bool operator==(const PeSetup& o) const {
    return rows == o.rows && columns == o.columns && slices == o.slices &&
           activation_bits == o.activation_bits && functional == o.functional &&
           first_pair == o.first_pair && weight_bits == o.weight_bits && sum_bits == o.sum_bits;
  }
};

}  // namespace kirchhoff::hw
