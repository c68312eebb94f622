#pragma once

#include "quant/model/model.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"

namespace kirchhoff::quant {

/// The policy and the clips under which a quantised network's integers are those that its file
/// (DescribedNetwork::steps) was made for. A batch norm behind weights scales the clips of their
/// channels and leaves the integers as they are, up to a channel's sign. InputError when the file
/// leaves out a map or a matrix, or says what one scale for a map cannot hold.
TunedClips file_clips(const DescribedNetwork& network, const Lowered& lowered);

}  // namespace kirchhoff::quant
