// SAS on one resource made by @azure/storage-blob 12.34 for JavaScript: with kKeyOne, or with the user delegation key
// that the account of resource_sas_test.cpp gives for the delegator d0d0... from 2026-11-21 to 2026-11-23. All begin on
// 2026-11-20 and end on 2026-11-22.
//
// Included by resource_sas_test.cpp only.
#pragma once

#include <string>
#include <vector>

namespace freehold::gate {

struct SdkSas {
  std::string name;
  std::string path;  // of a request that it is good for, its own query included
  std::string query;
};

inline const std::vector<SdkSas> kServiceSasFromSdk = {
    {"a blob, 2015-04-05", "/photos/dir/a%20b.png",
     "sv=2015-04-05&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=b&sp=rw&sig=5IFAZVi8lu"
     "%2FNk0D2KsYdI1U0OPf%2Bj84pJ%2FfsxWGLjVY%3D"},
    {"a container, 2015-04-05", "/photos/dir/a%20b.png",
     "sv=2015-04-05&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=c&sp=racwdl&sig=V%2BDU"
     "UccEkgvqQ2hN10r2pRXnOWWuS2TDTZ47b1b0lTc%3D"},
    {"a blob, 2018-11-09", "/photos/dir/a%20b.png",
     "sv=2018-11-09&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=b&sp=rw&sig=z%2FjAuhxU"
     "jwLJ%2FRVpeUl2RJOy2UThaoNLEXe%2BuVva5u0%3D"},
    {"a container, 2018-11-09", "/photos/dir/a%20b.png",
     "sv=2018-11-09&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=c&sp=racwdl&sig=YUMhwX"
     "OlBGez12%2FdzpW2%2BhJjTLk%2B%2BG2d0pM5jguFXCY%3D"},
    {"a blob, 2020-02-10", "/photos/dir/a%20b.png",
     "sv=2020-02-10&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=b&sp=rw&sig=NGu%2FQZYx"
     "UjxhY%2F7KxdEdazZtCjvnwtMtlDYsml7Qomc%3D"},
    {"a container, 2020-02-10", "/photos/dir/a%20b.png",
     "sv=2020-02-10&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=c&sp=racwdl&sig=s3gTvH"
     "KJ7ZcEDf3guslUhwd9i6yuorEi%2FUroVsx3pbo%3D"},
    {"a blob, 2020-12-06", "/photos/dir/a%20b.png",
     "sv=2020-12-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=b&sp=rw&sig=TC4kxOWkDz"
     "pgbFJhLx4tTD9mFJYnlrSaMMxKq1Z9rMs%3D"},
    {"a container, 2020-12-06", "/photos/dir/a%20b.png",
     "sv=2020-12-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=c&sp=racwdl&sig=dyyUL4"
     "cecBKtyXiX58APJcE6B819jrhNA2q0lF3s2AY%3D"},
    {"a blob, 2026-04-06", "/photos/dir/a%20b.png",
     "sv=2026-04-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=b&sp=rw&sig=IKB4Dn1I5a"
     "A0WKf%2BpX7Qe9rJ7snCXwbP7i9ge6eb6ig%3D"},
    {"a container, 2026-04-06", "/photos/dir/a%20b.png",
     "sv=2026-04-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=c&sp=racwdl&sig=kinkJE"
     "BxX1ZbSSGoVQ1PjHuckhfdnb0hX9d3pTaXhF0%3D"},
    {"a container, for its listing", "/photos?restype=container&comp=list",
     "sv=2026-10-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=c&sp=rl&sig=kbJ9vf%2BX"
     "1D8fVRhclOKN5EM9FHsHuG24mI%2F6IuBnWMY%3D"},
    {"a policy alone", "/photos/dir/a%20b.png",
     "sv=2026-10-06&si=readers&sr=c&sig=2a92gxI%2F4Cr21w50YPo5jvOp9X83bRs%2F8YU4vIvTlpo%3D"},
    {"addresses and https", "/photos/dir/a%20b.png",
     "sv=2026-10-06&spr=https&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sip=127.0.0.1-1"
     "27.0.0.9&sr=b&sp=r&sig=XqCx%2BJr6irJf%2FhM1z4MWZBTs%2FBu%2BAKsAQx4x3r4Uz%2B8%3D"},
    {"headers of the answer", "/photos/dir/a%20b.png",
     "sv=2026-10-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=b&sp=r&rscc=no-store&r"
     "scd=attachment%3B%20filename%3D%22%C3%BC%2B1.png%22&rsce=gzip&rscl=de&rsct=text%2Fplain%3B%20ch"
     "arset%3Dutf-8&sig=WUBk74eZR8eTar1E89yfjJY4Po7bAvsuLZk2t6JF9wE%3D"},
    {"a snapshot", "/photos/dir/a%20b.png?snapshot=2026-11-21T10:00:00.1234567Z",
     "sv=2026-10-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=bs&sp=rd&sig=xjI1w8lq5"
     "Q8CaMrvzb0mj47f40830YUYA3VGxLj1OvY%3D"},
    {"a version", "/photos/dir/a%20b.png?versionid=2026-11-21T10:00:00.1234567Z",
     "sv=2026-10-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=bv&sp=r&sig=84g%2FavdC"
     "NROCI1kxjIpdAmpp4%2Bxc%2FbMZNe4bmi2vnuA%3D"},
    {"a directory", "/photos/dir/a%20b.png",
     "sv=2026-06-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=d&sp=rw&sdd=1&sig=pAKk"
     "zj1HOb3hIqKZ6oGkBlyYCNiVsmvMZurbPcXDrd8%3D"},
    {"a deeper directory", "/photos/dir/sub/deep/x",
     "sv=2026-06-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sr=d&sp=r&sdd=2&sig=Tv1S%"
     "2FHtfihgBlXNCVQM0y0MaDRocwTtR5fjirIzKKiU%3D"},
};

inline const std::vector<SdkSas> kDelegationSasFromSdk = {
    {"a blob, 2018-11-09", "/photos/dir/a%20b.png",
     "sv=2018-11-09&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=b&sp=rw&sig=bJpE%2B8B43u4Q3ixlZN64PeUcTgKw5gWxD"
     "ql9I7NqbQk%3D"},
    {"a container, 2018-11-09", "/photos/dir/a%20b.png",
     "sv=2018-11-09&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=c&sp=racwdl&sig=VPfkcn%2F%2FSABDlNrn3%2Fzc5zrub"
     "Ox%2BNSxcawgcxf5MeUw%3D"},
    {"a blob, 2020-02-10", "/photos/dir/a%20b.png",
     "sv=2020-02-10&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=b&sp=rw&sig=hbobaad3dfB1Tgxbin2iHr4p6%2FSx68tO0"
     "Vnt%2BCZQ0lI%3D"},
    {"a container, 2020-02-10", "/photos/dir/a%20b.png",
     "sv=2020-02-10&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=c&sp=racwdl&sig=BNEaX0qBH3BO7ZqpW3YPJ8cr2Jloln4"
     "gm5UE0TIn8q8%3D"},
    {"a blob, 2020-12-06", "/photos/dir/a%20b.png",
     "sv=2020-12-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=b&sp=rw&sig=tdsFQwDYCgiXywJXNoqdMkLJJQLOLV8YPuL"
     "K%2FXxjK9s%3D"},
    {"a container, 2020-12-06", "/photos/dir/a%20b.png",
     "sv=2020-12-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=c&sp=racwdl&sig=vu%2FCPv4EWe4aL7vhH7NyU%2BiGeM7"
     "er3RN02dlbZNYkhk%3D"},
    {"a blob, 2025-07-05", "/photos/dir/a%20b.png",
     "sv=2025-07-05&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=b&sp=rw&sig=cF4t%2ByC2f1WDU3%2F6DFgFjblg1K0%2Fo"
     "fISt7mcRlCyYqI%3D"},
    {"a container, 2025-07-05", "/photos/dir/a%20b.png",
     "sv=2025-07-05&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=c&sp=racwdl&sig=mIhjZOGDBWOOdsm2o36PraIT0iOKRAK"
     "fed1S0Ss96HE%3D"},
    {"a blob, 2026-04-06", "/photos/dir/a%20b.png",
     "sv=2026-04-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=b&sp=rw&sig=usGQvF2As%2BgnIWUJLy%2Brk3tpKVaVouX"
     "Fts6lVLtUk6U%3D"},
    {"a container, 2026-04-06", "/photos/dir/a%20b.png",
     "sv=2026-04-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=c&sp=racwdl&sig=JlFv6Ga8kFTK0mTdzv55gHDElRQXMWx"
     "gHGfD7SVVfpo%3D"},
    {"a correlation and an agent", "/photos/dir/a%20b.png",
     "sv=2026-10-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=b&sp=r&saoid=a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1"
     "a1&scid=c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1&sig=97d6Lps7qVkJPTEHR6ctNd%2BmCanta28qFTISphUKI0U%"
     "3D"},
    {"headers of the answer", "/photos/dir/a%20b.png",
     "sv=2026-10-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=b&sp=r&rscc=no-store&rsct=text%2Fplain&sig=1iPU"
     "GJI%2B6ZPFA6z8jbRSQn5uZjWOfsh36VL1vsn2jHE%3D"},
    {"a directory", "/photos/dir/a%20b.png",
     "sv=2026-06-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=d&sp=r&sdd=1&sig=%2FeEQ3o2wIi%2BiPG8fprEKTuX9o1"
     "AuJl5pKufHSHoP5%2Fo%3D"},
    {"a header and a parameter of the request", "/photos/dir/a%20b.png?timeout=30",
     "sv=2026-10-06&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&skoid=d0d0d0d0-d0d0-d0d0-"
     "d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21T00%3A00%3A00Z&ske=2"
     "026-11-23T00%3A00%3A00Z&sks=b&skv=2026-04-06&sr=b&sp=r&srh=x-ms-meta-Who%2Cx-ms-version&srq=tim"
     "eout&sig=dCcqY90EeZFGOIbjkfIAAoQZqvmCw2SZUZf9IU%2FJNu4%3D"},
};

}  // namespace freehold::gate
