#include "requests.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <numeric>
#include <random>

namespace freehold::bench {

namespace {

constexpr std::string_view kVersion = "2021-12-02";

std::string from_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) return {};
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

std::string http_date(std::time_t now) {
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), length};
}

// SharedKey, "Authorize with Shared Key" for 2015-02-21 and later.
class Signer {
 public:
  explicit Signer(const Peer& peer) : peer_(peer), key_(from_base64(peer.key)) {}

  // Appends the date, the version and Authorization of a request for a path, its query written as it is signed.
  void append(std::string& out, std::string_view method, std::string_view length, std::string_view blob_type,
              std::string_view path, std::string_view query_lines = {}) {
    if (key_.empty()) return;
    refresh_date();
    text_.assign(method).append("\n\n\n").append(length).append("\n\n\n\n\n\n\n\n\n");
    if (!blob_type.empty()) text_.append("x-ms-blob-type:").append(blob_type).append("\n");
    text_.append("x-ms-date:").append(date_).append("\nx-ms-version:").append(kVersion).append("\n/");
    text_.append(peer_.account).append(path).append(query_lines);
    out.append("x-ms-date: ").append(date_).append("\r\nx-ms-version: ").append(kVersion);
    out.append("\r\nAuthorization: SharedKey ").append(peer_.account).append(":");
    append_hmac(out);
    out.append("\r\n");
  }

 private:
  void refresh_date() {
    const std::time_t now = std::time(nullptr);
    if (now == date_of_) return;
    date_of_ = now;
    date_ = http_date(now);
  }

  void append_hmac(std::string& out) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<const unsigned char*>(text_.data()),
         text_.size(), digest.data(), &length);
    std::array<unsigned char, 65> base64{};
    const int written = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(length));
    out.append(reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(written));
  }

  Peer peer_;
  std::string key_;
  std::string text_;
  std::string date_;
  std::time_t date_of_ = 0;
};

std::string container_path(const Peer& peer) {
  return (peer.account.empty() ? "" : "/" + peer.account) + "/" + peer.container;
}

std::string blob_path(const Peer& peer, std::string_view name) { return container_path(peer).append("/").append(name); }

std::string random_bytes(std::size_t size) {
  std::mt19937_64 engine(size);
  std::string out(size, '\0');
  for (char& byte : out) byte = static_cast<char>(engine());
  return out;
}

// All of 0 .. objects-1, or so many of them that their heads fit into memory, chosen by the seed.
std::vector<std::size_t> sample(std::size_t objects, std::uint64_t seed) {
  constexpr std::size_t kMostHeads = 65'536;
  std::vector<std::size_t> out(std::min(objects, kMostHeads));
  std::iota(out.begin(), out.end(), std::size_t{0});
  if (objects <= kMostHeads) return out;
  std::mt19937_64 engine(seed);
  for (auto& number : out) number = engine() % objects;
  return out;
}

class GetRequests final : public RequestSource {
 public:
  GetRequests(const Peer& peer, std::size_t objects, std::uint64_t seed) {
    Signer signer(peer);
    for (const std::size_t number : sample(objects, seed)) {
      const std::string path = blob_path(peer, std::to_string(number));
      std::string head = "GET " + path + " HTTP/1.1\r\nHost: " + peer.host + "\r\n";
      signer.append(head, "GET", "", "", path);
      heads_.push_back(head + "\r\n");
    }
  }
  void next_head(std::string& out) override {
    out = heads_[next_];
    next_ = (next_ + 1) % heads_.size();
  }
  [[nodiscard]] std::string_view body() const override { return {}; }
  [[nodiscard]] int expected_status() const override { return 200; }

 private:
  std::vector<std::string> heads_;
  std::size_t next_ = 0;
};

// What brings the same body each time, under another name.
class UploadRequests : public RequestSource {
 public:
  UploadRequests(const Peer& peer, std::string prefix, std::size_t size)
      : peer_(peer),
        signer_(peer),
        prefix_(std::move(prefix)),
        length_(std::to_string(size)),
        body_(random_bytes(size)) {}
  [[nodiscard]] std::string_view body() const override { return body_; }
  [[nodiscard]] int expected_status() const override { return 201; }

 protected:
  Peer peer_;
  Signer signer_;
  std::string prefix_;
  std::string length_;
  std::string body_;
  std::size_t next_ = 0;
};

