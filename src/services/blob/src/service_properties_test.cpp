// What an account's owner sets for the service, and what browsers are told because of it.
#include "src/service_properties_xml.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

const std::string kProperties = "/?restype=service&comp=properties";
const std::string kNoMetrics =
    "<Version>1.0</Version><Enabled>false</Enabled><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>";

std::string document(const std::string& parts) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties>" + parts + "</StorageServiceProperties>";
}

std::string rule(const std::string& origins, const std::string& methods, const std::string& allowed = "",
                 const std::string& exposed = "") {
  return "<CorsRule><AllowedOrigins>" + origins + "</AllowedOrigins><AllowedMethods>" + methods +
         "</AllowedMethods><MaxAgeInSeconds>500</MaxAgeInSeconds><ExposedHeaders>" + exposed +
         "</ExposedHeaders><AllowedHeaders>" + allowed + "</AllowedHeaders></CorsRule>";
}

struct Properties : ::testing::Test, TestRegion {
  Answer set(const std::string& parts) { return run(Method::kPut, kProperties, {}, document(parts)); }
  void set_cors(const std::string& rules) { ASSERT_EQ(set("<Cors>" + rules + "</Cors>").status, 202); }
  // As a browser sends it: without credentials, whatever the URL holds.
  Answer preflight(const std::string& path, HeaderList headers) {
    BytesBody none("");
    auto request = make(Method::kOptions, path, std::move(headers), none);
    request.headers.remove("authorization");
    request.headers.remove("x-ms-version");
    return runtime::run_blocking(exchange(*pipeline, request));
  }
  Answer ask(const std::string& origin, const std::string& method, const std::string& headers = "") {
    HeaderList sent = {{"origin", origin}, {"access-control-request-method", method}};
    if (!headers.empty()) sent.emplace_back("access-control-request-headers", headers);
    return preflight("/box/b?comp=block&blockid=YQ==", std::move(sent));
  }
  Answer unversioned(const std::string& path) {
    BytesBody none("");
    auto request = make(Method::kGet, path, {}, none);
    request.headers.remove("x-ms-version");
    request.headers.remove("authorization");
    request.headers.add("authorization", gate::shared_key_authorization(request, "acct1", key));
    return runtime::run_blocking(exchange(*pipeline, request));
  }
};

TEST_F(Properties, WhatIsSetIsKeptAndAPartialDocumentChangesOnlyWhatItNames) {
  const auto fresh = get(kProperties);
  ASSERT_EQ(fresh.status, 200);
  EXPECT_EQ(fresh.header("content-type"), "application/xml");
  EXPECT_NE(fresh.body.find("<HourMetrics>" + kNoMetrics + "</HourMetrics>"), std::string::npos);
  EXPECT_NE(fresh.body.find("<Cors />"), std::string::npos);
  EXPECT_EQ(fresh.body.find("DefaultServiceVersion"), std::string::npos);

  const std::string logging =
      "<Logging><Version>1.0</Version><Read>true</Read><Write>false</Write><Delete>true</Delete>"
      "<RetentionPolicy><Enabled>true</Enabled><Days>7</Days></RetentionPolicy></Logging>";
  const std::string hours =
      "<HourMetrics><Version>1.0</Version><Enabled>true</Enabled><IncludeAPIs>false</IncludeAPIs>"
      "<RetentionPolicy><Enabled>true</Enabled><Days>365</Days></RetentionPolicy></HourMetrics>";
  const auto done = set(logging + hours);
  ASSERT_EQ(done.status, 202) << done.body;
  set_cors(rule("http://a.test", "GET,PUT", "x-ms-meta-*", "x-ms-*"));
  ASSERT_EQ(set("<DefaultServiceVersion>2021-12-02</DefaultServiceVersion>").status, 202);
  restart();
  const auto kept = get(kProperties).body;
  EXPECT_NE(kept.find(logging), std::string::npos) << kept;
  EXPECT_NE(kept.find(hours), std::string::npos) << kept;
  EXPECT_NE(kept.find("<MinuteMetrics>" + kNoMetrics + "</MinuteMetrics>"), std::string::npos) << kept;
  EXPECT_EQ(elements(kept, "AllowedOrigins"), std::vector<std::string>{"http://a.test"});
  EXPECT_EQ(elements(kept, "AllowedMethods"), std::vector<std::string>{"GET,PUT"});
  EXPECT_EQ(elements(kept, "MaxAgeInSeconds"), std::vector<std::string>{"500"});
  EXPECT_EQ(elements(kept, "DefaultServiceVersion"), std::vector<std::string>{"2021-12-02"});

  // What it answers can be sent back as it is.
  EXPECT_EQ(run(Method::kPut, kProperties, {}, kept).status, 202);
  EXPECT_EQ(get(kProperties).body, kept);
  ASSERT_EQ(set("<Cors />").status, 202);
  EXPECT_NE(get(kProperties).body.find("<Cors />"), std::string::npos);
  EXPECT_NE(get(kProperties).body.find(logging), std::string::npos);
}

