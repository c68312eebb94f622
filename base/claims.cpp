#include "base/claims.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/build_id.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/stop_request.h"
#include "base/version.h"

namespace kirchhoff {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWorker = "worker-";
constexpr const char* kEnded = ".ended";
constexpr const char* kFailedMark = ".failed";
constexpr std::size_t kMaxHolderBytes = 8192;
constexpr auto kPoll = std::chrono::milliseconds(20);

/// Counts the time in which the machine sleeps, too.
double machine_clock_s() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::string first_line(const std::string& path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  return line;
}

std::string pid_namespace() {
  char text[64] = {};
  const ssize_t size = ::readlink("/proc/self/ns/pid", text, sizeof text - 1);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
}

/// Clock ticks since the boot at which a process of this namespace began; 0 when it has ended.
std::uint64_t start_of(long pid) {
  std::string stat = first_line(fmt::format("/proc/{}/stat", pid));
  // The name in brackets may hold anything.
  const std::size_t end = stat.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(end + 1));
  std::string state, skipped;
  fields >> state;
  if (state == "Z" || state == "X") return 0;
  constexpr int kBetween = 18;  // fields 4 to 21 of proc(5)
  for (int i = 0; i < kBetween; ++i) fields >> skipped;
  std::uint64_t start = 0;
  fields >> start;
  return start;
}

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string json_of(const ClaimHolder& holder) {
  return json_text(nlohmann::ordered_json{{"host", holder.host},
                                          {"pid", holder.pid},
                                          {"part", holder.part},
                                          {"kirchhoff", holder.version},
                                          {"build", holder.build},
                                          {"boot", holder.boot},
                                          {"pids", holder.pids},
                                          {"started", holder.started}});
}

ClaimHolder holder_in(const std::string& text, const std::string& path) {
  ClaimHolder holder;
  const nlohmann::json json = parse_json(text, path);
  read_members(path, "is not the file of a worker", [&] {
    json.at("host").get_to(holder.host);
    json.at("pid").get_to(holder.pid);
    json.at("part").get_to(holder.part);
    json.at("kirchhoff").get_to(holder.version);
    json.at("build").get_to(holder.build);
    json.at("boot").get_to(holder.boot);
    json.at("pids").get_to(holder.pids);
    json.at("started").get_to(holder.started);
  });
  return holder;
}

/// A holder's file as it is now: opened, so that no cache of NFS stands between.
struct HolderFile {
  ClaimHolder holder;
  double time_s = 0;
};
std::optional<HolderFile> read_holder(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  HolderFile file;
  struct stat status = {};
  std::string text(kMaxHolderBytes, '\0');
  const ssize_t size = ::read(descriptor, text.data(), text.size());
  if (::fstat(descriptor, &status) == 0) file.time_s = seconds(status.st_mtim);
  ::close(descriptor);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  try {
    file.holder = holder_in(text, path);
  } catch (const InputError&) {
    file.holder = {};  // cut short by a crash of its machine: only its time tells
  }
  return file;
}

bool exists(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0;
}

ClaimHolder this_process() {
  ClaimHolder self;
  self.host = host_name();
  self.pid = ::getpid();
  self.version = full_version();
  self.build = build_id();
  self.boot = first_line("/proc/sys/kernel/random/boot_id");
  self.pids = pid_namespace();
  self.started = start_of(self.pid);
  return self;
}

/// Whether a holder lives, seen from `self` at the folder's time `now_s`.
bool is_alive(const HolderFile& file, const ClaimHolder& self, double now_s) {
  const ClaimHolder& holder = file.holder;
  if (!self.boot.empty() && holder.host == self.host && holder.boot == self.boot &&
      holder.pids == self.pids) {
    return start_of(holder.pid) == holder.started;
  }
  return now_s - file.time_s < Claims::kStaleS;
}

