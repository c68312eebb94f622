#pragma once

#include <memory>
#include <mutex>
#include <string>

namespace kirchhoff::cli {

/// The page that is shown at the moment. Several threads may use it.
class ServedPage {
 public:
  struct Version {
    std::string html, tag;
  };
  void show(const std::string& html);
  std::shared_ptr<const Version> now() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Version> version_;
  unsigned long long versions_ = 0;
};

/// Answers HTTP on the loopback address: the page at /TOKEN, a token of 128 bits that nobody can
/// guess, and 404 whatever else is asked for. Every user of a machine reaches its loopback address;
/// only who knows the token sees the page.
class PageServer {
 public:
  /// 0: a port that is free. InputError that names --port when it cannot be had.
  PageServer(const ServedPage& page, unsigned short port);
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  /// "http://127.0.0.1:PORT/TOKEN".
  std::string address() const;
  /// Answers whoever asks for a fifth of a second.
  void run();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace kirchhoff::cli