TEST_F(Properties, WhatCannotBeDoneCannotBeSwitchedOn) {
  for (const std::string part : {"DeleteRetentionPolicy", "StaticWebsite"}) {
    const auto refused = set("<" + part + "><Enabled>true</Enabled><Days>7</Days></" + part + "><Cors />");
    EXPECT_EQ(refused.status, 501) << part;
    EXPECT_NE(refused.body.find("<Feature>" + part + "</Feature>"), std::string::npos);
    EXPECT_EQ(set("<" + part + "><Enabled>false</Enabled></" + part + ">").status, 202) << part;
  }
}

TEST_F(Properties, DocumentsThatAreNotRightChangeNothing) {
  const std::string version = "<Logging><Version>1.0</Version>";
  const std::pair<std::string, std::string> kCases[] = {
      {"<Cors>", "InvalidXmlDocument"},
      {"<Cors /><Cors />", "InvalidXmlDocument"},
      {"<Flavour>1</Flavour>", "UnsupportedXmlNode"},
      {"<Cors><Rule /></Cors>", "UnsupportedXmlNode"},
      {version + "</Logging>", "MissingRequiredXmlNode"},
      {"<HourMetrics><Version>1.0</Version><Enabled>true</Enabled><RetentionPolicy><Enabled>false</Enabled>"
       "</RetentionPolicy></HourMetrics>",
       "MissingRequiredXmlNode"},
      {"<HourMetrics><Version>1.0</Version><Enabled>false</Enabled><RetentionPolicy><Enabled>true</Enabled>"
       "<Days>366</Days></RetentionPolicy></HourMetrics>",
       "InvalidXmlNodeValue"},
      {version + "<Delete>maybe</Delete></Logging>", "InvalidXmlNodeValue"},
      {"<DefaultServiceVersion>2017-01-01</DefaultServiceVersion>", "InvalidXmlNodeValue"},
      {"<Cors>" + rule("http://a.test", "FETCH") + "</Cors>", "InvalidXmlNodeValue"},
      {"<Cors>" + rule("a.test", "GET") + "</Cors>", "InvalidXmlNodeValue"},
      {"<Cors>" + rule("http://a*.test", "GET") + "</Cors>", "InvalidXmlNodeValue"},
      {"<Cors>" + rule("http://a.test", "GET", "a*b") + "</Cors>", "InvalidXmlNodeValue"},
      {"<Cors>" + rule("http://a.test", "GET", "a*,b*,c*") + "</Cors>", "InvalidXmlNodeValue"},
      {"<Cors>" + rule("", "GET") + "</Cors>", "InvalidXmlNodeValue"},
      {"<Cors>" + rule("http://" + std::string(250, 'a'), "GET") + "</Cors>", "InvalidXmlNodeValue"},
  };
  for (const auto& [parts, code] : kCases) {
    const auto refused = set(parts);
    EXPECT_EQ(refused.status, 400) << parts;
    EXPECT_EQ(refused.code(), code) << parts;
  }
  std::string six;
  for (int i = 0; i < 6; ++i) six += rule("http://a.test", "GET");
  EXPECT_EQ(set("<Cors>" + six + "</Cors>").code(), "InvalidXmlNodeValue");
  std::string long_list;
  for (int i = 0; i < 60; ++i) long_list += "x-ms-meta-a-rather-long-name-of-a-header-" + std::to_string(i) + ",";
  EXPECT_EQ(set("<Cors>" + rule("http://a.test", "GET", long_list) + "</Cors>").code(), "InvalidXmlNodeValue");
  EXPECT_EQ(run(Method::kPut, kProperties).code(), "InvalidXmlDocument");
  EXPECT_EQ(run(Method::kPut, kProperties, {}, Bytes(70'000, ' ')).code(), "RequestBodyTooLarge");
  EXPECT_EQ(run(Method::kPut, kProperties, {}, "<!DOCTYPE a>" + document("<Cors />")).code(), "InvalidXmlDocument");
  EXPECT_NE(get(kProperties).body.find("<Cors />"), std::string::npos);
}

TEST_F(Properties, ARequestWithoutAVersionIsAnsweredByTheDefault) {
  EXPECT_EQ(unversioned("/?comp=list").header("x-ms-version"), "2018-03-28");
  ASSERT_EQ(set("<DefaultServiceVersion>2020-10-02</DefaultServiceVersion>").status, 202);
  EXPECT_EQ(unversioned("/?comp=list").header("x-ms-version"), "2020-10-02");
  EXPECT_EQ(get("/?comp=list").header("x-ms-version"), "2021-12-02");
}

TEST_F(Properties, APreflightIsAnsweredByTheFirstRuleThatFits) {
  EXPECT_EQ(ask("http://a.test", "PUT").code(), "CorsPreflightFailure");
  set_cors(rule("http://a.test,https://*.b.test", "GET,PUT", "x-ms-meta-*,x-ms-date") + rule("*", "GET", "*"));
  const auto yes = ask("http://a.test", "PUT", "x-ms-meta-Data, X-MS-Date");
  ASSERT_EQ(yes.status, 200) << yes.body;
  EXPECT_EQ(yes.header("access-control-allow-origin"), "http://a.test");
  EXPECT_EQ(yes.header("access-control-allow-methods"), "PUT");
  EXPECT_EQ(yes.header("access-control-allow-headers"), "x-ms-meta-Data, X-MS-Date");
  EXPECT_EQ(yes.header("access-control-max-age"), "500");
  EXPECT_EQ(yes.header("access-control-allow-credentials"), "true");
  EXPECT_EQ(yes.header("vary"), "");

  EXPECT_EQ(ask("https://www.b.test", "PUT").status, 200);
  EXPECT_EQ(ask("https://b.test", "PUT").status, 403);
  EXPECT_EQ(ask("https://evil-b.test", "PUT").status, 403);
  EXPECT_EQ(ask("http://A.test", "PUT").status, 403);
  EXPECT_EQ(ask("http://a.test", "PUT", "x-ms-blob-type").status, 403);
  EXPECT_EQ(ask("http://a.test", "DELETE").status, 403);
  const auto anyone = ask("http://evil.test", "GET", "authorization");
  EXPECT_EQ(anyone.status, 200);
  EXPECT_EQ(anyone.header("access-control-allow-origin"), "*");
  EXPECT_EQ(anyone.header("access-control-allow-credentials"), "");

  EXPECT_EQ(preflight("/box/b", {{"origin", "http://a.test"}}).code(), "InvalidHeaderValue");
  EXPECT_EQ(preflight("/box/b", {{"access-control-request-method", "GET"}}).code(), "InvalidHeaderValue");
  // The URL of the request to come has its SAS in it, good or bad.
  const HeaderList get_asked = {{"origin", "http://a.test"}, {"access-control-request-method", "GET"}};
  EXPECT_EQ(preflight("/box/b?sv=2021-12-02&ss=b&srt=o&sp=r&se=2020-01-01&sig=AAAA", get_asked).status, 200);
  EXPECT_EQ(preflight("/box?restype=container&comp=list", get_asked).status, 200);
  EXPECT_EQ(preflight("/?comp=list", get_asked).status, 200);
}

TEST_F(Properties, AnswersTellTheBrowserWhatThePageMayRead) {
  make_container("box");
  ASSERT_EQ(put("/box/b", "x", {{"x-ms-meta-a", "1"}}).status, 201);
  EXPECT_EQ(get("/box/b", {{"origin", "http://a.test"}}).header("vary"), "");
  set_cors(rule("http://a.test", "GET,PUT", "", "x-ms-meta-*,x-ms-request-id"));
  const auto read = get("/box/b", {{"origin", "http://a.test"}});
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.header("access-control-allow-origin"), "http://a.test");
  EXPECT_EQ(read.header("access-control-allow-credentials"), "true");
  EXPECT_EQ(read.header("access-control-expose-headers"), "x-ms-meta-a,x-ms-request-id");
  EXPECT_EQ(read.header("vary"), "Origin");

  // Refusals too, whatever stage they come from.
  const auto missing = get("/box/none", {{"origin", "http://a.test"}});
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.header("access-control-allow-origin"), "http://a.test");
  const auto nobody = get("/box/b?comp=nonsense", {{"origin", "http://a.test"}});
  EXPECT_EQ(nobody.status, 400);
  EXPECT_EQ(nobody.header("access-control-allow-origin"), "http://a.test");

  // Another origin gets its answer, and no leave to read it.
  const auto other = get("/box/b", {{"origin", "http://b.test"}});
  EXPECT_EQ(other.status, 200);
  EXPECT_EQ(other.header("access-control-allow-origin"), "");
  EXPECT_EQ(other.header("vary"), "Origin");
  EXPECT_EQ(get("/box/b").header("vary"), "Origin");
  const auto written = put("/box/c", "x", {{"origin", "http://a.test"}});
  EXPECT_EQ(written.header("access-control-allow-origin"), "http://a.test");
  EXPECT_EQ(written.header("vary"), "");

  set_cors(rule("*", "GET", "", "*"));
  const auto all = get("/box/b");
  EXPECT_EQ(all.header("access-control-allow-origin"), "*");
  EXPECT_EQ(all.header("access-control-allow-credentials"), "");
  EXPECT_EQ(all.header("vary"), "");
  for (const std::string name : {"ETag", "x-ms-meta-a", "x-ms-version", "x-ms-request-id", "Content-Length"}) {
    EXPECT_NE(("," + all.header("access-control-expose-headers") + ",").find("," + name + ","), std::string::npos);
  }
}

TEST_F(Properties, StatsAreThereForASecondaryOnly) {
  EXPECT_EQ(get("/?restype=service&comp=stats").code(), "InvalidQueryParameterValue");
}

TEST_F(Properties, AWrongVerbIsToldApartFromAWrongOperation) {
  make_container("box");
  EXPECT_EQ(run(Method::kPost, "/?comp=list").code(), "UnsupportedHttpVerb");
  EXPECT_EQ(run(Method::kPost, "/box/b").code(), "UnsupportedHttpVerb");
  EXPECT_EQ(run(Method::kDelete, "/").code(), "UnsupportedHttpVerb");
  EXPECT_EQ(run(Method::kPatch, "/box?restype=container").code(), "UnsupportedHttpVerb");
  EXPECT_EQ(get("/").code(), "InvalidQueryParameterValue");
  EXPECT_EQ(get("/?comp=nonsense").code(), "InvalidQueryParameterValue");
  EXPECT_EQ(get("/box?restype=nonsense").code(), "InvalidQueryParameterValue");
  const auto head = run(Method::kHead, "/box/none");
  EXPECT_EQ(head.code(), "BlobNotFound");
  EXPECT_TRUE(head.body.empty());
}

TEST_F(Properties, OneChangeAfterTheOtherAndEachInItsOwnRecord) {
  static_cast<void>(log.take_entries());
  set_cors(rule("*", "GET"));
  const auto entries = log.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].record.operation, "SetBlobServiceProperties");
  EXPECT_EQ(entries[0].way, gate::testing::FakeLog::Way::kSettled);
  disk.full = true;
  EXPECT_EQ(set("<Cors />").status, 503);
  disk.full = false;
  EXPECT_NE(get(kProperties).body.find("<CorsRule>"), std::string::npos);
}

}  // namespace
}  // namespace freehold::blob::testing