/// "NAME@3", "NAME@3.ended" taken apart; false for another file.
struct ClaimFile {
  std::string name, mark;
  int generation = 0;
};
bool parse_claim(const std::string& file, ClaimFile& claim) {
  const std::size_t at = file.rfind('@');
  if (at == std::string::npos || at == 0) return false;
  const char* const end = file.data() + file.size();
  const auto [stop, error] = std::from_chars(file.data() + at + 1, end, claim.generation);
  if (error != std::errc{} || claim.generation < 1) return false;
  claim.name = file.substr(0, at);
  claim.mark = std::string(stop, end);
  return claim.mark.empty() || claim.mark == kEnded || claim.mark == kFailedMark;
}

bool is_ours(const std::string& file) {
  ClaimFile claim;
  return file.compare(0, std::strlen(kWorker), kWorker) == 0 || parse_claim(file, claim);
}

}  // namespace

Claims::Claims(std::string folder, std::string part) : folder_(std::move(folder)) {
  self_ = this_process();
  self_.part = std::move(part);
  create_own_file();
  began_s_ = now_s();
  try {
    refuse_other_programs();
  } catch (...) {
    ::unlink(own_.c_str());
    throw;
  }
  const std::string probe = own_ + "@1";
  usable_ = ::link(own_.c_str(), probe.c_str()) == 0 || exists(probe);
  ::unlink(probe.c_str());
}

Claims::~Claims() {
  for (const auto& [name, generation] : held_) {
    if (lost_.count(name) == 0) ::link(own_.c_str(), (file(name, generation) + kEnded).c_str());
  }
  ::unlink(own_.c_str());
  ::rmdir(folder_.c_str());  // unless others have something there
}

std::string Claims::file(const std::string& name, int generation) const {
  return fmt::format("{}/{}@{}", folder_, name, generation);
}

void Claims::create_own_file() {
  std::string host = self_.host.substr(0, 60);
  for (char& c : host) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '_';
  }
  std::uint32_t chance = 0;
  [[maybe_unused]] const auto got = ::getrandom(&chance, sizeof chance, 0);
  own_ = fmt::format("{}/{}{}-{}-{:08x}", folder_, kWorker, host, self_.pid, chance);
  const std::string text = json_of(self_);
  int descriptor = -1;
  // Who sees that no work is left may remove the folder in between.
  for (int attempt = 0; attempt < 100 && descriptor < 0; ++attempt) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) throw RunError(fmt::format("{}: cannot create: {}", folder_, error.message()));
    descriptor = ::open(own_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != ENOENT) break;
  }
  const bool written = descriptor >= 0 && ::write(descriptor, text.data(), text.size()) ==
                                              static_cast<ssize_t>(text.size());
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!written) throw RunError(fmt::format("{}: cannot write: {}", own_, std::strerror(reason)));
  heard_s_ = machine_clock_s();
}

// Who comes at the same time has written its file before it looks, too: one of the two sees the
// other.
void Claims::refuse_other_programs() const {
  for (const ClaimHolder& other : others()) {
    if (other.version == self_.version && other.build == self_.build) continue;
    throw InputError(fmt::format(
        "{}: kirchhoff {} (build {}) of host {}, process {}, works in this folder; this is {} "
        "(build {}): all must be the same program",
        folder_, other.version, other.build.substr(0, 8), other.host, other.pid, self_.version,
        self_.build.substr(0, 8)));
  }
}

// What time it is there: our own file, told to take the time of whoever keeps the folder.
double Claims::now_s() const {
  ::utimensat(AT_FDCWD, own_.c_str(), nullptr, 0);
  const auto file = read_holder(own_);
  return file ? file->time_s : 0.0;
}

bool Claims::is_ours(const std::string& path) const {
  struct stat a = {}, b = {};
  return ::stat(path.c_str(), &a) == 0 && ::stat(own_.c_str(), &b) == 0 && a.st_ino == b.st_ino &&
         a.st_dev == b.st_dev;
}

