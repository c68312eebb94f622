#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

namespace {

/// By resolution, of an ADC or of an integrate-and-fire circuit with its counter.
Rate of_kind(const char* key, const Expression& adc, const Expression& spikes) {
  return Rate::or_else(key, adc).or_on("adc.kind", "integrate_fire", spikes);
}

}  // namespace

Component adc() {
  using namespace counting;
  const Expression bits = "adc.bits";
  // ISAAC's scaling with resolution (after Saberi et al.): 1.667 pJ and 1200 um2 at 8 bits. PUMA
  // splits the energy into 90 % that a conversion costs and 10 % that leaks at full rate.
  const Expression conversion_pj = 0.19488_n * bits + 4.2005e-4_n * two_to(bits),
                   area_um2 = 81.73_n * bits + 2.1335_n * two_to(bits),
                   // Integrate-and-fire: TIMELY's charging unit and comparator, 41.7 fJ and 40 um2,
                   // Aladdin's counter, 0.251 pJ at 32 bits, and registers, 5.98 um2 a bit.
                   // Assumption: a count is a quarter of the codes, as if all were as likely.
      spikes_pj = two_to(bits) / 4_n * (0.0417_n + 0.00784_n * bits),
                   counter_um2 = 40_n + 5.98_n * bits,
                   sample_ghz = Expression("clock.pe_mhz") / 1000_n / "adc.cycles",
                   sample_rate = Expression("clock.pe_mhz") / "adc.cycles";
  const Expression steps = quantity::conversion_steps();
  const std::vector<Factor> conversions = {{conversion_pj, 1}, {sample_rate, 1}};
  constexpr char kResolution[] = "ISAAC's scaling with resolution; energy x rate";

  Component c("adc", quantity::adcs());
  c.events = {CostEvent("conversions", "columns in use x pairs, per read of a bit step")
                  .costs(of_kind("adc.conversion_pj", 0.9_n * conversion_pj, 0.9_n * spikes_pj))
                  .expected(columns_of_slices())};
  c.leak =
      of_kind("adc.leak_mw", 0.1_n * conversion_pj * sample_ghz, 0.1_n * spikes_pj * sample_ghz);
  c.rated = of_kind("adc.rated_mw", conversion_pj * sample_ghz, spikes_pj * sample_ghz);
  c.area = of_kind("adc.area_um2", area_um2, counter_um2);
  c.laws = {{"adc.cycles",
             {{steps, 1}},
             "bits + 2 by successive approximation (MNSIM 2.0), bits one after another, 2^bits "
             "along a ramp, 1 in a flash ADC and where spikes are counted during the read",
             "",
             true},
            {"adc.conversion_pj", {{conversion_pj, 1}}, kResolution},
            {"adc.leak_mw", conversions, kResolution},
            {"adc.rated_mw", conversions, kResolution},
            {"adc.area_um2", {{area_um2, 1}}, kResolution}};
  return c;
}

}  // namespace kirchhoff::hw::tables
