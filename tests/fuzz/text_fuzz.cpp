// Configurations of the hardware and tables of runs.
#include "hw/config/config_loader.h"
#include "report/csv.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kirchhoff;
  const std::string text = fuzz::text_of(data, size);
  hw::ConfigLoader loader;
  if (fuzz::accepts([&] { loader.load_text(text, "input.ini"); }) &&
      fuzz::accepts([&] { loader.finish(); })) {
    hw::ConfigLoader again;
    again.load_text(loader.to_ini(), "own.ini");
    for (std::size_t k = 0; k < loader.entries().size(); ++k) {
      fuzz::demand(again.entries()[k].value == loader.entries()[k].value,
                   "a configuration is read as it was written");
    }
  }
  report::Csv csv;
  if (fuzz::accepts([&] { csv = report::Csv::parse(text, "input.csv"); })) {
    const std::string written = csv.to_text();
    fuzz::demand(report::Csv::parse(written, "own.csv").to_text() == written,
                 "a table is read as it was written");
  }
  return 0;
}