Claims::Taken Claims::take(const std::string& name) {
  for (int generation = 1;; ++generation) {
    const std::string path = file(name, generation);
    const int error = ::link(own_.c_str(), path.c_str()) == 0 ? 0 : errno;
    struct stat failed = {};
    if (exists(path + kEnded)) continue;
    if (::stat((path + kFailedMark).c_str(), &failed) == 0) {
      if (seconds(failed.st_mtim) >= began_s_) return Taken::kFailed;
      continue;
    }
    // An answer of the server that was lost, and asked for again, is "it is there".
    if (error == 0 || (error == EEXIST && is_ours(path))) {
      held_[name] = generation;
      lost_.erase(name);
      return Taken::kYes;
    }
    if (error == EMLINK) {
      const std::string full = own_;
      create_own_file();
      ::unlink(full.c_str());
      --generation;
      continue;
    }
    // Somebody has seen that no work was left, and has removed the folder.
    if (error == ENOENT) {
      create_own_file();
      generation = 0;
      continue;
    }
    if (error != EEXIST)
      throw RunError(fmt::format("{}: cannot link: {}", path, std::strerror(error)));
    if (exists(file(name, generation + 1))) continue;
    const auto holder = read_holder(path);
    if (holder && is_alive(*holder, self_, now_s())) return Taken::kHeld;
  }
}

void Claims::wait_for(const std::string& name) {
  while (true) {
    const Taken taken = take(name);
    if (taken == Taken::kYes) return;
    if (stop_requested()) throw Stopped("stopped while another process wrote there");
    std::this_thread::sleep_for(kPoll);
  }
}

void Claims::end(const std::string& name) {
  const auto held = held_.find(name);
  if (held == held_.end()) return;
  if (lost_.count(name) == 0) ::link(own_.c_str(), (file(name, held->second) + kEnded).c_str());
  held_.erase(held);
}

void Claims::fail(const std::string& name) {
  const auto held = held_.find(name);
  if (held == held_.end()) return;
  const int descriptor = ::open((file(name, held->second) + kFailedMark).c_str(),
                                O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor >= 0) ::close(descriptor);
  held_.erase(held);
}

bool Claims::keeps(const std::string& name) {
  if (machine_clock_s() - heard_s_ >= kBeatS) beat();
  return lost_.count(name) == 0;
}

void Claims::beat() {
  const double now = machine_clock_s();
  const bool set = ::utimensat(AT_FDCWD, own_.c_str(), nullptr, 0) == 0;
  for (const auto& [name, generation] : held_) {
    // For so long nobody could hear of us that another one may be about to take over.
    const bool silent = !set && errno != ENOENT && now - heard_s_ >= kStaleS;
    if (silent || exists(file(name, generation + 1))) lost_.insert(name);
  }
  if (set) heard_s_ = now;
}

std::vector<ClaimHolder> Claims::others() const {
  std::vector<ClaimHolder> found;
  const double now = now_s();
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string(), path = folder_ + "/" + name;
    if (name.compare(0, std::strlen(kWorker), kWorker) != 0 || path == own_) continue;
    const auto file = read_holder(path);
    if (file && !file->holder.host.empty() && is_alive(*file, self_, now))
      found.push_back(file->holder);
  }
  return found;
}

void remove_claims(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_ours(entry->path().filename().string())) files.push_back(entry->path());
  }
  for (const fs::path& file : files) fs::remove(file, error);
  ::rmdir(folder.c_str());
}

SeenClaims see_claims(const std::string& folder) {
  // By name the last claim, and whether it holds.
  std::map<std::string, ClaimFile> last;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    ClaimFile claim;
    if (!parse_claim(entry->path().filename().string(), claim)) continue;
    ClaimFile& known = last[claim.name];
    if (claim.generation > known.generation ||
        (claim.generation == known.generation && !claim.mark.empty()))
      known = claim;
  }
  SeenClaims seen;
  const ClaimHolder self = this_process();
  const double now = seconds([] {
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return time;
  }());
  for (const auto& [name, claim] : last) {
    if (claim.mark == kFailedMark) seen.failed.insert(name);
    if (!claim.mark.empty()) continue;
    const auto file = read_holder(fmt::format("{}/{}@{}", folder, name, claim.generation));
    if (!file) continue;
    seen.held.push_back(
        {name, file->holder, std::max(0.0, now - file->time_s), is_alive(*file, self, now)});
  }
  return seen;
}

bool is_claims_folder(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!is_ours(entry->path().filename().string())) return false;
  }
  return !error;
}

}  // namespace kirchhoff
