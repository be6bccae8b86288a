// Connection: a client of an LDAP server (RFC 4511), for a customer's own directory as the source of users.
//
// The only code that includes libldap stands in this module. Everything here blocks: call it from a pool.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace freehold::ldap {

inline constexpr std::size_t kMaxEntries = 100'000;                    // of one search
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{16} << 20;  // of one message of the server

struct Server {
  // "ldaps://HOST[:PORT]" or "ldap://HOST[:PORT]". The latter is encrypted by StartTLS (RFC 4511 section 4.14) before
  // anything is sent, but for a server on this machine's loopback (localhost, 127.0.0.1, [::1]).
  std::string url;
  std::string ca_file = {};          // whose certificates are believed; empty: the system's
  std::chrono::seconds timeout{10};  // of connecting, and of each answer
};

// kInvalidArgument says what is wrong with it.
[[nodiscard]] Result<> check_url(std::string_view url);

struct Entry {
  std::string dn;
  // By the attribute's name in lower case; bytes as they are.
  std::map<std::string, std::vector<std::string>, std::less<>> values = {};

  // The first value, or empty.
  [[nodiscard]] std::string_view first(std::string_view attribute) const;
};

struct Search {
  std::string base;
  std::string filter;
  std::vector<std::string> attributes;
};

// Moves; one thread at a time. Closed when destroyed.
class Connection {
 public:
  // kUnavailable: the server can't be reached, or its certificate isn't believed. kInvalidArgument as check_url.
  [[nodiscard]] static Result<Connection> open(const Server& server);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  // A simple bind (RFC 4513 section 5.1.3). kDenied: the server knows no such name or another password, or doesn't let
  // this one in. An empty name or password is never sent (section 5.1.2: it would be let in as nobody): kDenied.
  // kUnavailable, kTimeout: it can't be said now.
  [[nodiscard]] Result<> bind(const std::string& name, const Secret& password);
  // Everything below the base, in pages (RFC 2696) where the server has them. All or nothing: kExhausted if there are
  // more than kMaxEntries or the server gives no more. Referrals aren't followed.
  [[nodiscard]] Result<std::vector<Entry>> search(const Search& search);

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace freehold::ldap
