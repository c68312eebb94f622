#include "quant/network/policy_formats.h"

#include <charconv>
#include <optional>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/csv_cell.h"
#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff::quant {
namespace {

constexpr const char* kSpace = " \t\r\n";

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

/// A list as Python writes it in the spelling of JSON, character for character, so that messages
/// about it name the places of the text.
std::string json_of_python(std::string list) {
  std::size_t comma = std::string::npos;  // the last one, with nothing but space behind it
  for (std::size_t i = 0; i < list.size(); ++i) {
    char& c = list[i];
    if (c == '(') c = '[';
    if (c == ')') c = ']';
    if (c == ']' && comma != std::string::npos) list[comma] = ' ';
    if (c == ',') {
      comma = i;
    } else if (std::string(kSpace).find(c) == std::string::npos) {
      comma = std::string::npos;
    }
  }
  return list;
}

/// The list of the last "best policy: […]" in a log, with spaces for all else; none where there is
/// no such line.
std::optional<std::string> list_of_log(const std::string& text) {
  std::size_t label = std::string::npos;
  for (const char* const words : {"best policy:", "best_policy:"}) {
    const std::size_t found = text.rfind(words);
    if (found != std::string::npos && (label == std::string::npos || found > label)) label = found;
  }
  if (label == std::string::npos) return std::nullopt;
  const std::size_t begin = std::min(text.find('[', label), text.size());
  std::size_t end = begin;
  for (int depth = 0; end < text.size(); ++end) {
    depth += (text[end] == '[') - (text[end] == ']');
    if (depth == 0) break;
  }
  std::string list = text;
  for (std::size_t i = 0; i < list.size(); ++i)
    if ((i < begin || i > end) && list[i] != '\n') list[i] = ' ';
  return list;
}

class CsvReader {
 public:
  CsvReader(const std::string& text, const std::string& where, const Network& network)
      : text_(text), where_(where), network_(network) {}

  Policy read() {
    const std::vector<std::string> header = next_line();
    if (header != kColumns) {
      refuse(fmt::format("{}: must be the line {}",
                         quoted_text(fmt::format("{}", fmt::join(header, ","))),
                         fmt::join(kColumns, ",")));
    }
    std::vector<LayerBits> bits;
    const std::vector<LayerId> layers = network_.weight_layers();
    while (next_ < text_.size()) {
      const std::vector<std::string> cells = next_line();
      if (cells == std::vector<std::string>{""}) continue;
      if (cells.size() != kColumns.size())
        refuse(fmt::format("{} columns: must be {}", cells.size(), fmt::join(kColumns, ",")));
      if (bits.size() == layers.size())
        refuse(fmt::format("{}: network {} has {} weight layers", quoted_text(cells[0]),
                           network_.name, layers.size()));
      const std::string& name = network_.layers[layers[bits.size()]].name;
      if (cells[0] != name) {
        refuse(fmt::format("layer = {}: must be {}, in the network's order", quoted_text(cells[0]),
                           quoted_text(name)));
      }
      bits.push_back({width(cells, 1), width(cells, 2)});
    }
    return policy_of_bits(network_, bits, where_);
  }

 private:
  std::vector<std::string> next_line() {
    ++line_;
    std::vector<std::string> cells = csv_line(text_, next_);
    for (std::string& cell : cells) cell = trimmed(cell);
    return cells;
  }
  int width(const std::vector<std::string>& cells, std::size_t column) const {
    const std::string& cell = cells[column];
    int bits = 0;
    const char* const end = cell.data() + cell.size();
    const auto [stop, error] = std::from_chars(cell.data(), end, bits);
    if (error != std::errc{} || stop != end || bits < kMinBits || bits > kMaxBits) {
      refuse(fmt::format("{} = {}: must be an integer in [{}, {}]", kColumns[column],
                         quoted_text(cell), kMinBits, kMaxBits));
    }
    return bits;
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(fmt::format("{}:{}: {}", where_, line_, what));
  }

  static const std::vector<std::string> kColumns;
  const std::string& text_;
  const std::string& where_;
  const Network& network_;
  std::size_t next_ = 0, line_ = 0;
};

const std::vector<std::string> CsvReader::kColumns = {"layer", "weight", "activation"};

}  // namespace

Policy parse_policy_file(const std::string& text, const std::string& where,
                         const Network& network) {
  // Spreadsheets mark their texts as UTF-8.
  constexpr const char* kMark = "\xef\xbb\xbf";
  if (text.compare(0, 3, kMark) == 0) return parse_policy_file(text.substr(3), where, network);
  const std::string content = trimmed(text);
  if (is_policy_line(content)) return parse_policy_line(content, where, network);
  if (!content.empty() && (content.front() == '[' || content.front() == '('))
    return parse_policy_json(json_of_python(text), where, network);
  if (content.empty() || content.front() == '{') return parse_policy_json(text, where, network);
  if (const auto list = list_of_log(text))
    return parse_policy_json(json_of_python(*list), where, network);
  if (content.substr(0, content.find('\n')).find(',') != std::string::npos)
    return CsvReader(text, where, network).read();
  return parse_policy_json(text, where, network);
}

std::string policy_csv(const Policy& policy, const Network& network) {
  std::string csv = "layer,weight,activation\n";
  for (const LayerId l : network.weight_layers()) {
    const LayerBits& bits = policy.layers[l];
    csv +=
        fmt::format("{},{},{}\n", csv_cell(network.layers[l].name), bits.weight, bits.activation);
  }
  return csv;
}

std::string policy_haq(const Policy& policy, const Network& network) {
  std::string list;
  for (const LayerId l : network.weight_layers()) {
    const LayerBits& bits = policy.layers[l];
    const bool image = reads_image(network.layers[l]) && bits.activation == kImageBits;
    list += fmt::format("{}[{}, {}]", list.empty() ? "" : ", ", bits.weight,
                        image ? kUnquantised : bits.activation);
  }
  return "[" + list + "]\n";
}

}  // namespace kirchhoff::quant
