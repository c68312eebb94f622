#include "report/tables_json.h"

#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace kirchhoff::report {
namespace {

using Json = nlohmann::ordered_json;

Json row_json(const Table& table, const std::vector<Cell>& row) {
  Json json = Json::object();
  for (std::size_t c = 0; c < row.size(); ++c) {
    const Cell& cell = row[c];
    Json& value = json[table.columns[c]];
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
  Json json;
  json["tables"] = Json::object();
  for (const Table& table : tables) {
    Json& one = json["tables"][table.name];
    one["title"] = table.title;
    one["rows"] = Json::array();
    for (const auto& row : table.rows) one["rows"].push_back(row_json(table, row));
    one["notes"] = table.notes;
  }
  return json_text(json);
}

}  // namespace kirchhoff::report