class PutRequests final : public UploadRequests {
 public:
  PutRequests(const Peer& peer, std::string prefix, std::size_t size, std::size_t objects)
      : UploadRequests(peer, std::move(prefix), size), objects_(objects) {}
  void next_head(std::string& out) override {
    const std::size_t number = objects_ == 0 ? next_ : next_ % objects_;
    ++next_;
    const std::string path = blob_path(peer_, prefix_ + std::to_string(number));
    out.assign("PUT ").append(path).append(" HTTP/1.1\r\nHost: ").append(peer_.host);
    out.append("\r\nContent-Length: ").append(length_).append("\r\nx-ms-blob-type: BlockBlob\r\n");
    signer_.append(out, "PUT", length_ == "0" ? "" : length_, "BlockBlob", path);
    out.append("\r\n");
  }

 private:
  std::size_t objects_;
};

class BlockRequests final : public UploadRequests {
 public:
  using UploadRequests::UploadRequests;
  void next_head(std::string& out) override {
    constexpr std::size_t kBlocksOfBlob = 64;
    const std::string path = blob_path(peer_, prefix_ + std::to_string(next_ / kBlocksOfBlob));
    // Eight digits are Base64 of six bytes.
    std::string id = std::to_string(next_ % kBlocksOfBlob);
    id.insert(0, 8 - id.size(), '0');
    ++next_;
    out.assign("PUT ").append(path).append("?comp=block&blockid=").append(id);
    out.append(" HTTP/1.1\r\nHost: ").append(peer_.host).append("\r\nContent-Length: ").append(length_).append("\r\n");
    signer_.append(out, "PUT", length_, "", path, "\nblockid:" + id + "\ncomp:block");
    out.append("\r\n");
  }
};

class ListRequests final : public RequestSource {
 public:
  explicit ListRequests(const Peer& peer) {
    const std::string path = container_path(peer);
    head_ = "GET " + path + "?restype=container&comp=list HTTP/1.1\r\nHost: " + peer.host + "\r\n";
    Signer(peer).append(head_, "GET", "", "", path, "\ncomp:list\nrestype:container");
    head_ += "\r\n";
  }
  void next_head(std::string& out) override { out = head_; }
  [[nodiscard]] std::string_view body() const override { return {}; }
  [[nodiscard]] int expected_status() const override { return 200; }

 private:
  std::string head_;
};

class PlainRequests final : public RequestSource {
 public:
  PlainRequests(PlainRequest request, std::size_t objects)
      : request_(std::move(request)),
        marked_(request_.path.find(kNumber)),
        objects_(std::max<std::size_t>(objects, 1)) {
    rest_.append(" HTTP/1.1\r\nHost: ").append(request_.host);
    rest_.append("\r\nAuthorization: Bearer ").append(request_.token).append("\r\n");
    if (!request_.body.empty()) {
      rest_.append("Content-Type: application/json\r\nContent-Length: ");
      rest_.append(std::to_string(request_.body.size())).append("\r\n");
    }
    rest_.append("\r\n");
  }
  void next_head(std::string& out) override {
    out.assign(request_.body.empty() ? "GET" : request_.method).append(" ").append(request_.path, 0, marked_);
    if (marked_ != std::string::npos) {
      out.append(std::to_string(next_)).append(request_.path, marked_ + kNumber.size());
      next_ = (next_ + 1) % objects_;
    }
    out.append(rest_);
  }
  [[nodiscard]] std::string_view body() const override { return request_.body; }
  [[nodiscard]] int expected_status() const override { return request_.status; }

 private:
  static constexpr std::string_view kNumber = "{n}";
  PlainRequest request_;
  std::size_t marked_;
  std::size_t objects_;
  std::string rest_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<RequestSource> get_requests(const Peer& peer, std::size_t objects, std::uint64_t seed) {
  return std::make_unique<GetRequests>(peer, objects, seed);
}

std::unique_ptr<RequestSource> put_requests(const Peer& peer, std::string prefix, std::size_t size,
                                            std::size_t objects) {
  return std::make_unique<PutRequests>(peer, std::move(prefix), size, objects);
}

std::unique_ptr<RequestSource> block_requests(const Peer& peer, std::string prefix, std::size_t size) {
  return std::make_unique<BlockRequests>(peer, std::move(prefix), size);
}

std::unique_ptr<RequestSource> list_requests(const Peer& peer) { return std::make_unique<ListRequests>(peer); }

std::unique_ptr<RequestSource> plain_requests(PlainRequest request, std::size_t objects) {
  return std::make_unique<PlainRequests>(std::move(request), objects);
}

}  // namespace freehold::bench
