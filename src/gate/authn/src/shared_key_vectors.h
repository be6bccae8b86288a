// Requests with signatures that were not made by this program: recorded from real clients (their text says which), or
// computed by a separate implementation of the specification's text. Each with the string that was signed.
//
// Included by shared_key_test.cpp only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/message.h"

namespace freehold::gate {

inline constexpr std::string_view kKeyOne =
    "ZnJlZWhvbGQgdGVzdCBrZXkgb25lIGZyZWVob2xkIHRlc3Qga2V5IG9uZSBmcmVlaG9sZCB0ZXN0IGtleSBvbmUhIQ==";
inline constexpr std::string_view kKeyTwo =
    "ZnJlZWhvbGQgdGVzdCBrZXkgdHdvIGZyZWVob2xkIHRlc3Qga2V5IHR3byBmcmVlaG9sZCB0ZXN0IGtleSB0dw==";
// The emulator's key, published by Microsoft and known to every client.
inline constexpr std::string_view kEmulatorKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

struct SignedRequest {
  std::string name;
  http::Method method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string account;
  int key;  // which of the account's keys signed
  std::string string_to_sign;
};

inline const std::vector<SignedRequest> kSignedRequests = {
    {"JavaScript SDK, metadata names with underscores in collated order",
     http::Method::kPut,
     "http://acct1.blob.core.freehold.localhost:18733/photos?restype=container",
     {{"x-ms-version", "2026-04-06"},
      {"x-ms-meta-a_b", "1"},
      {"x-ms-meta-a1", "2"},
      {"x-ms-meta-ab", "3"},
      {"x-ms-meta-a_1", "4"},
      {"x-ms-meta-a", "5"},
      {"x-ms-client-request-id", "d6a65d6d-4a42-481a-ade9-34a7861ceac0"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:Pc3IX5CIKw7XicmMRL0WW0KPIIbI06oOIWWQGM7T6TI="},
      {"Content-Length", "0"}},
     "acct1",
     1,
     "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-client-request-id:d6a65d6d-4a42-481a-ade9-34a7861ceac0\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-meta-a:5\nx-ms-meta-a_1:4\nx-ms-meta-a_b:1\n"
     "x-ms-meta-a1:2\nx-ms-meta-ab:3\nx-ms-version:2026-04-06\n/acct1/photos\nrestype:container"},
    {"JavaScript SDK, put blob",
     http::Method::kPut,
     "http://acct1.blob.core.freehold.localhost:18733/photos/dir%20one/%C3%BC%26%2B%3D%3F.txt",
     {{"Content-Type", "application/octet-stream"},
      {"x-ms-version", "2026-04-06"},
      {"Content-Length", "5"},
      {"x-ms-meta-note", "two  spaces inside"},
      {"If-None-Match", "*"},
      {"x-ms-blob-content-type", "text/plain"},
      {"x-ms-blob-content-encoding", "gzip"},
      {"x-ms-blob-content-language", "de"},
      {"x-ms-blob-type", "BlockBlob"},
      {"x-ms-client-request-id", "cb4f76d2-c09a-481a-bd8a-f5a377cfb538"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:FD1qK34xv+dsiv+p7yKvVC3ygkZMb9WbchmcsYbI3uw="}},
     "acct1",
     1,
     "PUT\n\n\n5\n\napplication/octet-stream\n\n\n\n*\n\n\nx-ms-blob-content-encoding:gzip\n"
     "x-ms-blob-content-language:de\nx-ms-blob-content-type:text/plain\nx-ms-blob-type:BlockBlob\n"
     "x-ms-client-request-id:cb4f76d2-c09a-481a-bd8a-f5a377cfb538\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-meta-note:two  spaces inside\n"
     "x-ms-version:2026-04-06\n/acct1/photos/dir%20one/%C3%BC%26%2B%3D%3F.txt"},
    {"JavaScript SDK, put empty blob",
     http::Method::kPut,
     "http://acct1.blob.core.freehold.localhost:18733/photos/empty",
     {{"Content-Type", "application/octet-stream"},
      {"x-ms-version", "2026-04-06"},
      {"Content-Length", "0"},
      {"x-ms-blob-type", "BlockBlob"},
      {"x-ms-client-request-id", "447a2e48-ed8f-49a5-8207-9e75ab6b5f42"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:CGhBKTg8/iZ40IiDqt1RS68+Xx8rcdjvZxe6lScVnPk="}},
     "acct1",
     1,
     "PUT\n\n\n\n\napplication/octet-stream\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\n"
     "x-ms-client-request-id:447a2e48-ed8f-49a5-8207-9e75ab6b5f42\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-version:2026-04-06\n/acct1/photos/empty"},
    {"JavaScript SDK, put block",
     http::Method::kPut,
     "http://acct1.blob.core.freehold.localhost:18733/photos/b?comp=block&blockid=QUFBQQ%3D%3D",
     {{"Content-Type", "application/octet-stream"},
      {"x-ms-version", "2026-04-06"},
      {"Content-Length", "3"},
      {"x-ms-client-request-id", "6a3115ed-1723-482d-b704-df6a090131b0"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:qLRSd9PLmONUtuA30uCowYueqmN1OjTXeil+RPslbvo="}},
     "acct1",
     1,
     "PUT\n\n\n3\n\napplication/octet-stream\n\n\n\n\n\n\n"
     "x-ms-client-request-id:6a3115ed-1723-482d-b704-df6a090131b0\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-version:2026-04-06\n/acct1/photos/b\n"
     "blockid:QUFBQQ==\ncomp:block"},
    {"JavaScript SDK, put block list",
     http::Method::kPut,
     "http://acct1.blob.core.freehold.localhost:18733/photos/b?comp=blocklist",
     {{"Content-Type", "application/xml"},
      {"x-ms-version", "2026-04-06"},
      {"x-ms-client-request-id", "e92dc735-9450-4310-9468-c239a844536d"},
      {"Content-Length", "103"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:QgqJG0cNFUZ1ZEyFe7JXDa/WjuBQMwsYwymekTRJX/U="}},
     "acct1",
     1,
     "PUT\n\n\n103\n\napplication/xml\n\n\n\n\n\n\n"
     "x-ms-client-request-id:e92dc735-9450-4310-9468-c239a844536d\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-version:2026-04-06\n/acct1/photos/b\ncomp:blocklist"},
    {"JavaScript SDK, get blob range, conditions",
     http::Method::kGet,
     "http://acct1.blob.core.freehold.localhost:18733/photos/b",
     {{"x-ms-version", "2026-04-06"},
      {"If-Modified-Since", "Sun, 01 Nov 2026 00:00:00 GMT"},
      {"x-ms-range", "bytes=3-12"},
      {"If-Match", "\"0x8D\""},
      {"x-ms-client-request-id", "1f35e965-0754-4eab-8d8b-9197e06262e5"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:/4321GIPd55Y9b4CuD5IOh2uZBaFNVMB4nX0JgGaSsg="}},
     "acct1",
     1,
     "GET\n\n\n\n\n\n\nSun, 01 Nov 2026 00:00:00 GMT\n\"0x8D\"\n\n\n\n"
     "x-ms-client-request-id:1f35e965-0754-4eab-8d8b-9197e06262e5\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-range:bytes=3-12\nx-ms-version:2026-04-06\n"
     "/acct1/photos/b"},
    {"JavaScript SDK, list blobs",
     http::Method::kGet,
     "http://acct1.blob.core.freehold.localhost:18733/"
     "photos?comp=list&prefix=a%20b%2Bc%2F%C3%BC%2C&maxresults=7&restype=container&include=metadata,uncommittedblobs&"
     "delimiter=%2F",
     {{"x-ms-version", "2026-04-06"},
      {"x-ms-client-request-id", "10a9a83f-f931-4b08-b4ec-fac696c2a2b6"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:HiIITfQdC7+80k4q4qKlLiAhwGI4n4QAcVVPa9InFoI="}},
     "acct1",
     1,
     "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-client-request-id:10a9a83f-f931-4b08-b4ec-fac696c2a2b6\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-version:2026-04-06\n/acct1/photos\ncomp:list\n"
     "delimiter:/\ninclude:metadata,uncommittedblobs\nmaxresults:7\nprefix:a b+c/\xc3\xbc,\n"
     "restype:container"},
    {"JavaScript SDK, list containers",
     http::Method::kGet,
     "http://acct1.blob.core.freehold.localhost:18733/?comp=list&prefix=p",
     {{"x-ms-version", "2026-04-06"},
      {"x-ms-client-request-id", "77bcf9b2-6274-4bad-b704-61ca570085c3"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:uRTBkv3uXKWDDfqJkC76q02I3saAjCjP9A/sJ1nLRZI="}},
     "acct1",
     1,
     "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-client-request-id:77bcf9b2-6274-4bad-b704-61ca570085c3\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-version:2026-04-06\n/acct1/\ncomp:list\nprefix:p"},
    {"JavaScript SDK, delete",
     http::Method::kDelete,
     "http://acct1.blob.core.freehold.localhost:18733/photos/b",
     {{"x-ms-version", "2026-04-06"},
      {"x-ms-delete-snapshots", "include"},
      {"x-ms-client-request-id", "ed35cad1-6dc1-44ef-8edc-77dce380191b"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:sxJJ0ybgQf+2xOFga1sU4dg1gM+jtU69y+OqVtw9gUk="}},
     "acct1",
     1,
     "DELETE\n\n\n\n\n\n\n\n\n\n\n\nx-ms-client-request-id:ed35cad1-6dc1-44ef-8edc-77dce380191b\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-delete-snapshots:include\nx-ms-version:2026-04-06\n"
     "/acct1/photos/b"},
    {"JavaScript SDK, path style",
     http::Method::kHead,
     "http://127.0.0.1:18733/acct1/photos/x/y%20z",
     {{"x-ms-version", "2026-04-06"},
      {"x-ms-client-request-id", "8b8d939e-eca9-4a97-b84a-ee0c26db6932"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:UGiGCVanL6DNGDhyBgFzMn3yqTk+p5yEmRytpCy163g="}},
     "acct1",
     1,
     "HEAD\n\n\n\n\n\n\n\n\n\n\n\nx-ms-client-request-id:8b8d939e-eca9-4a97-b84a-ee0c26db6932\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-version:2026-04-06\n/acct1/acct1/photos/x/y%20z"},
    {"JavaScript SDK, path style, secondary",
     http::Method::kHead,
     "http://127.0.0.1:18733/acct1-secondary/photos/x",
     {{"x-ms-version", "2026-04-06"},
      {"x-ms-client-request-id", "1f9f2083-82ad-4de2-a316-817b4012dde9"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:eIs21991lm0GlGq6MsDyWrhK2OHc5T/bzm0cZ2OxJL4="}},
     "acct1",
     1,
     "HEAD\n\n\n\n\n\n\n\n\n\n\n\nx-ms-client-request-id:1f9f2083-82ad-4de2-a316-817b4012dde9\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-version:2026-04-06\n/acct1/acct1-secondary/photos/x"},
    {"JavaScript SDK, service properties",
     http::Method::kGet,
     "http://127.0.0.1:18733/acct1/?restype=service&comp=properties",
     {{"x-ms-version", "2026-04-06"},
      {"x-ms-client-request-id", "23ab557a-a731-46cb-bd9b-6c16592222c7"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:11:26 GMT"},
      {"Authorization", "SharedKey acct1:/+jDbdW5lySdYh6PdbIJ/jQe1b/W2uTvbIzdV4jaw+Q="}},
     "acct1",
     1,
     "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-client-request-id:23ab557a-a731-46cb-bd9b-6c16592222c7\n"
     "x-ms-date:Sat, 21 Nov 2026 21:11:26 GMT\nx-ms-version:2026-04-06\n/acct1/acct1/\ncomp:properties\n"
     "restype:service"},
    {"restic 0.14, create container",
     http::Method::kPut,
     "http://127.0.0.1:10000/devstoreaccount1/backup?restype=container",
     {{"Content-Length", "0"},
      {"Authorization", "SharedKey devstoreaccount1:JYwRXFMfM5uJxfhv8R94aUksqFyzXa5GT5ZdgRSUqjM="},
      {"x-ms-date", "Sat, 21 Nov 2026 21:14:31 GMT"},
      {"x-ms-version", "2018-03-28"}},
     "devstoreaccount1",
     1,
     "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:14:31 GMT\nx-ms-version:2018-03-28\n"
     "/devstoreaccount1/devstoreaccount1/backup\nrestype:container"},
    {"restic 0.14, head blob",
     http::Method::kHead,
     "http://127.0.0.1:10000/devstoreaccount1/backup/repo/config",
     {{"Authorization", "SharedKey devstoreaccount1:ma/PK6ENNUsqCfSIK6hWIy2SG5hl0VpZ8p3E0IOMZ4c="},
      {"x-ms-date", "Sat, 21 Nov 2026 21:14:31 GMT"},
      {"x-ms-version", "2018-03-28"}},
     "devstoreaccount1",
     1,
     "HEAD\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:14:31 GMT\nx-ms-version:2018-03-28\n"
     "/devstoreaccount1/devstoreaccount1/backup/repo/config"},
    {"restic 0.14, put blob",
     http::Method::kPut,
     "http://127.0.0.1:10000/devstoreaccount1/backup/repo/config",
     {{"Content-Length", "155"},
      {"Authorization", "SharedKey devstoreaccount1:Le0jLDgmvvJ2CU3y1jsfOkbotDqrugQx9CWhnJGlAwI="},
      {"x-ms-blob-content-md5", "+d647Kc29C5KbBw+3hzZtA=="},
      {"x-ms-blob-type", "BlockBlob"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:14:34 GMT"},
      {"x-ms-version", "2018-03-28"}},
     "devstoreaccount1",
     1,
     "PUT\n\n\n155\n\n\n\n\n\n\n\n\nx-ms-blob-content-md5:+d647Kc29C5KbBw+3hzZtA==\n"
     "x-ms-blob-type:BlockBlob\nx-ms-date:Sat, 21 Nov 2026 21:14:34 GMT\nx-ms-version:2018-03-28\n"
     "/devstoreaccount1/devstoreaccount1/backup/repo/config"},
    {"Date header alone",
     http::Method::kGet,
     "https://acct1.blob.core.freehold.localhost:8443/c/b",
     {{"Date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-version", "2021-06-08"},
      {"authorization", "SharedKey acct1:0v92NogXIrT0MIBwH+rKQNp+jIbdhnij1bJhi48wOjU="}},
     "acct1",
     1,
     "GET\n\n\n\n\n\nSat, 21 Nov 2026 21:00:00 GMT\n\n\n\n\n\nx-ms-version:2021-06-08\n/acct1/c/b"},
    {"Content-Length 0 before 2015-02-21",
     http::Method::kPut,
     "https://acct1.blob.core.freehold.localhost:8443/c?restype=container",
     {{"Content-Length", "0"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-version", "2014-02-14"},
      {"authorization", "SharedKey acct1:laNr1ML4ugQ0ric0ilX7pvlZWZ/0c1EKeQ607tVcQAQ="}},
     "acct1",
     1,
     "PUT\n\n\n0\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:00:00 GMT\nx-ms-version:2014-02-14\n"
     "/acct1/c\nrestype:container"},
    {"Content-Length 0 since 2015-02-21",
     http::Method::kPut,
     "https://acct1.blob.core.freehold.localhost:8443/c?restype=container",
     {{"Content-Length", "0"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-version", "2015-02-21"},
      {"authorization", "SharedKey acct1:f89Lsrf1BVuykRU+H4++pxCxjVPOt36cw3VZtV4RYcA="}},
     "acct1",
     1,
     "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:00:00 GMT\nx-ms-version:2015-02-21\n"
     "/acct1/c\nrestype:container"},
    {"second key",
     http::Method::kGet,
     "https://acct1.blob.core.freehold.localhost:8443/c/b",
     {{"x-ms-date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-version", "2021-06-08"},
      {"authorization", "SharedKey acct1:ZzOklbi358PC+zG9wbg2vn8sURnew9lWrhAs1vuWXpM="}},
     "acct1",
     2,
     "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:00:00 GMT\nx-ms-version:2021-06-08\n"
     "/acct1/c/b"},
    {"query names in mixed case, a name twice",
     http::Method::kGet,
     "https://acct1.blob.core.freehold.localhost:8443/?Comp=list&include=metadata&include=deleted&PREFIX=%C3%BC",
     {{"x-ms-date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-version", "2021-06-08"},
      {"authorization", "SharedKey acct1:pWMXMaTVJvDX1tgtowkptnQWB6xq/iVDG3EKxVKtRVA="}},
     "acct1",
     1,
     "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:00:00 GMT\nx-ms-version:2021-06-08\n"
     "/acct1/\ncomp:list\ninclude:deleted,metadata\nprefix:\xc3\xbc"},
    {"form-encoded space, as Go sends it",
     http::Method::kGet,
     "https://acct1.blob.core.freehold.localhost:8443/c?comp=list&prefix=my+dir%2F&restype=container",
     {{"x-ms-date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-version", "2018-03-28"},
      {"authorization", "SharedKey acct1:JGX9wETudyuYu736GpGDcyF8TbZzxe0owwTPBoIvgXQ="}},
     "acct1",
     1,
     "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:00:00 GMT\nx-ms-version:2018-03-28\n"
     "/acct1/c\ncomp:list\nprefix:my dir/\nrestype:container"},
    {"plus taken as itself",
     http::Method::kGet,
     "https://acct1.blob.core.freehold.localhost:8443/c?comp=list&prefix=my+dir%2F&restype=container",
     {{"x-ms-date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-version", "2018-03-28"},
      {"authorization", "SharedKey acct1:kx5Bfy2s+XLptVFZz9pUBJ4uhD0Mm30Bm4v7UD6hU8k="}},
     "acct1",
     1,
     "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:00:00 GMT\nx-ms-version:2018-03-28\n"
     "/acct1/c\ncomp:list\nprefix:my+dir/\nrestype:container"},
    {"headers in the order of bytes",
     http::Method::kPut,
     "https://acct1.blob.core.freehold.localhost:8443/c/b?comp=metadata",
     {{"Content-Length", "0"},
      {"x-ms-date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-meta-a_b", "1"},
      {"x-ms-meta-a1", "2"},
      {"x-ms-version", "2018-03-28"},
      {"authorization", "SharedKey acct1:byqimfdnQZRJwyFh/TgRjXGTrSaIDoJfYYWIuFmnQjY="}},
     "acct1",
     1,
     "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:00:00 GMT\nx-ms-meta-a1:2\n"
     "x-ms-meta-a_b:1\nx-ms-version:2018-03-28\n/acct1/c/b\ncomp:metadata"},
    {"secondary host",
     http::Method::kGet,
     "https://acct1-secondary.blob.core.freehold.localhost:8443/c/b",
     {{"x-ms-date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-version", "2021-06-08"},
      {"authorization", "SharedKey acct1:Qb+0cc62wxfpfbMrkNhcqKQYVVn0huQgbSK29RXkMzQ="}},
     "acct1",
     1,
     "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 21:00:00 GMT\nx-ms-version:2021-06-08\n"
     "/acct1/c/b"},
    {"all the conditional headers",
     http::Method::kGet,
     "https://acct1.blob.core.freehold.localhost:8443/c/b",
     {{"x-ms-date", "Sat, 21 Nov 2026 21:00:00 GMT"},
      {"x-ms-version", "2021-06-08"},
      {"If-Modified-Since", "Sun, 01 Nov 2026 00:00:00 GMT"},
      {"If-Match", "\"a\""},
      {"If-None-Match", "\"b\""},
      {"If-Unmodified-Since", "Mon, 02 Nov 2026 00:00:00 GMT"},
      {"Range", "bytes=0-1"},
      {"Content-Type", "text/plain"},
      {"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="},
      {"Content-Encoding", "gzip"},
      {"Content-Language", "de"},
      {"authorization", "SharedKey acct1:YnK9NrV69Q02H/bB3BB3PYY+3hUd4uCLXOP8mQBMZIc="}},
     "acct1",
     1,
     "GET\ngzip\nde\n\n1B2M2Y8AsgTpgAmY7PhCfg==\ntext/plain\n\nSun, 01 Nov 2026 00:00:00 GMT\n\"a\"\n"
     "\"b\"\nMon, 02 Nov 2026 00:00:00 GMT\nbytes=0-1\nx-ms-date:Sat, 21 Nov 2026 21:00:00 GMT\n"
     "x-ms-version:2021-06-08\n/acct1/c/b"},
};

}  // namespace freehold::gate
