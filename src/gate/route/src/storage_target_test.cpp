#include "route/storage_target.h"

#include <gtest/gtest.h>

#include "route/testing/make_request.h"

namespace freehold::gate {
namespace {

using testing::make_request;

const std::string kSuffixes[] = {"blob.core.freehold.localhost", "blob.freehold.localhost"};

std::optional<Target> target_of(std::string_view url) {
  auto request = make_request(http::Method::kGet, url);
  return storage_target(request, kSuffixes);
}

struct Found {
  std::string url;
  std::string account;
  bool secondary;
  bool path_style;
  Scope scope;
  std::string container;
  std::string blob;
};

class StorageTarget : public ::testing::TestWithParam<Found> {};

TEST_P(StorageTarget, IsFoundWhereTheUrlPoints) {
  const auto& want = GetParam();
  auto got = target_of(want.url);
  ASSERT_TRUE(got) << want.url;
  EXPECT_EQ(got->account, want.account);
  EXPECT_EQ(got->secondary, want.secondary);
  EXPECT_EQ(got->path_style, want.path_style);
  EXPECT_EQ(got->scope, want.scope);
  EXPECT_EQ(got->container, want.container);
  EXPECT_EQ(got->blob, want.blob);
}

const Found kFound[] = {
    {"https://acct1.blob.core.freehold.localhost:8443/", "acct1", false, false, Scope::kService, "", ""},
    {"https://acct1.blob.core.freehold.localhost", "acct1", false, false, Scope::kService, "", ""},
    {"https://ACCT1.Blob.Core.Freehold.Localhost/c/b", "acct1", false, false, Scope::kBlob, "c", "b"},
    {"https://acct1.blob.freehold.localhost/c/b", "acct1", false, false, Scope::kBlob, "c", "b"},
    {"https://acct1-secondary.blob.core.freehold.localhost/c/b", "acct1", true, false, Scope::kBlob, "c", "b"},
    {"https://acct1.blob.core.freehold.localhost/c?restype=container", "acct1", false, false, Scope::kContainer, "c",
     ""},
    {"https://acct1.blob.core.freehold.localhost/c/?restype=container", "acct1", false, false, Scope::kContainer, "c",
     ""},
    {"https://acct1.blob.core.freehold.localhost/photo.jpg", "acct1", false, false, Scope::kBlob, "$root", "photo.jpg"},
    {"https://acct1.blob.core.freehold.localhost/$root/photo.jpg", "acct1", false, false, Scope::kBlob, "$root",
     "photo.jpg"},
    {"https://acct1.blob.core.freehold.localhost/$root?restype=container", "acct1", false, false, Scope::kContainer,
     "$root", ""},
    {"https://acct1.blob.core.freehold.localhost/%24web", "acct1", false, false, Scope::kContainer, "$web", ""},
    {"https://acct1.blob.core.freehold.localhost/$logs/a/b", "acct1", false, false, Scope::kBlob, "$logs", "a/b"},
    {"https://acct1.blob.core.freehold.localhost/c/d/e%2Ff%20g%C3%BC", "acct1", false, false, Scope::kBlob, "c",
     "d/e/f g\xc3\xbc"},
    {"https://acct1.blob.core.freehold.localhost/c%2Fd/e", "acct1", false, false, Scope::kBlob, "c/d", "e"},
    {"https://acct1.blob.core.freehold.localhost/c//b", "acct1", false, false, Scope::kBlob, "c", "/b"},
    {"http://127.0.0.1:10000/devstoreaccount1", "devstoreaccount1", false, true, Scope::kService, "", ""},
    {"http://127.0.0.1:10000/devstoreaccount1/", "devstoreaccount1", false, true, Scope::kService, "", ""},
    {"http://127.0.0.1:10000/devstoreaccount1/c/b", "devstoreaccount1", false, true, Scope::kBlob, "c", "b"},
    {"https://localhost:8443/acct1/c?restype=container", "acct1", false, true, Scope::kContainer, "c", ""},
    {"https://localhost/acct1/b", "acct1", false, true, Scope::kBlob, "$root", "b"},
    {"https://[::1]:8443/acct1-secondary/c/b", "acct1", true, true, Scope::kBlob, "c", "b"},
};
INSTANTIATE_TEST_SUITE_P(Urls, StorageTarget, ::testing::ValuesIn(kFound));

TEST(StorageTargetRefusal, NamesNoAccountWhereThereIsNone) {
  for (auto url : {"https://management.freehold.localhost/acct1/c/b",  // another service's host
                   "https://blob.core.freehold.localhost/acct1/c/b",   // the bare suffix
                   "https://a.b.blob.core.freehold.localhost/c/b",     // a dotted label
                   "https://xblob.core.freehold.localhost/c/b",        // the suffix without its dot
                   "https://ab.blob.core.freehold.localhost/c/b",      // too short
                   "https://acct-1.blob.core.freehold.localhost/c/b", "https://-secondary.blob.freehold.localhost/c",
                   "http://127.0.0.1/", "http://127.0.0.1/AB/c", "http://127.0.0.1/%61cct1/c",
                   "http://127.0.0.1/abcdefghijklmnopqrstuvwxy/c", "http://localhost.evil/acct1/c"}) {
    EXPECT_FALSE(target_of(url)) << url;
  }
}

}  // namespace
}  // namespace freehold::gate
