#include "quant/network/cell_source.h"

#include <stdexcept>

namespace kirchhoff::quant {

base::Staircase CellSource::transfer(const CellArray&, int) const {
  throw std::logic_error("these cells come without converters");
}

base::NoiseKey CellSource::noise_key(const CellArray&) const {
  throw std::logic_error("these cells come without noise");
}

int CellSource::noise_square(int) const {
  throw std::logic_error("these cells come without noise");
}

}  // namespace kirchhoff::quant
