#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "hw/config/config_loader.h"

namespace kirchhoff::cli {

/// Those of the entries that one of `words` names: a section ("adc"), a key ("adc.bits"), the part
/// of keys behind the section ("bits"), or any part of a key. All of them without words. InputError
/// for a word that names nothing.
std::vector<hw::ConfigEntry> named_entries(const std::vector<hw::ConfigEntry>& entries,
                                           const std::vector<std::string>& words);

/// A line per key: value, unit, meaning, wrapped at `width` characters; what does not have its
/// default says who set it.
std::string config_table(const std::vector<hw::ConfigEntry>& entries, std::size_t width);
/// All that is known of each key, with what is allowed and the source.
std::string config_details(const std::vector<hw::ConfigEntry>& entries, std::size_t width);
/// The reference page of the manual: a table per section.
std::string config_markdown(const std::vector<hw::ConfigEntry>& entries);

}  // namespace kirchhoff::cli
