#include "cli/commands/page_server.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/optional.hpp>
#include <fmt/format.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/refusal.h"
#include "report/html/watched.h"

namespace kirchhoff::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

/// What a browser asks takes some hundred bytes, and no time.
constexpr std::size_t kMostHeaderBytes = std::size_t{16} << 10;
constexpr auto kPatience = std::chrono::seconds(20);

std::string token() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw RunError("the system has no random numbers for an address");
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

/// In the same time wherever they differ, so that the time of an answer tells nothing.
bool equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char differs = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differs |= static_cast<unsigned char>(a[i] ^ b[i]);
  return differs == 0;
}

/// One question and its answer.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const ServedPage& page, std::string path)
      : stream_(std::move(socket)), page_(page), path_(std::move(path)) {
    parser_.header_limit(kMostHeaderBytes);
    parser_.body_limit(0);
  }
  void begin() {
    stream_.expires_after(kPatience);
    http::async_read(stream_, buffer_, parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->answer();
                     });
  }

 private:
  void answer() {
    const auto& request = parser_.get();
    const bool head = request.method() == http::verb::head;
    const bool asked = (head || request.method() == http::verb::get) &&
                       equal({request.target().data(), request.target().size()}, path_);
    const auto shown = asked ? page_.now() : nullptr;
    response_.result(shown ? http::status::ok : http::status::not_found);
    response_.version(request.version());
    response_.keep_alive(false);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("X-Frame-Options", "DENY");
    response_.set("Referrer-Policy", "no-referrer");
    response_.set("Cross-Origin-Resource-Policy", "same-origin");
    response_.set(http::field::content_type,
                  shown ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
    if (shown) response_.set(http::field::etag, shown->tag);
    const std::string body = shown ? shown->html : "not found\n";
    response_.content_length(body.size());
    if (!head) response_.body() = body;
    stream_.expires_after(kPatience);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code, std::size_t) {
                        beast::error_code ignored;
                        self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
                      });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{2 * kMostHeaderBytes};
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
  const ServedPage& page_;
  const std::string path_;
};

}  // namespace

void ServedPage::show(const std::string& html) {
  const std::lock_guard lock(mutex_);
  const std::string tag = fmt::format("\"{}\"", ++versions_);
  version_ = std::make_shared<const Version>(Version{report::html::watched_page(html, tag), tag});
}

std::shared_ptr<const ServedPage::Version> ServedPage::now() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

struct PageServer::Parts {
  explicit Parts(const ServedPage& shown) : page(shown) {}

  void accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (!error) std::make_shared<Session>(std::move(socket), page, path)->begin();
      if (acceptor.is_open()) accept();
    });
  }

  const ServedPage& page;
  const std::string path = "/" + token();
  asio::io_context context;
  tcp::acceptor acceptor{context};
};

PageServer::PageServer(const ServedPage& page, unsigned short port)
    : parts_(std::make_unique<Parts>(page)) {
  const tcp::endpoint here(asio::ip::address_v4::loopback(), port);
  beast::error_code error;
  tcp::acceptor& acceptor = parts_->acceptor;
  acceptor.open(here.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(here, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    refuse_option("port", std::to_string(port),
                  fmt::format("cannot be had: {}; 0 takes a free one", error.message()));
  }
  parts_->accept();
}

PageServer::~PageServer() = default;

std::string PageServer::address() const {
  return fmt::format("http://127.0.0.1:{}{}", parts_->acceptor.local_endpoint().port(),
                     parts_->path);
}

void PageServer::run() { parts_->context.run_for(std::chrono::milliseconds(200)); }

}  // namespace kirchhoff::cli
