#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kirchhoff {

/// A process that works in a folder which several share.
struct ClaimHolder {
  std::string host;
  long pid = 0;
  std::string part;     ///< what it calls itself: "shard 2/3"
  std::string version;  ///< full_version() of its program
  std::string build;    ///< build_id() of its program
  /// Tell on the same machine whether it still lives: id of the boot, PID namespace, start of the
  /// process in clock ticks since the boot.
  std::string boot, pids;
  std::uint64_t started = 0;
};

/// A claim as somebody else sees it.
struct SeenClaim {
  std::string name;
  ClaimHolder holder;   ///< an empty host: its file is broken
  double silent_s = 0;  ///< since it was last heard of, by the clock of the folder's file system
  bool alive = false;   ///< false: whoever comes takes it over
};

/// The division of named pieces of work among processes that share a folder but maybe nothing else:
/// several machines over NFS, too. A piece is held by at most one of them at a time, and that of a
/// process that has died is taken over.
///
/// A holder has one file, `worker-…`. A claim is a hard link to it: "NAME@1" the first, "NAME@2"
/// what takes over the first, and so on. Links are made or refused by the server in one step, and
/// none is removed while there is work, so no two processes can have made the same one. The end of
/// a claim is a link "NAME@1.ended" or, without a result, a file "NAME@1.failed". Every kBeatS the
/// holder sets the time of its file, with that of all its claims, to the server's; who wants to
/// know how long that is ago sets its own first, so that no two machines' clocks are compared. On
/// its own machine a dead holder is known at once, elsewhere when it has been silent for kStaleS.
///
/// What it does not see: a holder that was suspended for longer than that goes on until its next
/// beat, with the work that somebody else has begun meanwhile.
class Claims {
 public:
  static constexpr double kBeatS = 15, kStaleS = 120;
  enum class Taken {
    kYes,
    kHeld,   ///< by another one
    kFailed  ///< another one has had it since this object was made, without a result
  };

  /// Creates the folder and this process's file; `part` is how it calls itself. InputError when a
  /// process of another program works there; RunError when files cannot be written.
  Claims(std::string folder, std::string part);
  /// Claims that were not ended are given up, for others to take at once.
  ~Claims();
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;

  /// False where the file system has no hard links: nothing can be taken then.
  bool usable() const { return usable_; }

  Taken take(const std::string& name);
  /// Waits until it is ours, for work that takes a moment. Stopped.
  void wait_for(const std::string& name);
  void end(const std::string& name);
  void fail(const std::string& name);
  /// To be asked often while the work is done: false when another one has taken it over, so that it
  /// must not go on.
  bool keeps(const std::string& name);

  /// Other processes that work here.
  std::vector<ClaimHolder> others() const;

 private:
  std::string file(const std::string& name, int generation) const;
  void create_own_file();
  void refuse_other_programs() const;
  bool is_ours(const std::string& path) const;
  double now_s() const;
  void beat();

  const std::string folder_;
  ClaimHolder self_;
  std::string own_;     ///< our file
  double began_s_ = 0;  ///< by the folder's clock
  bool usable_ = true;
  std::map<std::string, int> held_;  ///< generation by name
  std::set<std::string> lost_;
  double heard_s_ = 0;  ///< when our file's time was last set, by this machine's clock
};

/// Holds a claim for a moment.
class ClaimGuard {
 public:
  ClaimGuard(Claims& claims, std::string name) : claims_(claims), name_(std::move(name)) {
    claims_.wait_for(name_);
  }
  ~ClaimGuard() { claims_.end(name_); }
  ClaimGuard(const ClaimGuard&) = delete;
  ClaimGuard& operator=(const ClaimGuard&) = delete;

 private:
  Claims& claims_;
  const std::string name_;
};

/// What a folder of claims shows to somebody who takes no part.
struct SeenClaims {
  std::vector<SeenClaim> held;   ///< by name
  std::set<std::string> failed;  ///< names whose last claim ended without a result
};
/// Nothing when there is no such folder. Nothing is written there, so that who is on another
/// machine is heard of by this one's clock.
SeenClaims see_claims(const std::string& folder);

/// Removes such a folder: when no work is left, and nobody can be about to add some.
void remove_claims(const std::string& folder);

/// True for a folder with nothing in it but what Claims make.
bool is_claims_folder(const std::string& folder);

}  // namespace kirchhoff
