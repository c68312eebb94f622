#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file_text.h"
#include "base/job_runner.h"
#include "base/quote.h"
#include "base/stop_request.h"
#include "base/temporary_folder.h"
#include "cli/commands/command.h"
#include "cli/commands/page_server.h"
#include "cli/commands/watched_folders.h"
#include "cli/options/options.h"
#include "report/html/gnuplot.h"
#include "report/html/watched.h"

namespace kirchhoff::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Makes the page anew, in a process of its own, whenever the folders have changed. A page of many
/// runs takes seconds: the pause after it is as long at least, so that the study keeps its cores.
class PageMaker {
 public:
  PageMaker(std::vector<std::string> folders, const std::vector<std::string>& cost_tables,
            int every_s, ServedPage& page)
      : folders_(std::move(folders)), every_(every_s), page_(page) {
    job_.arguments = {"report"};
    job_.arguments.insert(job_.arguments.end(), folders_.begin(), folders_.end());
    for (const std::string& table : cost_tables)
      job_.arguments.insert(job_.arguments.end(), {"--cost-table", table});
    job_.arguments.insert(job_.arguments.end(), {"--html", scratch_.file("page.html")});
    job_.log = scratch_.file("log");
    thread_ = std::thread([this] { work(); });
  }
  ~PageMaker() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  PageMaker(const PageMaker&) = delete;
  PageMaker& operator=(const PageMaker&) = delete;

  /// Throws what has gone wrong and will not mend itself.
  void check() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work() {
    try {
      std::uint64_t made_of = 0;
      bool first = true;
      while (!stop_requested() && !ended()) {
        const std::uint64_t now = fingerprint(folders_);
        Clock::duration pause = std::chrono::milliseconds(500);
        if (first || now != made_of) {
          const auto begin = Clock::now();
          make();
          pause = std::max<Clock::duration>(every_, Clock::now() - begin);
          made_of = now;
          first = false;
        }
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, pause, [this] { return ended_; });
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
  }

  void make() {
    int result = 0;
    JobCallbacks callbacks;
    callbacks.finished = [&](std::size_t, int status) { result = status; };
    LocalProcesses(1).run({job_}, callbacks);
    if (stop_requested()) return;
    if (result == 0) {
      page_.show(stored_text(scratch_.file("page.html")));
      shown_ = true;
    } else if (!shown_) {
      // A study that has just begun has nothing to show. Later a page may stay as it was.
      const std::string why = error_in_log(job_.log);
      page_.show(report::html::waiting_page(why.empty() ? "The page could not be made." : why));
    }
  }

  bool ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

  const std::vector<std::string> folders_;
  const std::chrono::seconds every_;
  ServedPage& page_;
  const TemporaryFolder scratch_;
  Job job_;
  bool shown_ = false;  ///< of the thread
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace

int watch_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders, cost_tables;
  int port = 0, every_s = 5;
  Options options("watch",
                  "Serves the page of report --html to a browser of this machine, and makes it "
                  "anew when the study has grown.");
  options.example("kirchhoff watch study");
  options.words(folders, "DIR");
  options.integer("port", port, 0, 65535, "of 127.0.0.1; 0 = one that is free");
  options.integer("every", every_s, 1, 86400,
                  "seconds between two pages at least; a page that takes longer to make, as long");
  options.texts("cost-table", cost_tables, "FILE",
                "costs by bits for the page (kirchhoff cost-table) instead of simulating them");
  options.epilog(
      "The address that is printed holds a random word: only who knows it sees the\n"
      "page. Nobody on another machine reaches it. The program ends when it is\n"
      "interrupted (Ctrl-C, SIGTERM).\n");
  if (!options.parse(arguments)) return 0;
  report::html::require_gnuplot();
  for (const std::string& folder : folders) {
    if (!std::filesystem::exists(folder))
      throw InputError(
          fmt::format("{}: not found: must be a folder that report takes", shown_path(folder)));
  }
  ServedPage page;
  page.show(report::html::waiting_page("The page is being made."));
  PageServer server(page, static_cast<unsigned short>(port));
  PageMaker maker(folders, cost_tables, every_s, page);
  fmt::print("Page: {}\n", server.address());
  if (std::fflush(stdout) != 0) throw RunError("standard output: cannot write");
  while (!stop_requested()) {
    server.run();
    maker.check();
  }
  throw Stopped("stopped: the page is no longer served");
}

}  // namespace kirchhoff::cli
