#pragma once

namespace kirchhoff::hw {

/// Energy, kept in picojoules. Constructed and read only through a named unit.
class Energy {
 public:
  constexpr Energy() = default;
  static constexpr Energy picojoules(double v) { return Energy{v}; }
  constexpr double picojoules() const { return picojoules_; }
  constexpr Energy& operator+=(Energy rhs) {
    picojoules_ += rhs.picojoules_;
    return *this;
  }
  friend constexpr Energy operator+(Energy a, Energy b) {
    return Energy{a.picojoules_ + b.picojoules_};
  }
  friend constexpr Energy operator*(double n, Energy e) { return Energy{n * e.picojoules_}; }
  friend constexpr bool operator==(Energy a, Energy b) { return a.picojoules_ == b.picojoules_; }

 private:
  explicit constexpr Energy(double v) : picojoules_(v) {}
  double picojoules_ = 0.0;
};

/// A length of time, kept in nanoseconds; modules turn it into whole cycles of their clock.
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration nanoseconds(double v) { return Duration{v}; }
  constexpr double nanoseconds() const { return nanoseconds_; }
  friend constexpr bool operator==(Duration a, Duration b) {
    return a.nanoseconds_ == b.nanoseconds_;
  }

 private:
  explicit constexpr Duration(double v) : nanoseconds_(v) {}
  double nanoseconds_ = 0.0;
};

/// Power, kept in milliwatts. Power times time is energy: 1 mW x 1 ns = 1 pJ.
class Power {
 public:
  constexpr Power() = default;
  static constexpr Power milliwatts(double v) { return Power{v}; }
  constexpr double milliwatts() const { return milliwatts_; }
  constexpr Power& operator+=(Power rhs) {
    milliwatts_ += rhs.milliwatts_;
    return *this;
  }
  friend constexpr Power operator+(Power a, Power b) {
    return Power{a.milliwatts_ + b.milliwatts_};
  }
  friend constexpr Power operator*(double n, Power p) { return Power{n * p.milliwatts_}; }
  friend constexpr Energy operator*(Power p, Duration t) {
    return Energy::picojoules(p.milliwatts_ * t.nanoseconds());
  }
  friend constexpr bool operator==(Power a, Power b) { return a.milliwatts_ == b.milliwatts_; }

 private:
  explicit constexpr Power(double v) : milliwatts_(v) {}
  double milliwatts_ = 0.0;
};

/// Silicon area, kept in square micrometres.
class Area {
 public:
  constexpr Area() = default;
  static constexpr Area square_micrometres(double v) { return Area{v}; }
  constexpr double square_micrometres() const { return um2_; }
  constexpr Area& operator+=(Area rhs) {
    um2_ += rhs.um2_;
    return *this;
  }
  friend constexpr Area operator+(Area a, Area b) { return Area{a.um2_ + b.um2_}; }
  friend constexpr Area operator*(double n, Area a) { return Area{n * a.um2_}; }
  friend constexpr bool operator==(Area a, Area b) { return a.um2_ == b.um2_; }

 private:
  explicit constexpr Area(double v) : um2_(v) {}
  double um2_ = 0.0;
};

namespace literals {
constexpr Energy operator""_pj(long double v) { return Energy::picojoules(static_cast<double>(v)); }
constexpr Power operator""_mw(long double v) { return Power::milliwatts(static_cast<double>(v)); }
constexpr Area operator""_um2(long double v) {
  return Area::square_micrometres(static_cast<double>(v));
}
constexpr Duration operator""_ns(long double v) {
  return Duration::nanoseconds(static_cast<double>(v));
}
}  // namespace literals

}  // namespace kirchhoff::hw
