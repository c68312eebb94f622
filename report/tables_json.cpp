#include "report/tables_json.h"

#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace kirchhoff::report {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson row_json(const Table& table, const std::vector<Cell>& row) {
  OrderedJson json = OrderedJson::object();
  for (std::size_t c = 0; c < row.size(); ++c) {
    const Cell& cell = row[c];
    OrderedJson& value = json[table.columns[c]];
    if (cell.value) {
      value = *cell.value;
    } else if (!cell.empty()) {
      value = cell.text;
    }
    if (cell.error) json[table.columns[c] + "_se"] = *cell.error;
  }
  return json;
}

}  // namespace

std::string tables_json(const std::vector<Table>& tables) {
  OrderedJson json;
  json["tables"] = OrderedJson::object();
  for (const Table& table : tables) {
    OrderedJson& one = json["tables"][table.name];
    one["title"] = table.title;
    one["rows"] = OrderedJson::array();
    for (const auto& row : table.rows) one["rows"].push_back(row_json(table, row));
    one["notes"] = table.notes;
  }
  return json_text(json);
}

}  // namespace kirchhoff::report
